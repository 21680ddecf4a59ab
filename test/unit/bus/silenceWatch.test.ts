import { SilenceWatch } from "../../../src/bus/silenceWatch";
import { createManualClock, type ManualClock } from "../../support/manualClock";

let clock: ManualClock;
let watch: SilenceWatch;

beforeEach(() => {
  clock = createManualClock();
  watch = new SilenceWatch(clock, 2);
});

/** Of each of these failures in a row: how many it is when the connection is to be opened anew. */
const fail = (...units: readonly number[]): (number | undefined)[] => units.map((unitId) => watch.failed(unitId));

describe("silence watch", () => {
  it("lets a unit that answered its last request shield the connection, whichever of several", () => {
    for (const unitId of [1, 2, 3]) watch.answered(unitId);
    expect(fail(1, 1, 3, 3, 1)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(fail(2)).toEqual([6]);
  });

  it("shields no more when the unit that answered first, and again after another fell silent, falls silent too", () => {
    watch.answered(1);
    watch.answered(2);
    fail(2);
    watch.answered(1);
    expect(fail(2, 1)).toEqual([undefined, 2]);
  });

  it("does not believe in an answer for longer than ten minutes", async () => {
    watch.answered(1);
    watch.answered(2);
    await clock.advance(599_999);
    expect(fail(3, 3)).toEqual([undefined, undefined]);
    await clock.advance(1);
    expect(fail(3)).toEqual([3]);
  });
});
