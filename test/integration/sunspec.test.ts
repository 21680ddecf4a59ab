import type { AddressInfo, Server } from "node:net";
import { ServerTCP } from "modbus-serial";
import { openerFor } from "../../src/bus/openerFor";
import { read } from "../../src/cli/read";
import { write } from "../../src/cli/write";
import { applyDocument } from "../../src/core/config/apply";
import type { GatewayConfig } from "../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../src/core/config/profiles";
import { valueForTwin } from "../../src/core/points/valueText";
import { type DeviceCycle, samplesOf } from "../../src/core/telemetry/sample";
import type { JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { err, ok } from "../../src/kernel/result";
import { createSystemClock } from "../../src/kernel/systemClock";
import { deferred } from "../../src/kernel/wait";
import { createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createSimulator } from "../../src/simulator/simulator";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

const clock = createSystemClock();

/** Points of the models 1, 101 to 103 (integers) and 160, by the offsets of the specification: id 0, length 1. */
const PROFILE = {
  blocks: {
    about: { sunspecModel: [1] },
    inverter: { sunspecModel: [101, 102, 103] },
    tracker: { sunspecModel: [160] },
  },
  groups: { fast: { intervalMs: 100 } },
  defaults: { group: "fast" },
  points: {
    maker: { block: "about", address: 2, type: "string", length: 16 },
    phaseVoltage: { block: "inverter", address: 10, type: "uint16", scalePoint: "voltageScale", unit: "V" },
    voltageScale: { block: "inverter", address: 13, type: "int16", kind: "none" },
    power: { block: "inverter", address: 14, type: "int16", unit: "W", notAvailable: "auto" },
    energy: { block: "inverter", address: 24, type: "uint32", unit: "Wh" },
    state: { block: "inverter", address: 38, type: "uint16", enum: { "2": "sleeping", "4": "mppt" } },
    modules: { block: "tracker", address: 8, type: "uint16" },
  },
};

function document(port: number, more: object = {}): JsonObject {
  return {
    connections: { roof: { transport: "tcp", host: "127.0.0.1", port, readRetries: 0 } },
    profiles: { "sunspec-test": PROFILE },
    devices: { sun: { connection: "roof", unitId: 126, profile: "sunspec-test" } },
    ...more,
  } as unknown as JsonObject;
}

function configOf(given: JsonObject): GatewayConfig {
  const { config, problems } = applyDocument(undefined, given, builtInProfiles);
  expect(problems).toEqual([]);
  return config;
}

/** Polls all devices of the first connection until `enough`, or fails after some seconds. */
async function poll(config: GatewayConfig, enough: (cycles: readonly DeviceCycle[]) => boolean) {
  const [connection] = config.connections.values();
  if (connection === undefined) throw new TypeError("no connection");
  const cycles: DeviceCycle[] = [];
  const reached = deferred<void>();
  const runner = createConnectionRunner(connection, {
    clock,
    log: silentLog,
    openLink: openerFor(connection, { clock }),
    onCycle(cycle) {
      cycles.push(cycle);
      if (enough(cycles)) reached.resolve();
    },
    onConnection: () => undefined,
  });
  closing.push(() => runner.close());
  runner.apply([...config.devices.values()]);
  const limit = clock.setTimer(10_000, () => reached.resolve());
  await reached.promise;
  limit.cancel();
  expect(enough(cycles)).toBe(true);
  return { cycles, runner };
}

function shown(cycle: DeviceCycle | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    samplesOf(cycle?.runs ?? []).map(({ point, reading }) => [
      point.name,
      "value" in reading ? valueForTwin(reading.value) : { bad: reading.bad },
    ]),
  );
}

/** Registers of an inverter as its maker serves them; addresses outside are refused. */
function imageAt(base: number): Map<number, number> {
  const words: number[] = [0x5375, 0x6e53, 1, 65];
  const maker = Buffer.alloc(32);
  maker.write("Fronius");
  for (let i = 0; i < 32; i += 2) words.push(maker.readUInt16BE(i));
  while (words.length < 4 + 65) words.push(0);
  // Model 103, 50 registers; offsets count from its id.
  const inverter = Array<number>(52).fill(0);
  inverter[0] = 103;
  inverter[1] = 50;
  inverter[10] = 2301;
  inverter[13] = 0xffff;
  inverter[14] = 0x8000;
  inverter[24] = 0x0001;
  inverter[25] = 0xe240;
  inverter[38] = 4;
  words.push(...inverter, 120, 26, ...Array<number>(26).fill(7), 0xffff, 0);
  return new Map(words.map((word, at) => [base + at, word]));
}

