import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import { isJsonObject, type JsonObject } from "../../src/kernel/json";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { freePort } from "../support/foreignServer";
import { quietLog } from "../support/memoryTranslator";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";

/**
 * The whole path as a user has it: the bundle as a process, Azure's SDK over TLS to the development hub, devices served
 * by modbus-serial on a socket and a pseudo terminal. The tests of this file stand on each other, in order.
 */
const document: JsonObject = {
  schemaVersion: 1,
  connections: {
    plant: { transport: "tcp", host: "127.0.0.1" },
    hall: { transport: "serial", path: "/dev/none", line: "19200 8N1" },
  },
  devices: {
    meter: { connection: "plant", unitId: 1, profile: "eastron-sdm630", groups: { default: { intervalMs: 500 } } },
    boiler: {
      connection: "hall",
      unitId: 7,
      groups: { default: { intervalMs: 500 } },
      points: {
        supplyTemperature: { address: "30101", type: "int16", scale: 0.1 },
        energy: { address: "30111", type: "uint64", scale: 0.001 },
        setpoint: { address: "40201", type: "uint16", scale: 0.5, access: "readWrite", writeMin: 10, writeMax: 80 },
        pump: { address: "00009", access: "readWrite" },
      },
    },
    late: { connection: "plant", unitId: 2, points: { level: { address: "40001", type: "uint16" } } },
  },
};

const { late, ...early } = document["devices"] as JsonObject;
const clock = createSystemClock();
let simulator: Simulator;
let hub: DevHub;
let gateway: ModuleProcess;

beforeAll(async () => {
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  expect(problems).toEqual([]);
  const served = await createSimulator(config, { clock, log: quietLog });
  if (!served.ok) throw new Error(served.error);
  simulator = served.value;
  const configuration = simulator.redirect({ ...document, devices: early });
  const opened = await createDevHub({ desired: { modbus: { configuration } } }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  hub = opened.value;
  gateway = startModule(["run"], hub.environmentFor("modbus"));
});

afterAll(async () => {
  gateway.kill("SIGKILL");
  await gateway.ended;
  await hub.close();
  await simulator.close();
});

const logs = (): string => `${gateway.out()}\n${gateway.err()}`;

function reported(...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (isJsonObject(at) ? at[key] : undefined), hub.reported("modbus"));
}

function values(device: string): JsonObject {
  const bodies = hub.messages.list().filter(({ properties }) => properties["$.sub"] === device);
  return Object.assign({}, ...bodies.map(({ body }) => JSON.parse(body) as JsonObject)) as JsonObject;
}

async function call(name: string, payload: JsonObject): Promise<{ status: number; payload: JsonObject }> {
  const answer = await hub.invokeMethod("modbus", name, payload, 10_000);
  return { status: answer.status, payload: answer.payload as JsonObject };
}

test("every telemetry point of both transports arrives with a value that the devices served", async () => {
  await eventually(
    "the meter and the boiler have sent",
    () => "frequency" in values("meter") && "energy" in values("boiler"),
    logs,
  );
  for (const message of hub.messages.list()) {
    if (message.output === "events") continue;
    const device = message.properties["$.sub"] ?? "";
    expect(message).toMatchObject({ output: "telemetry", contentType: "application/json", contentEncoding: "utf-8" });
    for (const [point, value] of Object.entries(JSON.parse(message.body) as JsonObject)) {
      if (typeof value === "number" && !Number.isSafeInteger(value) && value > 2 ** 53) continue;
      expect([device, point, value, simulator.wasServed(device, point, value, 0 as never)]).toEqual([
        device,
        point,
        value,
        true,
      ]);
    }
  }
});

test("properties are reported: states, the value of a set point, the outcome of the configuration", async () => {
  await eventually("the set point is reported", () => reported("boiler", "setpoint", "ac") === 203, logs);
  expect(reported("configurationStatus")).toMatchObject({ state: "applied", version: 1, devices: 2, problems: {} });
  expect(reported("boiler", "modbus")).toMatchObject({ state: "online" });
  expect(reported("boiler", "setpoint")).toMatchObject({
    av: 0,
    value: Number((simulator.truth("boiler", "setpoint") as { digits: string }).digits),
  });
});

test("a patch that adds a device takes effect; nobody else is disturbed", async () => {
  expect(hub.setDesired("modbus", { configuration: { devices: { late: late ?? null } } }).ok).toBe(true);
  await eventually("the new device sends", () => "level" in values("late"), logs);
  const status = (await call("getStatus", {})).payload;
  expect(status["connections"]).toMatchObject({
    plant: { state: "open", opens: 1 },
    hall: { state: "open", opens: 1 },
  });
  expect(status["devices"]).toMatchObject({
    meter: { overruns: 0 },
    boiler: { overruns: 0 },
    late: { state: "online" },
  });
});

