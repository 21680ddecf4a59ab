import type { DeviceConfig, OutputConfig } from "../../../src/core/config/gatewayConfig";
import { OUTPUT_DEFAULTS } from "../../../src/core/config/outputs";
import type { Decoded, Point } from "../../../src/core/points/point";
import { isNoValue } from "../../../src/core/points/pointValue";
import { runsOf, type SampleRun, samplesOf } from "../../../src/core/telemetry/sample";
import { type EpochMs, epochMs } from "../../../src/kernel/units";
import { DeviceReports } from "../../../src/runtime/deviceReports";
import { aDevice, aGroup, aPoint } from "../../support/points";

const START = epochMs(Date.UTC(2026, 0, 1));
const x = aPoint("x", 1);
const y = aPoint("y", 2);
const slow = aPoint("slow", 3, { group: "slow" });
const door = aPoint("door", 4, { report: { atLeastMs: 900_000 } });

/** The points of a device, and what a response says of them: values, or why there are none. */
type Response = readonly (readonly [Point, Decoded])[];

const records: OutputConfig = { name: "telemetry", ...OUTPUT_DEFAULTS, format: "records" };

function setUp(device: Partial<DeviceConfig> = {}, ...outputs: readonly OutputConfig[]) {
  const groups = new Map([
    ["default", aGroup("default", 1000)],
    ["slow", aGroup("slow", 1000)],
  ]);
  let byName: ReadonlyMap<string, OutputConfig> = new Map(outputs.map((output) => [output.name, output]));
  const reports = new DeviceReports(aDevice("boiler", [x, y, slow, door], { groups, ...device }), byName);
  let running = 0;
  /** What is emitted of these runs, which come a second after those before. */
  function emitted(runs: readonly SampleRun[]): [output: OutputConfig, runs: readonly SampleRun[]][] {
    running += 1000;
    const emissions: [OutputConfig, readonly SampleRun[]][] = [];
    const now = { running, epoch: epochMs(START + running), shift: 0 };
    reports.take(runs, byName, now, (output, part) => emissions.push([output, part]));
    return emissions;
  }
  /** `telemetry x=1 y=timeout` for each output. */
  const shown = (...responses: readonly Response[]): string[] =>
    emitted(runsFor(responses)).map(([{ name }, runs]) => `${name} ${textOf(runs)}`);
  const reroute = (...changed: readonly OutputConfig[]): void => {
    byName = new Map(changed.map((output) => [output.name, output]));
  };
  return { emitted, shown, reroute };
}

/** A run for each response, 10 ms apart. */
function runsFor(responses: readonly Response[]): readonly SampleRun[] {
  return runsOf(
    responses.flatMap((response, place) => {
      const at: EpochMs = epochMs(START + 10 * place);
      return response.map(([point, value]) => ({ point, at, reading: isNoValue(value) ? value : { value } }));
    }),
  );
}

function textOf(runs: readonly SampleRun[]): string {
  const texts = samplesOf(runs).map(
    ({ point, reading }) => `${point.name}=${"value" in reading ? String(reading.value) : reading.bad}`,
  );
  return texts.join(" ");
}

const TIMEOUT: Decoded = { bad: "timeout" };
const CRC: Decoded = { bad: "crc" };

