import type { Json, JsonObject } from "../../../src/kernel/json";
import { epochMs } from "../../../src/kernel/units";
import { createSetPoints } from "../../../src/operator/setPoints";
import { createFakeAccess, type FakeAccess } from "../../support/fakeAccess";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A boiler that holds 51, and a module without a data folder whose hub holds `reported`. */
function scene(reported: Json | undefined) {
  const write = { verify: "readBack" } as const;
  const point = aPoint("setpoint", 200, { access: "readWrite", kind: "property", write });
  const access: FakeAccess = createFakeAccess(aDevice("boiler", [point]));
  access.held.set("boiler/setpoint", 51);
  let kept: JsonObject | undefined;
  const setPoints = createSetPoints({
    access,
    writes: () => "declared",
    log: createMemoryLog(),
    clock: { ...createManualClock(), epoch: () => epochMs(access.now) },
    devices: () => access.devices,
    onAudit: () => undefined,
    signal: new AbortController().signal,
    remembered: undefined,
    reported: (device, name) => (device === "boiler" && name === "setpoint" ? reported : undefined),
    remember: (processed) => {
      kept = processed;
    },
    changed: () => undefined,
  });
  access.onCycle = setPoints.cycle.bind(setPoints);
  const poll = (): void => {
    access.now += 1000;
    setPoints.cycle(access.poll("boiler"));
  };
  return {
    access,
    poll,
    kept: () => kept,
    ack: () => setPoints.acknowledgement("boiler", "setpoint", reported),
    warnings: () => setPoints.warnings().map(({ path, text }) => `${path} ${text}`),
    async desire(value: Json | undefined, version: number): Promise<readonly string[]> {
      setPoints.desired({ boiler: value === undefined ? {} : { setpoint: value } }, version);
      await settled();
      return access.writes;
    },
  };
}

describe("without what an earlier process kept, the hub is the witness", () => {
  test.each<[string, JsonObject]>([
    ["answered, and changed at the device since", { value: 51, ac: 203, av: 21, ad: "changed at the device" }],
    ["carried out for this version", { value: 46, ac: 200, av: 21, ad: "verified" }],
    ["carried out for an earlier version, the same value", { value: 46, ac: 200, av: 8, ad: "verified" }],
    ["expired", { value: 51, ac: 504, av: 21, ad: "the device was away for 60 s; not written" }],
    ["refused", { ac: 400, av: 21, ad: "too much" }],
  ])("a value that was %s is not written again, nor after unrelated versions", async (_what, reported) => {
    const one = scene(reported);
    expect(await one.desire(46, 21)).toEqual([]);
    expect(await one.desire(46, 22)).toEqual([]);
    expect(one.kept()).toMatchObject({ boiler: { setpoint: { desired: 46 } } });
    one.poll();
    expect(one.ack()).toMatchObject({ value: 51, av: reported["av"] });
    expect(await one.desire(47, 23)).toEqual(["boiler/setpoint=47"]);
  });

  test("what the device has shown before is what it holds now", async () => {
    const one = scene({ value: 46, ac: 200, av: 21, ad: "verified" });
    one.poll();
    expect(await one.desire(46, 21)).toEqual([]);
    expect(one.ack()).toEqual({ value: 51, ac: 203, av: 21, ad: "changed at the device" });
  });

  test.each<[string, JsonObject]>([
    ["changed at the device since", { value: 51, ac: 203, av: 8, ad: "changed at the device" }],
    ["expired", { value: 51, ac: 504, av: 8, ad: "the device was away for 60 s; not written" }],
    ["not confirmed", { value: 51, ac: 502, av: 8, ad: "mismatch" }],
  ])(
    "where it may have been answered (%s), it is not written, and that is said until another is desired",
    async (_what, reported) => {
      const one = scene(reported);
      expect(await one.desire(46, 21)).toEqual([]);
      expect(one.warnings()).toEqual([
        expect.stringContaining("/desired/boiler/setpoint nothing is written: what an earlier"),
      ]);
      expect(await one.desire(46, 22)).toEqual([]);
      expect(one.warnings()).toHaveLength(1);
      expect(await one.desire(47, 23)).toEqual(["boiler/setpoint=47"]);
      expect(one.warnings()).toEqual([]);
      expect(await one.desire(46, 24)).toEqual(["boiler/setpoint=47", "boiler/setpoint=46"]);
    },
  );

  test("a value that this process has seen come is new, whatever the hub holds", async () => {
    const one = scene({ value: 51, ac: 203, av: 8, ad: "changed at the device" });
    expect(await one.desire(undefined, 21)).toEqual([]);
    expect(await one.desire(46, 22)).toEqual(["boiler/setpoint=46"]);
    expect(one.warnings()).toEqual([]);
  });

  test.each<[string, Json | undefined]>([
    ["a refusal of an earlier value", { value: 51, ac: 400, av: 8, ad: "too much" }],
    ["nothing", undefined],
    ["a value that nobody had desired", { value: 46, ac: 203, av: 0, ad: "value of the device" }],
    ["one that still waited", { value: 51, ac: 202, av: 21, ad: "the device is away" }],
    ["the answer to an earlier value", { value: 51, ac: 200, av: 8, ad: "verified" }],
    ["what is no acknowledgement", { ac: "200", av: 21 }],
  ])("where the hub holds %s, it is carried out", async (_what, reported) => {
    expect(await scene(reported).desire(46, 21)).toEqual(["boiler/setpoint=46"]);
  });
});
