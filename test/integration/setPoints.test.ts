import type { JsonObject } from "../../src/kernel/json";
import { eventually } from "../support/moduleProcess";
import { openPlant, type PointKeys, type SetPointPlant } from "../support/setPointPlant";

/**
 * Set points over the whole path, Azure's SDK and the development hub on one side, a device served by modbus-serial on
 * the other: the log of what that device has really been written is the witness.
 */
let plant: SetPointPlant;
afterEach(() => plant.close());

async function running(more: PointKeys = {}): Promise<void> {
  plant = await openPlant(more);
  await plant.start();
  await plant.acknowledged("setpoint", 203, 0);
}

const SHORT = { setpoint: { writeExpiresMs: 1500 }, mode: { writeExpiresMs: 1500 } };

/** Waits by the clock of the test machine: for things that must not happen. */
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a desired value is written once", () => {
  test("and never for a $version that rose, a repeated value, another configuration, a link that comes back", async () => {
    await running();
    plant.desire({ setpoint: 22 });
    expect(await plant.acknowledged("setpoint", 200)).toEqual({ value: 22, ac: 200, av: 2, ad: "verified" });
    await plant.panel(200, 60);
    expect(await plant.acknowledged("setpoint", 203)).toEqual({
      value: 30,
      ac: 203,
      av: 2,
      ad: "changed at the device",
    });
    const once = ["setpoint=44", "setpoint=60"];
    plant.desire({ setpoint: 22 });
    await plant.everythingLookedAt();
    plant.hub.setDesired("modbus", { other: { __t: "c", thing: 1 } });
    await plant.everythingLookedAt();
    plant.hub.setDesired("modbus", {
      configuration: { devices: { boiler: { groups: { default: { intervalMs: 150 } } } } },
    });
    await plant.everythingLookedAt();
    plant.hub.disconnect("modbus");
    await plant.everythingLookedAt();
    await plant.hub.fault("loseSessions");
    await plant.everythingLookedAt();
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.mend();
    await eventually("the device is online", () => state() === "online");
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual(once);
    expect(plant.reported("setpoint")).toEqual({ value: 30, ac: 203, av: 2, ad: "changed at the device" });
  }, 60_000);

  test("nor for a value that vanishes, nor a manifest that replaces the twin and is filled up again", async () => {
    await running();
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 200);
    await plant.panel(200, 60);
    await plant.acknowledged("setpoint", 203);
    plant.desire({ setpoint: null });
    await plant.everythingLookedAt();
    plant.desire({ setpoint: 22 });
    await plant.everythingLookedAt();
    expect(plant.hub.replaceDesired("modbus", { configuration: plant.configuration }).ok).toBe(true);
    await plant.everythingLookedAt();
    plant.desire({ setpoint: 22 });
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual(["setpoint=44", "setpoint=60"]);
    plant.desire({ setpoint: 23 });
    await plant.acknowledged("setpoint", 200);
    expect(plant.writes()).toEqual(["setpoint=44", "setpoint=60", "setpoint=46"]);
  }, 60_000);

  test("nor after a restart, with what happened at the device meanwhile", async () => {
    plant = await openPlant();
    const first = await plant.start();
    await plant.acknowledged("setpoint", 203, 0);
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 200);
    await first.close();
    await plant.panel(200, 60);
    await plant.start();
    expect(await plant.acknowledged("setpoint", 203)).toMatchObject({ value: 30, av: 2 });
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual(["setpoint=44", "setpoint=60"]);
  }, 60_000);

  test("nor after a crash between writing and remembering: the hub or the device is the witness", async () => {
    plant = await openPlant();
    const first = await plant.start();
    await plant.acknowledged("setpoint", 203, 0);
    plant.data.frozen = true;
    plant.desire({ setpoint: 22 });
    await eventually("it is written", () => plant.writes().length > 0);
    await first.close();
    plant.data.frozen = false;
    await plant.start();
    // The hub has the answer, where it came to be reported; else the device is asked, and holds it already.
    await eventually("it is remembered", async () =>
      JSON.stringify((await plant.data.read("set-points")) ?? "").includes('"desired":22'),
    );
    await plant.acknowledged("setpoint", 200, 2);
    expect(plant.reported("setpoint")).toMatchObject({ value: 22, ac: 200, av: 2 });
    expect(plant.writes()).toEqual(["setpoint=44"]);
  }, 60_000);

  test("and not at all when the device holds it", async () => {
    await running();
    await plant.panel(200, 44);
    await eventually("it is known", () => plant.reported("setpoint")?.["value"] === 22);
    plant.desire({ setpoint: 22 });
    expect(await plant.acknowledged("setpoint", 200)).toMatchObject({ value: 22, ad: "the device holds it already" });
    expect(plant.writes()).toEqual(["setpoint=44"]);
  }, 60_000);
});

function state(): unknown {
  return plant.reported("modbus")?.["state"];
}