describe("what a device yields", () => {
  it("goes out whole, as it is, where all of it is good, for one output and neither gathered nor filtered", () => {
    const { emitted } = setUp();
    const runs = runsFor([
      [
        [x, 1],
        [y, 2],
      ],
      [[slow, 3]],
    ]);
    expect(runs).toHaveLength(2);
    for (let times = 0; times < 2; times++) {
      const [emission, ...others] = emitted(runs);
      expect(emission?.[0].name).toBe("telemetry");
      expect(emission?.[1]).toBe(runs);
      expect(others).toEqual([]);
    }
    expect(emitted([])).toEqual([]);
  });

  it("goes where the outputs lead it as they are now", () => {
    const { emitted, reroute } = setUp({}, records);
    const runs = runsFor([[[x, 1]]]);
    expect(emitted(runs)).toEqual([[records, runs]]);
    const changed = { ...records, maxDelayMs: 7 };
    reroute(changed);
    const [emission] = emitted(runs);
    expect(emission?.[0]).toBe(changed);
    expect(emission?.[1]).toBe(runs);
  });

  it("is parted where its responses go to two outputs", () => {
    const groups = new Map([
      ["default", aGroup("default", 1000)],
      ["slow", aGroup("slow", 1000, { output: "archive" })],
    ]);
    const { shown } = setUp({ groups }, { ...records, name: "archive" });
    expect(shown([[x, 1]], [[slow, 2]], [[y, 3]])).toEqual(["telemetry x=1 y=3", "archive slow=2"]);
  });

  it("waits where one of its responses belongs to a group that gathers", () => {
    const groups = new Map([
      ["default", aGroup("default", 1000)],
      ["slow", aGroup("slow", 1000, { publish: { everyMs: 2000, aggregate: "mean" } })],
    ]);
    const { shown } = setUp({ groups });
    const cycles = [1, 2, 3].map((value) => shown([[x, value]], [[slow, value]]));
    expect(cycles).toEqual([["telemetry x=1"], ["telemetry x=2"], ["telemetry x=3 slow=2"]]);
  });

  it("in records says what is bad once per change of the reason; what is good beside it and after it is sent", () => {
    const { emitted, shown } = setUp({}, records);
    const both = (first: Decoded, second: Decoded): Response => [
      [x, first],
      [y, second],
    ];
    expect(shown(both(1, 1))).toEqual(["telemetry x=1 y=1"]);
    expect(shown(both(TIMEOUT, 2))).toEqual(["telemetry x=timeout y=2"]);
    expect(shown(both(TIMEOUT, 3))).toEqual(["telemetry y=3"]);
    expect(shown([[y, 4]])).toEqual(["telemetry y=4"]);
    expect(shown(both(CRC, 5))).toEqual(["telemetry x=crc y=5"]);
    expect(shown(both(CRC, CRC))).toEqual(["telemetry y=crc"]);
    expect(shown(both(CRC, CRC))).toEqual([]);
    expect(shown(both(6, CRC))).toEqual(["telemetry x=6"]);
    expect(shown(both(7, 7))).toEqual(["telemetry x=7 y=7"]);
    // Nothing that was bad is left: it goes out whole again.
    const runs = runsFor([both(8, 8)]);
    expect(emitted(runs)[0]?.[1]).toBe(runs);
    // What was good in between is bad anew, for the same reason too.
    expect(shown(both(CRC, CRC))).toEqual(["telemetry x=crc y=crc"]);
  });

  it("in other formats leaves out what is bad; what comes next goes out whole", () => {
    const { emitted, shown } = setUp();
    expect(shown([[x, TIMEOUT]], [[y, 1]])).toEqual(["telemetry y=1"]);
    expect(shown([[x, TIMEOUT]])).toEqual([]);
    const runs = runsFor([[[x, 2]], [[y, 2]]]);
    expect(emitted(runs)[0]?.[1]).toBe(runs);
  });

  it("is filtered where one of two responses has a point that is reported by change", () => {
    const { shown } = setUp();
    const first = (value: number): Response => [
      [x, value],
      [y, value],
    ];
    expect(shown(first(1), [[door, true]])).toEqual(["telemetry x=1 y=1 door=true"]);
    expect(shown(first(1), [[door, true]])).toEqual(["telemetry x=1 y=1"]);
    expect(shown([[door, true]], first(2))).toEqual(["telemetry x=2 y=2"]);
    expect(shown(first(3))).toEqual(["telemetry x=3 y=3"]);
    expect(shown(first(4), [[door, false]])).toEqual(["telemetry x=4 y=4 door=false"]);
  });

  it("is telemetry alone, where a device has an identity", () => {
    const serial = aPoint("serial", 9, { kind: "property" });
    const response: Response = [
      [x, 1],
      [serial, "A1"],
    ];
    expect(setUp().shown(response)).toEqual(["telemetry x=1"]);
    expect(setUp({ identity: "none" }).shown(response)).toEqual(["telemetry x=1 serial=A1"]);
  });
});
