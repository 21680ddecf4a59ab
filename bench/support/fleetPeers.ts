import { openerFor } from "../../src/bus/openerFor";
import { applyDocument } from "../../src/core/config/apply";
import type { DeviceConfig, GatewayConfig } from "../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../src/core/config/profiles";
import { gridOrigin, phaseMs } from "../../src/core/planning/phase";
import type { DeviceCycle } from "../../src/core/telemetry/sample";
import type { JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { type ConnectionRunner, createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createPipeline } from "../../src/runtime/pipeline";
import { RawClient } from "./rawClient";

export interface FleetOptions {
  readonly port: number;
  readonly devices: number;
  /** 0: each device is polled again as soon as its answer is there. */
  readonly intervalMs: number;
  /** 50 of float32 or 100 of uint16: 100 registers in either case. */
  readonly type: "float32" | "uint16";
}

/** What polls did since the start. */
export interface FleetTally {
  polls: number;
  samples: number;
  /** Polls that failed or whose value was wrong. */
  bad: number;
  /** Instants of the grid that passed without a poll. */
  missed: number;
  /** How late each request left, ms after its instant of the grid. */
  late: number[];
  /** Bytes of message bodies, where any are made. */
  bytes: number;
}

/** A thousand devices, each on a connection of its own, polled by one kind of client. */
export interface Fleet {
  readonly tally: FleetTally;
  start(): void;
  /** Resolves when nothing is under way. */
  stop(): Promise<void>;
}

export const REGISTERS = 100;
/** The server holds N in register N: two neighbours from here on are a float32 between 12 and 13. */
export const FIRST = 0x4140;
const FIRST_FLOAT = new DataView(Uint16Array.of(FIRST, FIRST + 1).map(swap).buffer).getFloat32(0);

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8);
}

const clock = createSystemClock();

function newTally(): FleetTally {
  return { polls: 0, samples: 0, bad: 0, missed: 0, late: [], bytes: 0 };
}

const connectionName = (index: number): string => `gw${String(index).padStart(4, "0")}`;

/** As a user would write it: one profile, a connection and a device each. */
export function fleetDocument({ port, devices, intervalMs, type }: FleetOptions): JsonObject {
  const stride = type === "float32" ? 2 : 1;
  const points = Object.fromEntries(
    Array.from({ length: REGISTERS / stride }, (_, index) => [
      `value${String(index).padStart(2, "0")}`,
      { address: FIRST + index * stride, type, table: "holding" },
    ]),
  );
  return {
    schemaVersion: 1,
    groups: { default: { intervalMs: Math.max(intervalMs, 10), output: "data" } },
    outputs: { data: { format: "records", maxDelayMs: 1000 } },
    profiles: { meter: { points } },
    connections: Object.fromEntries(
      Array.from({ length: devices }, (_, index) => [
        connectionName(index),
        { transport: "tcp", host: "127.0.0.1", port },
      ]),
    ),
    devices: Object.fromEntries(
      Array.from({ length: devices }, (_, index) => [
        `meter${String(index).padStart(4, "0")}`,
        { connection: connectionName(index), unitId: 1, profile: "meter", identity: "none" },
      ]),
    ),
  };
}

/** The runners of the product, as the supervisor starts them; with `records` as far as message bodies. */
async function ours(options: FleetOptions, withMessages: boolean): Promise<Fleet> {
  const { config, problems } = applyDocument(undefined, fleetDocument(options), builtInProfiles);
  for (const { path, text } of problems) throw new Error(`${path} ${text}`);
  const tally = newTally();
  const outbox = {
    offer(_lane: string, { body }: { readonly body: string }): void {
      tally.bytes += body.length;
    },
  };
  const pipeline = createPipeline({ clock, outbox, bootId: "bench", config: () => config });
  const onCycle = (cycle: DeviceCycle): void => {
    count(tally, cycle);
    if (withMessages) pipeline.cycle(cycle);
  };
  const runners: ConnectionRunner[] = [];
  const devices = [...config.devices.values()].map((device) => paced(device, options.intervalMs));
  for (const device of devices) runners.push(await runnerOf(device, config, options, tally, onCycle));
  return {
    tally,
    start() {
      for (const [index, runner] of runners.entries()) runner.apply(devices.slice(index, index + 1));
    },
    async stop() {
      for (const runner of runners) {
        for (const { overruns } of runner.status().devices.values()) tally.missed += overruns;
        runner.apply([]);
      }
      await rest();
      pipeline.flush();
    },
  };
}