describe("a device that is away", () => {
  test("202, and written once when it is back", async () => {
    await running();
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.desire({ setpoint: 22 });
    expect(await plant.acknowledged("setpoint", 202)).toMatchObject({ av: 2, ad: expect.stringContaining("is away") });
    expect(plant.writes()).toEqual([]);
    plant.mend();
    expect(await plant.acknowledged("setpoint", 200)).toMatchObject({ value: 22, av: 2, ad: "verified" });
    expect(plant.writes()).toEqual(["setpoint=44"]);
  }, 60_000);

  test("504 after writeExpiresMs, and not written when it is back, over a restart neither", async () => {
    plant = await openPlant(SHORT);
    const first = await plant.start();
    await plant.acknowledged("setpoint", 203, 0);
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 202);
    expect(await plant.acknowledged("setpoint", 504)).toMatchObject({
      av: 2,
      ad: "the device was away for 1.5 s; not written",
    });
    plant.mend();
    await eventually("the device is online", () => state() === "online");
    await plant.everythingLookedAt();
    await first.close();
    await plant.start();
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual([]);
    expect(plant.reported("setpoint")).toMatchObject({ ac: 504, av: 2 });
  }, 60_000);

  test("what expired while the module was stopped is not written by the next one", async () => {
    plant = await openPlant(SHORT);
    const first = await plant.start();
    await plant.acknowledged("setpoint", 203, 0);
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 202);
    await first.close();
    await pass(1600);
    plant.mend();
    await plant.start();
    await plant.acknowledged("setpoint", 504);
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual([]);
  }, 60_000);

  test("what waits is written by the next module when the device is back in time", async () => {
    plant = await openPlant();
    const first = await plant.start();
    await plant.acknowledged("setpoint", 203, 0);
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 202);
    await first.close();
    await plant.start();
    await plant.acknowledged("setpoint", 202);
    plant.mend();
    await plant.acknowledged("setpoint", 200);
    expect(plant.writes()).toEqual(["setpoint=44"]);
  }, 60_000);

  test("withdrawn meanwhile: not written", async () => {
    await running();
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 202);
    plant.desire({ setpoint: null });
    await plant.acknowledged("setpoint", 203, 0);
    plant.mend();
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual([]);
  }, 60_000);

  test("apply: connect writes its value again when the device comes back with another; the others stay", async () => {
    await running();
    plant.desire({ enable: 1, setpoint: 22 });
    await plant.acknowledged("enable", 200);
    await plant.acknowledged("setpoint", 200);
    plant.cut();
    await eventually("the device is offline", () => state() === "offline");
    await plant.panel(202, 0);
    await plant.panel(200, 60);
    plant.mend();
    await eventually("it is enabled again", () => plant.writes().filter((text) => text === "enable=1").length === 2);
    await plant.everythingLookedAt();
    const enabled = { value: 1, ac: 200, ad: "verified" };
    await eventually("it is acknowledged", () => plant.reported("enable")?.["ac"] === 200);
    expect(plant.reported("enable")).toMatchObject(enabled);
    expect(plant.reported("setpoint")).toMatchObject({ value: 30, ac: 203 });
    expect(plant.writes().slice(2)).toEqual(["enable=0", "setpoint=60", "enable=1"]);
  }, 60_000);
});

describe("answers", () => {
  test("400 and 403: the value in force stays, nothing is written; a read-only property stays bare otherwise", async () => {
    await running();
    const before = plant.reported("setpoint")?.["value"];
    plant.desire({ setpoint: 81, serialNumber: 9, temperature: 3 });
    expect(await plant.acknowledged("setpoint", 400)).toMatchObject({ value: before, av: 2 });
    expect(await plant.acknowledged("serialNumber", 403)).toMatchObject({ av: 2 });
    plant.desire({ serialNumber: null, temperature: null });
    const bare = (): unknown => (plant.hub.reported("modbus")["boiler"] as JsonObject)["serialNumber"];
    await eventually("it is bare again", () => typeof bare() === "number");
    expect(plant.writes()).toEqual([]);
  }, 60_000);

  test("403 where the gateway allows no writes; allowing them later writes nothing by itself", async () => {
    plant = await openPlant();
    const first = await plant.start({ writes: "off" });
    await plant.acknowledged("setpoint", 203, 0);
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 403);
    await first.close();
    await plant.start();
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual([]);
  }, 60_000);

  test("a method changes it: 203 with the version answered last", async () => {
    await running();
    plant.desire({ setpoint: 22 });
    await plant.acknowledged("setpoint", 200);
    await plant.hub.invokeMethod("modbus", "writePoints", { device: "boiler", values: { setpoint: 50 } }, 5000);
    expect(await plant.acknowledged("setpoint", 203)).toEqual({
      value: 50,
      ac: 203,
      av: 2,
      ad: "changed at the device",
    });
    await plant.everythingLookedAt();
    expect(plant.writes()).toEqual(["setpoint=44", "setpoint=100"]);
  }, 60_000);

  test("every digit of a 64-bit set point, as a text", async () => {
    await running();
    plant.desire({ counter: "18446744073709551615" });
    expect(await plant.acknowledged("counter", 200)).toMatchObject({ value: "18446744073709551615" });
    expect(plant.writes()).toEqual(["counter=65535,65535,65535,65535"]);
  }, 60_000);

  test("a component of a device that there is not is a warning, until it is gone", async () => {
    await running();
    const warnings = (): JsonObject =>
      (plant.hub.reported("modbus")["configurationStatus"] as JsonObject)["warnings"] as JsonObject;
    plant.hub.setDesired("modbus", { boilr: { __t: "c", setpoint: 22 } });
    await eventually("it is said", () => "/desired/boilr" in warnings());
    expect(warnings()["/desired/boilr"]).toContain('did you mean "boiler"?');
    plant.hub.setDesired("modbus", { boilr: null });
    await eventually("it is not said any more", () => !("/desired/boilr" in warnings()));
    expect(plant.writes()).toEqual([]);
  }, 60_000);
});

