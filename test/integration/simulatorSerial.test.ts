import ModbusRTU from "modbus-serial";
import { SerialPort } from "serialport";
import { silentLog } from "../../src/kernel/log";
import { err } from "../../src/kernel/result";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { deviceOf, gatewayOf, pointOf, serialConnection } from "../support/simulatorConfig";

const setpoint = pointOf({ name: "setpoint", address: 200, type: "uint16", access: "readWrite" });
const energy = pointOf({
  name: "energy",
  table: "input",
  address: 110,
  type: "uint64",
  count: 4,
  order: [6, 7, 4, 5, 2, 3, 0, 1],
  scale: { coefficient: 1n, scale: 3 },
});
const config = gatewayOf(
  [serialConnection("hall")],
  [deviceOf("boiler", "hall", 7, [setpoint, energy]), deviceOf("spare", "hall", 8, [setpoint])],
);
const ports = { clock: createSystemClock(), log: silentLog };

async function start(): Promise<{ simulator: Simulator; path: string }> {
  const created = await createSimulator(config, ports);
  if (!created.ok) return Promise.reject(new Error(created.error));
  const endpoint = created.value.served.get("hall");
  return { simulator: created.value, path: endpoint?.kind === "serial" ? endpoint.path : "" };
}

async function connect(path: string): Promise<ModbusRTU> {
  const client = new ModbusRTU();
  await client.connectRTUBuffered(path, { baudRate: 19_200 });
  client.setTimeout(1000);
  return client;
}

const closed = (client: ModbusRTU): Promise<void> => new Promise((resolve) => client.close(() => resolve()));

describe("simulated serial devices, asked by modbus-serial", () => {
  let simulator: Simulator;
  let client: ModbusRTU;
  let path: string;
  beforeEach(async () => {
    ({ simulator, path } = await start());
    client = await connect(path);
  });
  afterEach(async () => {
    await closed(client);
    expect(await simulator.close()).toEqual([]);
  });

  test("reads and writes of two units on one line", async () => {
    client.setID(7);
    const { buffer } = await client.readInputRegisters(110, 4);
    const words = [6, 4, 2, 0].map((offset) => buffer.subarray(offset, offset + 2));
    const raw = Buffer.concat(words).readBigUInt64BE();
    expect(raw).toBeGreaterThan(2n ** 53n);
    const digits = `${raw / 1000n}.${String(raw % 1000n).padStart(3, "0")}`.replace(/\.?0+$/, "");
    expect(simulator.servedValues("boiler", "energy").at(-1)?.truth).toEqual({ digits });
    await client.writeRegister(200, 0x0d0a);
    client.setID(8);
    await client.writeRegisters(200, [0x1113]);
    expect((await client.readHoldingRegisters(200, 1)).data).toEqual([0x1113]);
    client.setID(7);
    expect((await client.readHoldingRegisters(200, 1)).data).toEqual([0x0d0a]);
    expect(simulator.requests.entries().map(({ unitId, functionCode }) => [unitId, functionCode])).toEqual([
      [7, 4],
      [7, 6],
      [8, 16],
      [8, 3],
      [7, 3],
    ]);
  });

  test("an unknown unit is silent, an unknown address is exception 2", async () => {
    client.setTimeout(100);
    client.setID(9);
    await expect(client.readHoldingRegisters(200, 1)).rejects.toMatchObject({ name: "TransactionTimedOutError" });
    client.setTimeout(1000);
    client.setID(7);
    await expect(client.readHoldingRegisters(1000, 1)).rejects.toMatchObject({ modbusCode: 2 });
  });

  test("a write to unit 0 reaches every unit and is not answered", async () => {
    client.setTimeout(100);
    client.setID(0);
    await client.writeRegister(200, 77).catch(() => undefined);
    expect(simulator.truth("boiler", "setpoint")).toEqual({ digits: "77" });
    expect(simulator.truth("spare", "setpoint")).toEqual({ digits: "77" });
    expect(simulator.writes.entries().map(({ unitId }) => unitId)).toEqual([7, 8]);
  });
});

test("a request with a wrong CRC is not answered", async () => {
  const { simulator, path } = await start();
  const port = new SerialPort({ path, baudRate: 19_200 });
  const answers: Buffer[] = [];
  const answered = new Promise<void>((resolve) => {
    port.on("data", (chunk: Buffer) => {
      answers.push(chunk);
      if (Buffer.concat(answers).length >= 7) resolve();
    });
  });
  await new Promise<void>((resolve) => port.once("open", () => resolve()));
  // FC 3 of unit 7, holding 200, count 1: 07 03 00C8 0001, CRC 0x9205, low byte first.
  const sound = Buffer.from("070300c80001", "hex");
  // The same request for two registers, with a wrong CRC, in front of it.
  port.write(Buffer.from("070300c800020000", "hex"));
  // The next request is a frame of its own only after t3.5 of silence; 100 ms is far beyond it.
  await new Promise<void>((resolve) => ports.clock.setTimer(100, resolve));
  port.write(Buffer.concat([sound, Buffer.from([0x05, 0x92])]));
  await answered;
  expect(simulator.requests.entries()).toMatchObject([{ unitId: 7, functionCode: 3, address: 200, count: 1 }]);
  expect(Buffer.concat(answers).subarray(0, 3)).toEqual(Buffer.from([7, 3, 2]));
  expect(Buffer.concat(answers)).toHaveLength(7);
  await new Promise<void>((resolve) => port.close(() => resolve()));
  await simulator.close();
});

describe("where no pseudo terminal works", () => {
  const openPty = async () => err("no pseudo terminal: tried everything");

  test("the line is not served, and that is said", async () => {
    const created = await createSimulator(config, ports, { openPty });
    const served = created.ok ? [...created.value.served.values()] : [];
    expect(served).toEqual([{ kind: "unavailable", reason: "no pseudo terminal: tried everything" }]);
    if (created.ok) await created.value.close();
  });

  test("or as Modbus TCP, when asked to", async () => {
    const created = await createSimulator(config, ports, { openPty, serialFallback: "tcp" });
    const endpoint = created.ok ? created.value.served.get("hall") : undefined;
    expect(endpoint).toMatchObject({ kind: "tcp", insteadOfSerial: "no pseudo terminal: tried everything" });
    if (created.ok) await created.value.close();
  });
});
