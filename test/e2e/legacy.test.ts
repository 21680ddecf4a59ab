import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import type { JsonObject } from "../../src/kernel/json";
import { createSystemClock } from "../../src/kernel/systemClock";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";
import { type Image, type PduServer, startPduServer } from "../support/pduServer";

/**
 * A deployment of the archived module with the image replaced: its document in the twin, Azure's SDK over TLS, a device
 * on a socket. The tests of this file stand on each other, in order.
 */
const image: Image = {
  registers: new Map(Array.from({ length: 20 }, (_, at) => [at, 1000 + at])),
  coils: new Map([[16, true]]),
};
const clock = createSystemClock();
let server: PduServer;
let hub: DevHub;
let gateway: ModuleProcess;

beforeAll(async () => {
  server = await startPduServer(image);
  const operation = (unit: number, StartAddress: string, Count: number, DisplayName: string): JsonObject => ({
    ...{ PollingInterval: "500", UnitId: String(unit), StartAddress, Count: String(Count), DisplayName },
  });
  const slave = (HwId: string, Operations: JsonObject): JsonObject => ({
    ...{ SlaveConnection: "127.0.0.1", TcpPort: String(server.port), HwId, RetryCount: "10", RetryInterval: "50" },
    Operations,
  });
  const desired = {
    PublishInterval: "500",
    Version: "2",
    SlaveConfigs: {
      Slave01: slave("Meter-1", {
        Op01: operation(1, "40001", 2, "Voltage"),
        Op02: operation(1, "40003", 1, "Current"),
      }),
      Slave02: slave("Relay-2", { Op01: operation(2, "00017", 1, "Lamp") }),
    },
  };
  const opened = await createDevHub({ desired: { modbus: desired } }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  hub = opened.value;
  gateway = startModule(["run"], { ...hub.environmentFor("modbus"), TZ: "Asia/Kathmandu" });
});

afterAll(async () => {
  gateway.kill("SIGKILL");
  await gateway.ended;
  await hub.close();
  await server.close();
});

const logs = (): string => `${gateway.out()}\n${gateway.err()}`;

function messages(output: string): readonly { body: string; properties: Readonly<Record<string, string>> }[] {
  return hub.messages.list().filter((message) => message.output === output);
}

/** `HwId DisplayName Address Value` of everything sent since. */
function values(from: number): ReadonlySet<string> {
  const contents = messages("modbusOutput")
    .slice(from)
    .flatMap(({ body }) => (JSON.parse(body) as { Content: { HwId: string; Data: JsonObject[] }[] }).Content);
  return new Set(
    contents.flatMap(({ HwId, Data }) =>
      Data.flatMap(({ Values }) =>
        (Values as unknown as JsonObject[]).map(
          ({ DisplayName, Address, Value }) => `${HwId} ${String(DisplayName)} ${String(Address)} ${String(Value)}`,
        ),
      ),
    ),
  );
}

async function comes(text: string): Promise<void> {
  const from = messages("modbusOutput").length;
  await eventually(`${text} arrives`, () => values(from).has(text), logs);
}

test("messages of the old form on the old output, in local time; one connection for both slaves", async () => {
  for (const text of [
    "Meter-1 Voltage 40001 1000",
    "Meter-1 Voltage 40002 1001",
    "Meter-1 Current 40003 1002",
    "Relay-2 Lamp 00017 1",
  ]) {
    await comes(text);
  }
  const [{ properties, body } = { properties: {}, body: "{}" }] = messages("modbusOutput").slice(-1);
  expect(properties).toMatchObject({ "content-type": "application/edge-modbus-json" });
  const { PublishTimestamp } = JSON.parse(body) as { PublishTimestamp: string };
  const away = Date.parse(`${PublishTimestamp.replace(" ", "T")}+05:45`) - Date.now();
  expect(Math.abs(away)).toBeLessThan(60_000);
  expect(server.accepted).toBe(1);
  expect(hub.reported("modbus")["configurationStatus"]).toMatchObject({ state: "applied", devices: 2 });
});

test("a write on input1 reaches the device; one that the old module would have cut does not", async () => {
  const send = (Value: string) =>
    hub.sendInput("modbus", "input1", JSON.stringify({ HwId: "METER-1", UId: "1", Address: "40001", Value }), {
      "command-type": "ModbusWrite",
    });
  send("70000");
  send("4242");
  await comes("Meter-1 Voltage 40001 4242");
  const events = messages("events").map(({ body }) => body);
  expect(events.find((body) => body.includes("writeRefused"))).toContain('\\"Value\\" is \\"70000\\"');
  expect(events.find((body) => body.includes("writeAudit"))).toContain('"outcome":"verified","by":"input1"');
});

test("a patch changes one slave, and a migrated document takes over", async () => {
  hub.setDesired("modbus", { SlaveConfigs: { Slave02: { Operations: { Op01: { DisplayName: "Horn" } } } } });
  await comes("Relay-2 Horn 00017 1");
  await comes("Meter-1 Current 40003 1002");
  const connection = { transport: "tcp", host: "127.0.0.1", port: server.port };
  const points = { current: { address: "40003", type: "uint16" } };
  const devices = { Meter1: { connection: "net", unitId: 1, groups: { default: { intervalMs: 500 } }, points } };
  hub.setDesired("modbus", { configuration: { connections: { net: connection }, devices }, SlaveConfigs: null });
  await eventually(
    "the native message arrives",
    () => messages("telemetry").some(({ body }) => body === '{"current":1002}'),
    logs,
  );
});