/** Saturated: an interval that no poll keeps. */
function paced(device: DeviceConfig, intervalMs: number): DeviceConfig {
  if (intervalMs > 0) return device;
  return {
    ...device,
    groups: new Map([...device.groups].map(([name, group]) => [name, { ...group, intervalMs: 0.001 }])),
  };
}

function count(tally: FleetTally, { runs }: DeviceCycle): void {
  tally.polls += 1;
  for (const { values, bads } of runs) {
    tally.samples += values.length;
    if (bads > 0 || Math.abs(Number(values[0]) - expected(values.length)) > 1e-5) tally.bad += 1;
  }
}

const expected = (points: number): number => (points === REGISTERS ? FIRST : FIRST_FLOAT);

async function runnerOf(
  device: DeviceConfig,
  config: GatewayConfig,
  { intervalMs }: FleetOptions,
  tally: FleetTally,
  onCycle: (cycle: DeviceCycle) => void,
): Promise<ConnectionRunner> {
  const connection = config.connections.get(device.connection);
  if (connection === undefined) throw new Error(`no connection ${device.connection}`);
  const open = openerFor(connection, { clock });
  const phase = phaseMs(device.connection, device.unitId);
  return new Promise((resolve) => {
    const origin = gridOrigin(clock.monotonic()) + phase;
    const runner = createConnectionRunner(connection, {
      clock,
      log: silentLog,
      phaseMs: () => phase,
      onCycle,
      onConnection: (state) => state === "open" && resolve(runner),
      async openLink(signal) {
        const link = await open(signal);
        if (!link.ok || intervalMs === 0) return link;
        const { value } = link;
        const write = value.write.bind(value);
        value.write = (bytes) => {
          const late = (clock.monotonic() - origin) % intervalMs;
          tally.late.push(late < 0 ? late + intervalMs : late);
          write(bytes);
        };
        return link;
      },
    });
  });
}

interface Poller {
  poll(): Promise<void>;
}

/** Registers or bytes to the same samples as ours, as directly as it can be written. */
function floorPoller(client: RawClient, { type }: FleetOptions, tally: FleetTally): Poller {
  const scratch = new DataView(new ArrayBuffer(4));
  const stride = type === "float32" ? 2 : 1;
  const names = Array.from({ length: REGISTERS / stride }, (_, index) => ({ name: `value${index}` }));
  return {
    async poll() {
      const registers = await client.read(FIRST, REGISTERS).catch(() => []);
      const at = Date.now();
      const samples = names.map((point, index) => {
        if (stride === 1) return { point, at, reading: { value: registers[index] as number } };
        scratch.setUint32(0, ((registers[index * 2] as number) << 16) | (registers[index * 2 + 1] as number));
        return { point, at, reading: { value: scratch.getFloat32(0) } };
      });
      tally.polls += 1;
      tally.samples += samples.length;
      if (Math.abs((samples[0]?.reading.value ?? 0) - expected(samples.length)) > 1e-5) tally.bad += 1;
    },
  };
}

/** Of the interval: where the grid of a device of a peer begins. Ours begin at slots, see `phase.ts`. */
const spread = (index: number): number => (index * 0.6180339887) % 1;

/** The floor: an absolute grid with a timer a device. */
async function floor(options: FleetOptions): Promise<Fleet> {
  const tally = newTally();
  const pollers: Poller[] = [];
  for (let index = 0; index < options.devices; index++)
    pollers.push(floorPoller(await RawClient.open(options.port), options, tally));
  return options.intervalMs === 0 ? saturated(pollers, tally) : onGrid(pollers, options.intervalMs, tally);
}

