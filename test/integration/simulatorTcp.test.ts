import { once } from "node:events";
import { Socket } from "node:net";
import { client as jsmodbus } from "jsmodbus";
import ModbusRTU from "modbus-serial";
import { silentLog } from "../../src/kernel/log";
import { epochMs } from "../../src/kernel/units";
import { createSimulator, type Simulator, type SimulatorOptions } from "../../src/simulator/simulator";
import { createManualClock } from "../support/manualClock";
import { deviceOf, gatewayOf, pointOf, tcpConnection } from "../support/simulatorConfig";

const setpoint = pointOf({ name: "setpoint", address: 200, type: "uint16", access: "readWrite" });
const pump = pointOf({ name: "pump", table: "coil", address: 8, type: "bool", access: "readWrite" });
const valve = pointOf({ name: "valve", table: "coil", address: 9, type: "bool", access: "readWrite" });
const float = { table: "input", type: "float32", count: 2, order: [0, 1, 2, 3] } as const;
const voltage = pointOf({ name: "voltage", address: 100, unit: "volt", ...float });
const swapped = pointOf({ name: "swapped", address: 110, unit: "volt", ...float, order: [2, 3, 0, 1] });
const door = pointOf({ name: "door", table: "discrete", address: 3, type: "bool" });

const config = gatewayOf(
  [tcpConnection("plant")],
  [
    deviceOf("meter", "plant", 1, [voltage, swapped, door]),
    deviceOf("boiler", "plant", 2, [setpoint, pump, valve]),
    deviceOf("twin", "plant", 2, [pointOf({ name: "level", address: 210, type: "uint16" })]),
    deviceOf("itself", "plant", 255, [setpoint]),
  ],
);

interface Running {
  readonly simulator: Simulator;
  readonly client: ModbusRTU;
  readonly port: number;
  readonly clock: ReturnType<typeof createManualClock>;
}

async function start(options: SimulatorOptions = {}): Promise<Running> {
  const clock = createManualClock();
  const created = await createSimulator(config, { clock, log: silentLog }, options);
  if (!created.ok) return Promise.reject(new Error(created.error));
  const simulator = created.value;
  const endpoint = simulator.served.get("plant");
  const port = endpoint?.kind === "tcp" ? endpoint.port : 0;
  const client = new ModbusRTU();
  await client.connectTCP("127.0.0.1", { port });
  client.setTimeout(2000);
  return { simulator, client, port, clock };
}

function stop({ client, simulator }: Running): Promise<unknown> {
  client.close(() => undefined);
  return simulator.close();
}

async function exceptionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "no exception",
    (error: { modbusCode?: number }) => error.modbusCode,
  );
}