describe("reported properties", () => {
  test("a patch that the hub refuses: the twin is read again, and in the end it holds what is true", async () => {
    await running();
    await plant.hub.fault("reportedError", { times: 2 });
    plant.desire({ setpoint: 22 });
    expect(await plant.acknowledged("setpoint", 200)).toMatchObject({ value: 22 });
    expect(plant.hub.faults()).toEqual({});
  }, 60_000);

  test("a device that is disabled says so and is not written; a removed one leaves nothing behind", async () => {
    await running();
    plant.hub.setDesired("modbus", { configuration: { devices: { boiler: { enabled: false } } } });
    await eventually("it is disabled", () => state() === "disabled");
    plant.desire({ setpoint: 22 });
    const warnings = (): JsonObject =>
      (plant.hub.reported("modbus")["configurationStatus"] as JsonObject)["warnings"] as JsonObject;
    await eventually("it is said", () => "/desired/boiler" in warnings());
    plant.hub.setDesired("modbus", { configuration: { devices: { boiler: null } } });
    await eventually("it is gone", () => !("boiler" in plant.hub.reported("modbus")));
    expect(plant.writes()).toEqual([]);
    plant.hub.setDesired("modbus", { configuration: { devices: plant.configuration["devices"] as JsonObject } });
    plant.hub.setDesired("modbus", { configuration: { devices: { boiler: { enabled: true } } } });
    await plant.acknowledged("setpoint", 200);
    expect(plant.writes()).toEqual(["setpoint=44"]);
  }, 60_000);
});

describe("commands of the device", () => {
  const commands = {
    warmUp: {
      request: { level: { type: "number", min: 10, max: 80 } },
      steps: [{ write: { setpoint: "{level}" } }, { waitMs: 2000 }, { write: { counter: "{level}" } }],
    },
  };
  const call = (level: number) => plant.hub.invokeMethod("modbus", "boiler*warmUp", { level }, 30_000);
  const untilKnown = (): Promise<unknown> =>
    eventually("the command is known", async () => {
      const { status } = (await plant.hub.invokeMethod("modbus", "boiler*warmUp", {}, 5000)) as { status?: number };
      return status === 400 ? true : undefined;
    });

  test("do not mix their steps, and a set point comes before or after one, never between", async () => {
    await running();
    plant.hub.setDesired("modbus", { configuration: { devices: { boiler: { commands } } } });
    await untilKnown();
    const first = call(20);
    const second = call(30);
    await eventually("the first has begun", () => plant.writes().length > 0);
    plant.desire({ setpoint: 15 });
    expect(await Promise.all([first, second])).toMatchObject([{ status: 200 }, { status: 200 }]);
    await plant.acknowledged("setpoint", 200);
    expect(plant.writes()).toEqual([
      ...["setpoint=40", "counter=0,0,0,20"],
      ...["setpoint=60", "counter=0,0,0,30"],
      "setpoint=30",
    ]);
  }, 60_000);

  test("what waits is not written once the module may not write any more", async () => {
    await running();
    plant.hub.setDesired("modbus", { configuration: { devices: { boiler: { commands } } } });
    await untilKnown();
    const calls = [call(20), call(30)];
    await eventually("the first has begun", () => plant.writes().length > 0);
    plant.desire({ setpoint: 15 });
    plant.hub.setDesired("modbus", { configuration: { module: { writes: "off" } } });
    const outcomes = await Promise.all(calls);
    expect(outcomes).toMatchObject([{ status: 403 }, { status: 403 }]);
    await plant.acknowledged("setpoint", 403);
    expect(plant.writes()).toEqual(["setpoint=40"]);
  }, 60_000);
});

test("orders of other modules: each sender has ids of its own, as edgeHub names it", async () => {
  await running();
  plant.hub.setDesired("modbus", { configuration: { module: { writeInput: true } } });
  await plant.everythingLookedAt();
  const order = (setpoint: number, module: string): void => {
    const body = { device: "boiler", values: { setpoint }, notAfter: new Date(Date.now() + 60_000).toISOString() };
    plant.hub.sendInput("modbus", "write", JSON.stringify(body), { "$.mid": "1", "$.cdid": "gw", "$.cmid": module });
  };
  order(20, "logic");
  order(25, "logic");
  order(30, "panel");
  await eventually("all are looked at", () => plant.writes().includes("setpoint=60"));
  expect(plant.writes()).toEqual(["setpoint=40", "setpoint=60"]);
}, 60_000);