async function foreignServer(image: () => Map<number, number>): Promise<number> {
  const vector = {
    getMultipleHoldingRegisters(
      address: number,
      length: number,
      _unit: number,
      reply: (error: Error | null, values: number[]) => void,
    ) {
      const values = Array.from({ length }, (_, at) => image().get(address + at));
      if (values.includes(undefined))
        reply(Object.assign(new RangeError("no such register"), { modbusErrorCode: 2 }), []);
      else reply(null, values as number[]);
    },
    getHoldingRegister: (address: number) => image().get(address) ?? 0,
    setRegister: (address: number, value: number) => void image().set(address, value),
  };
  const server = new ServerTCP(vector, { host: "127.0.0.1", port: "0" as unknown as number, unitID: 126 });
  server.on("socketError", () => undefined);
  await new Promise<void>((resolve) => server.on("initialized", () => resolve()));
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return ((server as unknown as { _server: Server })._server.address() as AddressInfo).port;
}

describe.each([40_000, 0, 50_000])("a foreign SunSpec device with its marker at %i", (base) => {
  it("is read by its models; the one that it has not is bad, with the reason", async () => {
    const port = await foreignServer(() => imageAt(base));
    const { cycles, runner } = await poll(configOf(document(port)), (all) => all.length >= 2);
    for (const cycle of cycles) {
      expect(shown(cycle)).toEqual({
        maker: "Fronius",
        phaseVoltage: 230.1,
        voltageScale: -1,
        power: { bad: "notAvailable" },
        energy: 123_456,
        state: "mppt",
        modules: { bad: "notAvailable" },
      });
    }
    expect(runner.status().devices.get("sun")?.lastError).toBe("unit 126 has no SunSpec model 160");
  });
});

it("`modbus-edge read` and `write` find the models of a device too", async () => {
  const image = imageAt(40_000);
  const port = await foreignServer(() => image);
  const given = structuredClone(document(port)) as JsonObject;
  const points = (given as { profiles: { "sunspec-test": { points: object } } }).profiles["sunspec-test"].points;
  Object.assign(points, { limit: { block: "inverter", address: 40, type: "uint16", access: "readWrite" } });
  const run = async (command: typeof read, ...args: string[]) => {
    const texts: string[] = [];
    const code = await command(["--config", "site.json", ...args], {
      out: (text) => void texts.push(text),
      err: (text) => void texts.push(text),
      env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
      isTerminal: false,
      size: () => ({ columns: 120, rows: 24 }),
      readFile: async () => ok(JSON.stringify(given)),
      writeFile: async () => err("not here"),
      signal: new AbortController().signal,
    });
    return { code, text: texts.join("") };
  };
  const good = await run(read, "sun", "maker", "phaseVoltage", "energy");
  expect(good.text).toMatch(/Fronius[\s\S]*230\.1[\s\S]*123456/);
  expect(good.code).toBe(0);
  const absent = await run(read, "sun", "energy", "modules");
  expect(absent.text).toContain("unit 126 has no SunSpec model 160");
  expect(absent.text).toContain("123456");
  expect(absent.code).toBe(1);
  const written = await run(write, "sun", "limit=55");
  expect(written).toMatchObject({ code: 0, text: expect.stringContaining("verified") });
  // Model 1 has 65 registers here: the inverter begins at 40069.
  expect(image.get(40_069 + 40)).toBe(55);
});

it("the simulator serves a chain in which its own devices are found, and every value is one that it served", async () => {
  const config = configOf(document(502));
  const simulator = await createSimulator(config, { clock, log: silentLog });
  if (!simulator.ok) throw new TypeError(simulator.error);
  closing.push(() => simulator.value.close());
  const redirected = configOf(simulator.value.redirect(document(502)));
  const since = clock.epoch();
  const { cycles } = await poll(redirected, (all) => all.length >= 3);
  for (const cycle of cycles) {
    const samples = samplesOf(cycle.runs);
    expect(samples).toHaveLength(7);
    for (const { point, reading } of samples) {
      const value = "value" in reading ? valueForTwin(reading.value) : undefined;
      expect([point.name, simulator.value.wasServed("sun", point.name, value, since)]).toEqual([point.name, true]);
    }
  }
  const requested = simulator.value.requests.entries().map(({ address }) => address);
  expect(requested.slice(0, 2)).toEqual([40_000, 40_002]);
});