describe("simulated TCP devices, asked by modbus-serial", () => {
  let running: Running;
  beforeEach(async () => {
    running = await start();
  });
  afterEach(() => stop(running));

  test("a float32 reads as the truth says, in both orders", async () => {
    const { client, simulator, clock } = running;
    await clock.advance(12_345);
    client.setID(1);
    const { buffer } = await client.readInputRegisters(100, 12);
    const read = buffer.readFloatBE(0);
    expect(read).toBeGreaterThan(225);
    expect(read).toBeLessThan(235);
    const truth = simulator.truth("meter", "voltage");
    expect(truth !== undefined && "digits" in truth && Math.fround(Number(truth.digits))).toBe(read);
    const words = Buffer.concat([buffer.subarray(22, 24), buffer.subarray(20, 22)]);
    const other = simulator.truth("meter", "swapped");
    expect(other !== undefined && "digits" in other && Math.fround(Number(other.digits))).toBe(words.readFloatBE(0));
    expect(buffer.subarray(4, 20)).toEqual(Buffer.alloc(16));
  });

  test("values move with time, and it is remembered what was served", async () => {
    const { client, simulator, clock } = running;
    client.setID(1);
    const first = (await client.readInputRegisters(100, 2)).buffer.readFloatBE(0);
    const firstDigits = Number(first.toPrecision(6));
    const before = clock.epoch();
    await clock.advance(7000);
    const second = (await client.readInputRegisters(100, 2)).buffer.readFloatBE(0);
    expect(second).not.toBe(first);
    expect(simulator.wasServed("meter", "voltage", firstDigits, before)).toBe(true);
    expect(simulator.wasServed("meter", "voltage", firstDigits, epochMs(before + 1))).toBe(false);
    expect(simulator.wasServed("meter", "voltage", firstDigits + 1, before)).toBe(false);
    expect(simulator.servedValues("meter", "voltage")).toHaveLength(2);
  });

  test("writes are kept: registers by FC 6 and 16, coils by FC 5 and 15", async () => {
    const { client, simulator } = running;
    client.setID(2);
    await client.writeRegister(200, 0xabcd);
    expect((await client.readHoldingRegisters(200, 1)).data).toEqual([0xabcd]);
    await client.writeRegisters(200, [0x1234]);
    expect((await client.readHoldingRegisters(200, 2)).data).toEqual([0x1234, 0]);
    await client.writeCoil(8, true);
    await client.writeCoils(8, [false, true]);
    expect((await client.readCoils(8, 2)).data.slice(0, 2)).toEqual([false, true]);
    expect(simulator.truth("boiler", "setpoint")).toEqual({ digits: "4660" });
    expect(simulator.writes.entries()).toEqual([
      expect.objectContaining({ connection: "plant", unitId: 2, table: "holding", address: 200, values: [0xabcd] }),
      expect.objectContaining({ unitId: 2, table: "holding", address: 200, values: [0x1234] }),
      expect.objectContaining({ unitId: 2, table: "coil", address: 8, values: [1] }),
      expect.objectContaining({ unitId: 2, table: "coil", address: 8, values: [0] }),
      expect.objectContaining({ unitId: 2, table: "coil", address: 9, values: [1] }),
    ]);
  });

  test("refuses as devices and gateways do", async () => {
    const { client } = running;
    client.setID(9);
    expect(await exceptionOf(client.readInputRegisters(100, 2))).toBe(0x0b);
    expect(await exceptionOf(client.readCoils(8, 3))).toBe(0x0b);
    expect(await exceptionOf(client.writeRegister(200, 1))).toBe(0x0b);
    client.setID(2);
    expect(await exceptionOf(client.readHoldingRegisters(5000, 2))).toBe(2);
    expect(await exceptionOf(client.readHoldingRegisters(5000, 1))).toBe(2);
    expect(await exceptionOf(client.readCoils(8, 3))).toBe(2);
    expect(await exceptionOf(client.writeRegister(210, 1))).toBe(2);
    client.setID(1);
    expect(await exceptionOf(client.readHoldingRegisters(200, 1))).toBe(2);
    expect((await client.readDiscreteInputs(3, 1)).data).toHaveLength(8);
  });

  test("unit 0 and 255 both mean the device itself; two devices share a unit", async () => {
    const { client } = running;
    client.setID(255);
    await client.writeRegister(200, 5);
    client.setID(0);
    expect((await client.readHoldingRegisters(200, 1)).data).toEqual([5]);
    client.setID(2);
    expect((await client.readHoldingRegisters(200, 11)).data).toHaveLength(11);
  });

  test("every request is logged as it came, also one that is refused", async () => {
    const { client, simulator, clock } = running;
    const heard: number[] = [];
    simulator.requests.subscribe(({ functionCode }) => heard.push(functionCode));
    await clock.advance(500);
    client.setID(1);
    await client.readInputRegisters(100, 12);
    await client.readDiscreteInputs(3, 1);
    client.setID(9);
    await exceptionOf(client.writeRegisters(200, [1, 2]));
    const at = Date.UTC(2026, 0, 1) + 500;
    expect(simulator.requests.entries()).toEqual([
      { at, connection: "plant", unitId: 1, functionCode: 4, address: 100, count: 12 },
      { at, connection: "plant", unitId: 1, functionCode: 2, address: 3, count: 1 },
      { at, connection: "plant", unitId: 9, functionCode: 16, address: 200, count: 2 },
    ]);
    expect(heard).toEqual([4, 2, 16]);
  });
});

test("jsmodbus reads the same registers", async () => {
  const running = await start();
  const socket = new Socket();
  const client = new jsmodbus.TCP(socket, 2, 2000);
  socket.connect(running.port, "127.0.0.1");
  await once(socket, "connect");
  await client.writeSingleRegister(200, 0x0102);
  const { response } = await client.readHoldingRegisters(200, 2);
  expect(response.body.valuesAsArray).toEqual([0x0102, 0]);
  const coils = await client.readCoils(8, 2);
  expect(coils.response.body.valuesAsArray.slice(0, 2)).toEqual([0, 0]);
  socket.destroy();
  await stop(running);
});

describe("ports", () => {
  test("a port in use: another one, or an error in words", async () => {
    const running = await start();
    const wish = (required: boolean): SimulatorOptions => ({
      tcpPorts: new Map([["plant", { port: running.port, required }]]),
    });
    const ports = { clock: createManualClock(), log: silentLog };
    expect(await createSimulator(config, ports, wish(true))).toEqual({
      ok: false,
      error: `connection plant: port ${running.port} of 127.0.0.1 is in use by another program`,
    });
    const second = await createSimulator(config, ports, wish(false));
    const endpoint = second.ok ? second.value.served.get("plant") : undefined;
    expect(endpoint).toMatchObject({ kind: "tcp", host: "127.0.0.1" });
    expect(endpoint?.kind === "tcp" && endpoint.port).not.toBe(running.port);
    if (second.ok) expect(await second.value.close()).toEqual([]);
    await stop(running);
  });

  test("nothing to serve is said", async () => {
    const ports = { clock: createManualClock(), log: silentLog };
    expect(await createSimulator(gatewayOf([], []), ports)).toEqual({
      ok: false,
      error: "the configuration has no connection that could be served",
    });
  });
});