test("a fault in one device is told by its path and leaves the others, and its last good definition, alone", async () => {
  const patch = {
    configuration: { devices: { boiler: { points: { x: { table: "holding", address: 1, type: "flaot32" } } } } },
  };
  expect(hub.setDesired("modbus", patch).ok).toBe(true);
  await eventually("the fault is reported", () => reported("configurationStatus", "state") === "partial", logs);
  expect(reported("configurationStatus", "problems")).toEqual({
    "/devices/boiler/points/x/type": '"flaot32" is not a type; did you mean "float32"?',
  });
  const before = hub.messages.total;
  await eventually(
    "the boiler still sends",
    () => hub.messages.list().some(({ number, properties }) => number > before && properties["$.sub"] === "boiler"),
    logs,
  );
  expect(hub.setDesired("modbus", { configuration: { devices: { boiler: { points: { x: null } } } } }).ok).toBe(true);
  await eventually(
    "the configuration is whole again",
    () => reported("configurationStatus", "state") === "applied",
    logs,
  );
});

test("writePoints changes the register and says verified; what is not allowed is refused before anything is written", async () => {
  const answer = await call("writePoints", { device: "boiler", values: { setpoint: 42.5, pump: true } });
  expect(answer).toMatchObject({
    status: 200,
    payload: {
      results: { setpoint: { outcome: "verified", readBack: 42.5 }, pump: { outcome: "verified", readBack: true } },
    },
  });
  expect(simulator.truth("boiler", "setpoint")).toEqual({ digits: "42.5" });
  const written = simulator.writes.entries().length;
  expect(await call("writePoints", { device: "boiler", values: { pump: false, setpoint: 81 } })).toMatchObject({
    status: 422,
  });
  expect(await call("boiler*writePoints", { values: { supplyTemperature: 1 } })).toMatchObject({ status: 403 });
  expect(await call("writePoints", { device: "biler", values: { pump: true } })).toMatchObject({ status: 404 });
  expect(simulator.writes.entries().length).toBe(written);
  expect(await call("boiler*readPoints", { points: ["setpoint"] })).toMatchObject({
    status: 200,
    payload: { values: { setpoint: 42.5 } },
  });
});

test("a desired set point is written once and acknowledged; one outside its limits is refused", async () => {
  expect(hub.setDesired("modbus", { boiler: { __t: "c", setpoint: 22 } }).ok).toBe(true);
  await eventually("it is acknowledged", () => reported("boiler", "setpoint", "ac") === 200, logs);
  expect(reported("boiler", "setpoint")).toMatchObject({ value: 22, ad: "verified" });
  expect(simulator.truth("boiler", "setpoint")).toEqual({ digits: "22" });
  const written = simulator.writes.entries().length;
  expect(hub.setDesired("modbus", { boiler: { __t: "c", setpoint: 5 } }).ok).toBe(true);
  await eventually("it is refused", () => reported("boiler", "setpoint", "ac") === 400, logs);
  expect(reported("boiler", "setpoint")).toMatchObject({ value: 22 });
  expect(simulator.writes.entries().length).toBe(written);
});

test("the hub goes and comes back: nothing is written again, telemetry goes on", async () => {
  const written = simulator.writes.entries().length;
  hub.disconnect("modbus");
  const before = hub.messages.total;
  await eventually("messages flow again", () => hub.messages.total > before + 3, logs);
  expect(simulator.writes.entries().length).toBe(written);
});

test("a trace shows the frames of a line while polling goes on, in words and as a capture file", async () => {
  const [text, pcap] = await Promise.all([
    call("getTrace", { connection: "hall", seconds: 2 }),
    call("getTrace", { connection: "plant", seconds: 2, format: "pcap" }),
  ]);
  expect((text.payload["frames"] as string[]).join("\n")).toMatch(/> unit 7: read .*\n.*< unit 7 after [0-9.]+ ms: /);
  expect(Buffer.from(pcap.payload["pcap"] as string, "base64").length).toBeGreaterThan(100);
  expect(await call("getTrace", { connection: "hal" })).toMatchObject({ status: 404 });
});

