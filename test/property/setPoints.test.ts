import fc from "fast-check";
import type { Json, JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSetPoints, type SetPoints } from "../../src/operator/setPoints";
import { createFakeAccess } from "../support/fakeAccess";
import { createManualClock } from "../support/manualClock";
import { aDevice, aPoint } from "../support/points";

/**
 * Whatever comes in whatever order: what is written is what is desired at that moment, at most once for each time that
 * somebody desired another value than before, and not later than the minute that a value may wait.
 */
type Act =
  | { readonly kind: "desire"; readonly value: number | null }
  | { readonly kind: "version" | "restart" | "away" | "back" | "poll" }
  /** A restart without the data folder; the hub is the witness. */
  | { readonly kind: "lose"; readonly meanwhile: "nothing" | "version" | number }
  | { readonly kind: "panel"; readonly value: number }
  | { readonly kind: "pass" | "step"; readonly ms: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("desire" as const), value: fc.constantFrom(null, 1, 2, 3) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("version", "restart", "away", "back", "poll" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lose" as const),
      meanwhile: fc.constantFrom("nothing" as const, "version" as const, 1, 2, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("panel" as const), value: fc.constantFrom(1, 2, 3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(500, 9000, 45_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("step" as const), ms: fc.constantFrom(-3_600_000, 3_600_000) }),
  },
);

const BOILER = aDevice("boiler", [
  aPoint("setpoint", 200, { access: "readWrite", kind: "property", write: { verify: "readBack" } }),
]);

class Story {
  readonly clock = createManualClock();
  readonly access = createFakeAccess(BOILER);
  kept: Json | undefined;
  /** What the hub holds as reported, and whether the data folder was lost since somebody asked last. */
  hub: Json | undefined;
  lost = false;
  desired: number | null = null;
  version = 1;
  /** The last value that was desired, when that began, and the writes until then. */
  asked: { readonly value: number | null; readonly at: number; readonly writes: number } = {
    value: null,
    at: 0,
    writes: 0,
  };
  #setPoints!: SetPoints;
  #life = new AbortController();

  constructor() {
    this.access.held.set("boiler/setpoint", 9);
    this.start();
  }

  start(): void {
    this.#life.abort();
    this.#life = new AbortController();
    this.#setPoints = createSetPoints({
      access: this.access,
      clock: this.clock,
      log: silentLog,
      writes: () => "declared",
      devices: () => this.access.devices,
      onAudit: () => undefined,
      signal: this.#life.signal,
      remembered: this.kept,
      reported: () => this.hub,
      remember: (processed) => {
        this.kept = JSON.parse(JSON.stringify(processed)) as Json;
      },
      changed: () => undefined,
    });
    this.access.onCycle = this.#setPoints.cycle.bind(this.#setPoints);
    this.tell();
  }

  tell(): void {
    const document: JsonObject = this.desired === null ? {} : { boiler: { __t: "c", setpoint: this.desired } };
    this.#setPoints.desired(document, this.version);
  }

  async play(one: Act): Promise<void> {
    if (one.kind === "desire") this.#desire(one.value);
    else if (one.kind === "version") this.version += 1;
    else if (one.kind === "away") this.access.bad.set("boiler", "timeout");
    else if (one.kind === "back") this.access.bad.clear();
    else if (one.kind === "panel") this.access.held.set("boiler/setpoint", one.value);
    else if (one.kind === "step") this.clock.stepEpoch(one.ms);
    else if (one.kind === "restart") this.start();
    else if (one.kind === "lose") this.#lose(one.meanwhile);
    if (one.kind === "version") this.tell();
    this.access.now = this.clock.epoch();
    if (one.kind === "poll") this.#setPoints.cycle(this.access.poll("boiler"));
    await this.clock.advance(one.kind === "pass" ? one.ms : 0);
    this.hub = this.#setPoints.acknowledgement("boiler", "setpoint", this.hub) ?? this.hub;
  }

  #lose(meanwhile: "nothing" | "version" | number): void {
    this.kept = undefined;
    this.lost = true;
    if (meanwhile !== "nothing") this.version += 1;
    if (typeof meanwhile === "number" && meanwhile !== this.desired) {
      this.desired = meanwhile;
      this.asked = { value: meanwhile, at: this.clock.monotonic(), writes: this.access.writes.length };
    }
    // What waited is waited with anew: how long it has, nobody knows any more.
    if (this.access.writes.length === this.asked.writes) this.asked = { ...this.asked, at: this.clock.monotonic() };
    this.start();
  }

  #desire(value: number | null): void {
    // What was withdrawn before anything came of it may be asked for anew.
    const isAnew = this.lost || (this.desired === null && this.access.writes.length === this.asked.writes);
    this.desired = value;
    this.version += 1;
    if (value !== null && (isAnew || value !== this.asked.value)) {
      this.asked = { value, at: this.clock.monotonic(), writes: this.access.writes.length };
      this.lost = false;
    }
    this.tell();
  }
}

test("no story makes a write that nobody has just asked for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60, size: "max" }), async (acts) => {
      const story = new Story();
      for (const one of acts) {
        const before = story.access.writes.length;
        await story.play(one);
        const written = story.access.writes.slice(before);
        if (written.length === 0) continue;
        expect(written).toEqual([`boiler/setpoint=${story.desired}`]);
        expect(story.desired).toBe(story.asked.value);
        expect(story.access.writes.length - story.asked.writes).toBe(1);
        // The attempt that finds the device back comes no later than the poll or the look after it.
        expect(story.clock.monotonic() - story.asked.at).toBeLessThanOrEqual(
          60_000 + (one.kind === "pass" ? one.ms : 0),
        );
      }
    }),
    { numRuns: 600 },
  );
}, 60_000);
