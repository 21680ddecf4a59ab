import { execFile } from "node:child_process";
import { join } from "node:path";
import ModbusRTU from "modbus-serial";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import type { Endpoint } from "../../src/simulator/endpoint";
import { openPtyPair } from "../../src/simulator/pty";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { deviceOf, gatewayOf, pointOf, serialConnection, tcpConnection } from "../support/simulatorConfig";

/** Clients that we did not write against our simulated devices, on TCP and on a line of socat. mbpoll: mbpoll.test.ts. */
const clock = createSystemClock();
const UNIT = 7;
const points = [
  pointOf({ name: "setpoint", address: 200, type: "uint16", access: "readWrite" }),
  pointOf({ name: "limit", address: 201, type: "uint16", access: "readWrite" }),
  pointOf({ name: "lamp", table: "coil", address: 8, type: "bool", access: "readWrite" }),
  pointOf({ name: "pump", table: "coil", address: 9, type: "bool", access: "readWrite" }),
];

async function simulate(connection: ConnectionConfig): Promise<Simulator> {
  const config = gatewayOf([connection], [deviceOf("boiler", connection.name, UNIT, points)]);
  const openPty = (): ReturnType<typeof openPtyPair> => openPtyPair({ clock, ways: ["socat"] });
  const created = await createSimulator(config, { clock, log: silentLog }, { openPty });
  return created.ok ? created.value : Promise.reject(new Error(created.error));
}

type ServedAt = Exclude<Endpoint, { readonly kind: "unavailable" }>;

type Operation = readonly [method: string, address: number, detail: number | boolean | readonly (number | boolean)[]];

/** What pymodbus gets for each operation. */
function pymodbus(at: ServedAt, operations: readonly Operation[]): Promise<unknown[]> {
  const where = at.kind === "tcp" ? ["tcp", String(at.port)] : ["rtu", at.path];
  const args = [join(__dirname, "servers/pymodbus_client.py"), ...where, String(UNIT)];
  return new Promise((resolve, reject) => {
    const child = execFile("/usr/bin/python3", args, { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}${stderr}`));
      else resolve(stdout.split("\n").flatMap((text) => (text === "" ? [] : [JSON.parse(text)])));
    });
    child.stdin?.end(operations.map((operation) => `${JSON.stringify(operation)}\n`).join(""));
  });
}

async function modbusSerial(at: ServedAt): Promise<ModbusRTU> {
  const client = new ModbusRTU();
  if (at.kind === "tcp") await client.connectTCP("127.0.0.1", { port: at.port });
  else await client.connectRTUBuffered(at.path, { baudRate: 19_200 });
  client.setID(UNIT);
  client.setTimeout(5000);
  return client;
}

describe.each([
  ["TCP", tcpConnection("plant")],
  ["RTU on a line of socat", serialConnection("hall")],
])("over %s", (_name, connection) => {
  let simulator: Simulator;
  let at: ServedAt;
  beforeEach(async () => {
    simulator = await simulate(connection);
    const served = simulator.served.get(connection.name);
    if (served === undefined || served.kind === "unavailable") throw new Error("not served");
    at = served;
  });
  afterEach(async () => {
    expect(await simulator.close()).toEqual([]);
  });

  test("pymodbus reads what it writes, and is refused what the device does not have", async () => {
    const said = await pymodbus(at, [
      ["write_register", 200, 0x1234],
      ["write_registers", 200, [0x4366, 0x199a]],
      ["read_holding_registers", 200, 2],
      ["write_coil", 8, true],
      ["read_coils", 8, 2],
      ["write_coils", 8, [false, true]],
      ["read_coils", 8, 2],
      ["read_holding_registers", 5000, 1],
      ["write_register", 5000, 1],
      ["read_holding_registers", 201, 1],
    ]);
    const done = "written";
    const refused = { exception: 2 };
    expect(said.slice(0, 3)).toEqual([done, done, [0x4366, 0x199a]]);
    expect(said.slice(3, 7)).toEqual([done, [true, false], done, [false, true]]);
    expect(said.slice(7)).toEqual([refused, refused, [0x199a]]);
  });

  test("modbus-serial reads what it writes, and is refused what the device does not have", async () => {
    const client = await modbusSerial(at);
    try {
      await client.writeRegister(200, 0x1234);
      await client.writeRegisters(201, [0xffff]);
      expect((await client.readHoldingRegisters(200, 2)).data).toEqual([0x1234, 0xffff]);
      await client.writeCoils(8, [true, true]);
      await client.writeCoil(8, false);
      expect((await client.readCoils(8, 2)).data.slice(0, 2)).toEqual([false, true]);
      await expect(client.readHoldingRegisters(5000, 1)).rejects.toMatchObject({ modbusCode: 2 });
    } finally {
      await new Promise<void>((done) => client.close(() => done()));
    }
  });
});