function saturated(pollers: readonly Poller[], tally: FleetTally): Fleet {
  let running = false;
  let loops: Promise<void>[] = [];
  const loop = async (poller: Poller): Promise<void> => {
    while (running) await poller.poll();
  };
  return {
    tally,
    start() {
      running = true;
      loops = pollers.map(loop);
    },
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}

function onGrid(pollers: readonly Poller[], intervalMs: number, tally: FleetTally): Fleet {
  const timers = new Map<number, NodeJS.Timeout>();
  const origin = performance.now();
  const arm = (index: number, dueAt: number): void => {
    const fire = (): void => {
      const now = performance.now();
      // A timer may fire a hair early.
      if (now < dueAt) {
        arm(index, dueAt);
        return;
      }
      tally.late.push(now - dueAt);
      const passed = Math.floor((now - dueAt) / intervalMs);
      tally.missed += passed;
      arm(index, dueAt + (passed + 1) * intervalMs);
      void pollers[index]?.poll();
    };
    timers.set(index, setTimeout(fire, Math.ceil(dueAt - performance.now())));
  };
  return {
    tally,
    start() {
      const base = origin + Math.ceil((performance.now() - origin) / intervalMs) * intervalMs;
      for (const index of pollers.keys()) arm(index, base + spread(index) * intervalMs);
    },
    async stop() {
      for (const timer of timers.values()) clearTimeout(timer);
      await rest();
    },
  };
}

/** As its users do it: `setInterval` a device. */
async function modbusSerial(options: FleetOptions): Promise<Fleet> {
  const { default: ModbusRTU } = await import("modbus-serial");
  const { devices, port, intervalMs, type } = options;
  const tally = newTally();
  const stride = type === "float32" ? 2 : 1;
  const clients = Array.from({ length: devices }, () => new ModbusRTU());
  for (const client of clients) {
    await client.connectTCP("127.0.0.1", { port });
    client.setID(1);
    client.setTimeout(1000);
  }
  const poll = async (client: (typeof clients)[number]): Promise<void> => {
    const answer = await client.readHoldingRegisters(FIRST, REGISTERS).catch(() => undefined);
    if (answer === undefined) {
      tally.polls += 1;
      tally.bad += 1;
      return;
    }
    const { buffer } = answer;
    const at = Date.now();
    const samples = Array.from({ length: REGISTERS / stride }, (_, index) => {
      const value = stride === 2 ? buffer.readFloatBE(index * 4) : buffer.readUInt16BE(index * 2);
      return { index, at, value };
    });
    tally.polls += 1;
    tally.samples += samples.length;
    if (Math.abs((samples[0]?.value ?? 0) - expected(samples.length)) > 1e-5) tally.bad += 1;
  };
  if (intervalMs === 0) {
    return saturated(
      clients.map((client) => ({ poll: () => poll(client) })),
      tally,
    );
  }
  let timers: NodeJS.Timeout[] = [];
  const every = (client: (typeof clients)[number], index: number): void => {
    const phase = spread(index) * intervalMs;
    const begin = performance.now() + phase;
    const tick = (): void => {
      tally.late.push(Math.max(0, performance.now() - begin) % intervalMs);
      void poll(client);
    };
    timers.push(setTimeout(() => timers.push(setInterval(tick, intervalMs)), Math.ceil(phase)));
  };
  return {
    tally,
    start() {
      for (const [index, client] of clients.entries()) every(client, index);
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      timers = [];
      await rest();
    },
  };
}

/** What is under way has ended after this. */
function rest(): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(300, resolve));
}

export const FLEETS: Readonly<Record<string, (options: FleetOptions) => Promise<Fleet>>> = {
  floor,
  ours: (options) => ours(options, false),
  records: (options) => ours(options, true),
  "modbus-serial": modbusSerial,
};
