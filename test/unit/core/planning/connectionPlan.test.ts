import { loadWarnings, predictLoads } from "../../../../src/core/assess/busLoad";
import type { ConnectionConfig, DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { planConnection } from "../../../../src/core/planning/connectionPlan";
import { dueSets } from "../../../../src/core/planning/dueSets";
import { createLearned } from "../../../../src/core/planning/learned";
import { epochMs } from "../../../../src/kernel/units";
import { aConnection, aDevice, aGroup, aPoint } from "../../../support/points";

const line: ConnectionConfig = {
  ...aConnection(),
  name: "line",
  transport: "serial",
  framing: "rtu",
  path: "/dev/ttyUSB0",
  line: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
};

describe("what falls due together", () => {
  const shown = (...intervals: readonly number[]): string[] =>
    dueSets(intervals.map((intervalMs) => ({ intervalMs }))).map(
      ({ groups, everyMs }) => `${groups.map(({ intervalMs }) => intervalMs).join("+")} every ${everyMs}`,
    );

  it("is counted on the common grid", () => {
    expect(shown(1000, 10_000)).toEqual([`1000 every ${10_000 / 9}`, "1000+10000 every 10000"]);
    expect(shown(200, 300)).toEqual(["200 every 300", "300 every 600", "200+300 every 600"].sort());
    expect(shown(500, 500)).toEqual(["500+500 every 500"]);
    expect(shown()).toEqual([]);
  });

  it("is reckoned apart where there are too many instants, and leaves out what is read once", () => {
    expect(shown(10, 86_399_999)).toEqual(["10 every 10", "86399999 every 86399999"]);
    expect(shown(1000, Number.POSITIVE_INFINITY)).toEqual(["1000 every 1000"]);
  });
});

describe("the plan of a connection", () => {
  const groups = new Map([
    ["fast", aGroup("fast", 1000)],
    ["slow", aGroup("slow", 10_000)],
    ["never", aGroup("never", 1000, { poll: "onDemand" })],
  ]);
  const device = aDevice(
    "boiler",
    [
      aPoint("a", 199, { group: "fast" }),
      aPoint("b", 200, { group: "slow" }),
      aPoint("c", 201, { group: "never" }),
      aPoint("d", 202, { group: "fast", access: "write" }),
    ],
    { groups },
  );

  it("shows the requests of every set of groups that fall due together, and the load", () => {
    const { cycles, loadPercent, requestsPerSecond } = planConnection(line, [device]);
    expect(
      cycles.map(({ groups: due, requests }) => [due, requests.map((r) => [r.first, r.count, r.points, r.bytes])]),
    ).toEqual([
      [["boiler.fast"], [[199, 1, ["boiler.a"], 2]]],
      [["boiler.fast", "boiler.slow"], [[199, 2, ["boiler.a", "boiler.b"], 4]]],
    ]);
    // 9600 8N1: 13 bytes of frames, 3.5 characters of 11 bits of silence, 10 ms of thinking, 1.04 ms a byte.
    const perByte = 10_000 / 9600;
    const request = 13 * perByte + 38_500 / 9600 + 10;
    expect(cycles[0]?.predictedMs).toBeCloseTo(request + 2 * perByte, 9);
    expect(loadPercent).toBeCloseTo((0.9 * (request + 2 * perByte) + 0.1 * (request + 4 * perByte)) / 10, 9);
    expect(requestsPerSecond).toBeCloseTo(1, 9);
  });

  it("plans devices on one unit together, disabled ones not at all", () => {
    const other = aDevice("pump", [aPoint("x", 200)], { fingerprint: "pump" });
    const off = aDevice("off", [aPoint("x", 5)], { enabled: false });
    const { cycles } = planConnection(line, [aDevice("boiler", [aPoint("a", 199)]), other, off]);
    expect(cycles.map(({ requests }) => requests.map(({ points }) => points))).toEqual([[["boiler.a", "pump.x"]]]);
  });

  it("reckons with what is known of a unit", () => {
    const learned = createLearned();
    learned.refused([{ table: "holding", first: 200, last: 200, code: 2 }], epochMs(0));
    const facts = { learned, cost: { perRequestMs: 100, perByteMs: 0 } };
    const { cycles } = planConnection(line, [device], () => facts);
    expect(cycles.map(({ predictedMs, notAsked }) => [predictedMs, [...notAsked]])).toEqual([
      [100, []],
      [100, [["boiler.b", "exception:2"]]],
    ]);
  });
});

describe("predicted load", () => {
  const many = (count: number, intervalMs: number): DeviceConfig[] => {
    const points = [aPoint("a", 0)];
    const groups = new Map([["default", aGroup("default", intervalMs)]]);
    return Array.from({ length: count }, (_, n) =>
      aDevice(`d${n}`, points, { unitId: n + 1, groups, fingerprint: `${n}` }),
    );
  };
  const config = (devices: readonly DeviceConfig[], connection: ConnectionConfig = line) => ({
    connections: new Map([["line", connection]]),
    devices: new Map(devices.map((device) => [device.name, device])),
    module: {},
  });

  it("sums the units; a device's like is reckoned once", () => {
    const one = predictLoads(config(many(1, 1000))).get("line");
    const ten = predictLoads(config(many(10, 1000))).get("line");
    expect(ten?.percent).toBeCloseTo(10 * (one?.percent ?? 0), 9);
    expect(ten?.requestsPerSecond).toBe(10);
    expect(predictLoads(config([])).get("line")).toEqual({ percent: 0, requestsPerSecond: 0 });
  });

  it("is shared by the requests that a server bears at the same time", () => {
    const alone = predictLoads(config(many(8, 100), aConnection())).get("line")?.percent ?? 0;
    expect(predictLoads(config(many(8, 100), aConnection({ maxInFlight: 4 }))).get("line")?.percent).toBe(alone / 4);
  });

  it("warns over 80 % with figures and advice, at the connection", () => {
    expect(loadWarnings(config(many(20, 1000)))).toEqual([]);
    const [warning, ...more] = loadWarnings(config(many(30, 1000)));
    expect(more).toEqual([]);
    expect(warning?.path).toBe("/connections/line");
    expect(warning?.text).toMatch(/^polling is predicted to take 89 % .* \(30\.0 requests a second\): little is left/);
    const [overload] = loadWarnings(config(many(60, 1000)));
    expect(overload?.text).toMatch(/178 % .* about 1\.8 times; low priorities most\. .*9600 baud/);
  });
});
