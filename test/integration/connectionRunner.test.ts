import type { AddressInfo, Server } from "node:net";
import { type IServiceVector, ServerTCP } from "modbus-serial";
import { openerFor } from "../../src/bus/openerFor";
import type { DeviceConfig } from "../../src/core/config/gatewayConfig";
import { type Sample, samplesOf } from "../../src/core/telemetry/sample";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { type ConnectionRunner, createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createDeviceAccess } from "../../src/runtime/deviceAccess";
import { aConnection, aDevice, aGroup, aPoint } from "../support/points";

const NEVER = new AbortController().signal;
const INTERVAL_MS = 40;

/** Unit 1 lives, whatever else is asked for stays silent; register n of unit 1 holds what was written, else 1000 + n. */
function startServer(port = 0): Promise<{ port: number; requests: string[]; close(): Promise<void> }> {
  const requests: string[] = [];
  const written = new Map<number, number>();
  const relays = new Map<number, boolean>();
  const holding = (address: number): number => written.get(address) ?? 1000 + address;
  const vector: IServiceVector = {
    getHoldingRegister(address: number, unitId: number, reply: (e: null, v: number) => void) {
      requests.push(`${unitId}: read ${address}+1`);
      if (unitId === 1) reply(null, holding(address));
    },
    getMultipleHoldingRegisters(
      address: number,
      length: number,
      unitId: number,
      reply: (e: null, v: number[]) => void,
    ) {
      requests.push(`${unitId}: read ${address}+${length}`);
      const values = Array.from({ length }, (_, i) => holding(address + i));
      if (unitId === 1) reply(null, values);
    },
    getCoil: (address: number) => relays.get(address) ?? false,
    setCoil(address: number, value: boolean) {
      requests.push(`coil ${address}=${value}`);
      relays.set(address, value);
    },
    setRegister(address: number, value: number) {
      requests.push(`register ${address}=${value}`);
      // This one is read-only and does not say so.
      if (address !== 60) written.set(address, value);
    },
  };
  const server = new ServerTCP(vector, { host: "127.0.0.1", port: String(port) as unknown as number, unitID: 255 });
  server.on("socketError", () => undefined);
  return new Promise((resolve) => {
    server.on("initialized", () => {
      const listener = (server as unknown as { _server: Server })._server;
      const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
      resolve({ port: (listener.address() as AddressInfo).port, requests, close });
    });
  });
}

const every = (intervalMs: number) => new Map([["default", aGroup("default", intervalMs)]]);
const writable = { access: "readWrite", write: { verify: "readBack" } } as const;
const live = aDevice(
  "live",
  [
    aPoint("word", 0),
    aPoint("long", 1, { type: "uint32", count: 2, order: [0, 1, 2, 3] }),
    aPoint("far", 50, { ...writable }),
    aPoint("stubborn", 60, { ...writable }),
    aPoint("relay", 4, { ...writable, table: "coil", type: "bool" }),
  ],
  { groups: every(INTERVAL_MS) },
);
const silent = aDevice("silent", [aPoint("a", 0), aPoint("b", 100)], {
  unitId: 2,
  groups: every(5 * INTERVAL_MS),
  responseTimeoutMs: 50,
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

async function setUp(devices: readonly DeviceConfig[]) {
  const server = await startServer();
  const clock = createSystemClock();
  const connection = aConnection({ port: server.port, responseTimeoutMs: 2000 });
  const seen = new Map<string, string[]>();
  const states: string[] = [];
  let onProgress = (): void => undefined;
  const started = clock.monotonic();
  const runner: ConnectionRunner = createConnectionRunner(connection, {
    clock,
    log: silentLog,
    openLink: openerFor(connection, { clock }),
    onCycle({ device, runs }) {
      seen.set(device, [...(seen.get(device) ?? []), shown(samplesOf(runs))]);
      onProgress();
    },
    onConnection: (state) => states.push(state),
  });
  closing.push(server.close, () => runner.close());
  const config = {
    connections: new Map([["line", connection]]),
    devices: new Map(devices.map((d) => [d.name, d])),
    module: {},
  };
  const access = createDeviceAccess({
    writes: () => "declared",
    clock,
    config: () => config,
    runner: () => runner,
    onSamples: () => undefined,
  });
  runner.apply(devices);
  /** Resolves when `condition` holds after some cycle. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      onProgress = () => {
        if (condition()) resolve();
      };
      onProgress();
    });
  const of = (device: string): readonly string[] => seen.get(device) ?? [];
  return { server, clock, started, runner, access, states, until, of };
}

function shown(samples: readonly Sample[]): string {
  return samples
    .map(({ point, reading }) => `${point.name}=${"value" in reading ? reading.value : reading.bad}`)
    .join(" ");
}

// 1001 × 65536 + 1002; far and stubborn stand in a second request, 47 registers away.
const GOOD = "relay=false word=1000 long=65602538 far=1050 stubborn=1060";

describe("connection runner against modbus-serial's server", () => {
  it("reads the right values on the grid beside a unit that never answers", async () => {
    const { server, clock, started, runner, until, of } = await setUp([live, silent]);
    await until(() => of("live").length >= 15 && of("silent").length >= 3);
    const { overruns = 0 } = runner.status().devices.get("live") ?? {};
    const instants = Math.floor((clock.monotonic() - started) / INTERVAL_MS);
    // Every grid instant was a cycle or was counted as missed, however fast this machine is.
    expect(Math.abs(of("live").length + overruns - instants)).toBeLessThanOrEqual(2);
    expect(new Set(of("live"))).toEqual(new Set([GOOD]));
    expect(new Set(of("silent"))).toEqual(new Set(["a=timeout b=timeout"]));
    // The second block of the silent unit is never tried: its neighbour pays for one timeout a cycle, not for two.
    expect(new Set(server.requests.filter((request) => request.startsWith("2:")))).toEqual(new Set(["2: read 0+1"]));
    expect(runner.status()).toMatchObject({ state: "open", opens: 1 });
  });

  it("writes between polls and reads back what it wrote", async () => {
    const { server, access, until, of } = await setUp([live]);
    await until(() => of("live").length >= 2);
    const results = await access.write(
      "live",
      new Map<string, number | boolean>([
        ["far", 77],
        ["relay", true],
        ["stubborn", 5],
      ]),
      NEVER,
    );
    expect([...results].map(([name, r]) => `${name} ${r.outcome} ${r.readBack}`)).toEqual([
      "far verified 77",
      "relay verified true",
      "stubborn mismatch 1060",
    ]);
    const write = server.requests.indexOf("register 50=77");
    expect(server.requests[write + 1]).toBe("1: read 50+1");
    expect(server.requests.filter((request) => request.includes("="))).toHaveLength(3);
    expect(shown(await access.read("live", ["far"], NEVER))).toBe("far=77");
  });

  it("says offline while the server is gone and reads again when it is back", async () => {
    const { server, states, until, of } = await setUp([live]);
    await until(() => of("live").length >= 2);
    await server.close();
    await until(() => of("live").at(-1)?.includes("far=offline") === true);
    const again = await startServer(server.port);
    await until(() => of("live").at(-1) === GOOD);
    expect(states.filter((state) => state === "open")).toHaveLength(2);
    closing.push(again.close);
  });
});