test("metrics, health and readiness are served where the configuration says", async () => {
  const port = await freePort();
  expect(hub.setDesired("modbus", { configuration: { module: { metricsPort: port } } }).ok).toBe(true);
  const page = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  await eventually("it is ready", async () => (await page("/readyz"))?.status === 200, logs);
  expect((await page("/healthz"))?.status).toBe(200);
  const text = (await (await page("/metrics"))?.text()) ?? "";
  expect(text).toMatch(/^modbus_edge_device_up\{iothub="[^"]+",edge_device="[^"]+",.*device="boiler"\} 1$/m);
  expect(text).toMatch(/^modbus_edge_writes_total\{.*outcome="verified"\} [1-9]/m);
  expect(text).not.toMatch(/Inf|NaN|undefined/);
});

test("a document on trial that loses a device is taken back, and says which", async () => {
  const unitId = (to: number) => ({
    configuration: { module: { confirmMs: 5000 }, devices: { boiler: { unitId: to } } },
  });
  expect(hub.setDesired("modbus", unitId(99)).ok).toBe(true);
  await eventually("it is taken back", () => reported("configurationStatus", "state") === "rejected", logs);
  expect(reported("configurationStatus", "problems", "/module/confirmMs")).toMatch(/^taken back.*boiler/);
  await eventually("the boiler is there again", () => reported("boiler", "modbus", "state") === "online", logs);
  expect(hub.setDesired("modbus", unitId(7)).ok).toBe(true);
  await eventually(
    "a corrected one goes on trial",
    () => String(reported("configurationStatus", "warnings", "/module/confirmMs")).startsWith("on trial"),
    logs,
  );
  expect(hub.setDesired("modbus", { configuration: { module: { confirmMs: null } } }).ok).toBe(true);
  await eventually(
    "it stands",
    () => reported("configurationStatus", "warnings", "/module/confirmMs") === undefined,
    logs,
  );
});

test("validateConfiguration tells what would change, and changes nothing", async () => {
  const version = reported("configurationStatus", "version");
  const answer = await call("validateConfiguration", { configuration: { connections: {}, devices: {} } });
  expect(answer).toMatchObject({
    status: 200,
    payload: { state: "applied", difference: { boiler: { change: "removed" } } },
  });
  expect(reported("configurationStatus", "version")).toBe(version);
  expect((await call("getStatus", { device: "boiler" })).payload).toMatchObject({ state: "online" });
});

test("a profile that is put is stored, and a device can stand on it", async () => {
  const profile = { points: { level: { table: "holding", address: 0, type: "uint16" } } };
  const patch = { configuration: { devices: { late: { profile: "acme-tank", points: null } } } };
  expect(hub.setDesired("modbus", patch).ok).toBe(true);
  await eventually("its profile is missed", () => reported("configurationStatus", "state") === "partial", logs);
  expect(await call("putProfile", { name: "acme-tank", profile })).toMatchObject({
    status: 200,
    payload: { name: "acme-tank", replaced: false, devices: ["late"] },
  });
  await eventually("it is whole again", () => reported("configurationStatus", "state") === "applied", logs);
});

test("calls at the same time, while the configuration changes, are all answered", async () => {
  const patch = (intervalMs: number) => ({
    configuration: { devices: { boiler: { groups: { default: { intervalMs } } } } },
  });
  const calls: Promise<{ status: number }>[] = [];
  for (let at = 0; at < 5; at++) {
    hub.setDesired("modbus", patch(400 + at));
    for (const device of ["boiler", "meter"])
      calls.push(call("readPoints", { device }), call(`${device}*readPoints`, {}));
    calls.push(call("getStatus", {}), call("getPlan", {}), call("nothing", {}), call("validateConfiguration", {}));
  }
  const statuses = new Set((await Promise.all(calls)).map(({ status }) => status));
  // 409: the device changed while it was being read, which is said rather than a value of what it was.
  statuses.delete(409);
  expect(statuses).toEqual(new Set([200, 400, 404]));
});

test("restart answers, as do calls during the end, which is in good order with 75; the next start goes on", async () => {
  expect(await call("restart", {})).toEqual({ status: 200, payload: { restarting: true } });
  const late = ["boiler", "meter", "boiler", "meter"].map((device) =>
    hub.invokeMethod("modbus", "readPoints", { device }, 10_000),
  );
  for (const answer of await Promise.all(late)) expect(answer).toMatchObject({ answered: true });
  expect(await gateway.ended).toBe(75);
  gateway = startModule(["run"], hub.environmentFor("modbus"));
  const before = hub.messages.total;
  await eventually("messages flow again", () => hub.messages.total > before + 3, logs);
});

test("SIGTERM ends it in good order", async () => {
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toBe(0);
  expect(logs()).not.toMatch(/\[ERR\](?! - configuration)/);
});
