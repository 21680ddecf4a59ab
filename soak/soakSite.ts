import { applyDocument } from "../src/core/config/apply";
import { builtInProfiles } from "../src/core/config/profiles";
import { createDevHub, type DevHub, type DevHubOptions } from "../src/devhub/devHub";
import type { Clock } from "../src/kernel/clock";
import type { JsonObject } from "../src/kernel/json";
import { silentLog } from "../src/kernel/log";
import { createScope, type Scope } from "../src/kernel/scope";
import { readFaultText } from "../src/simulator/faults/faultText";
import { startTcpFaultProxy } from "../src/simulator/faults/tcpFaultProxy";
import { createSimulator, type Simulator } from "../src/simulator/simulator";
import type { SoakArrival, SoakSample } from "./ledger";
import { startWireTap } from "./wireTap";

export const MODULE = "modbus";
const DEVICES_A_LINE = 10;
export const INTERVAL_MS = 1000;
const TIMEOUT_MS = 1500;
const HISTORY = 200_000;
/** A minute of messages: a full disk is borne as long; of what waits longer than a quarter of it the rest is on disk alone. */
const QUEUE_BYTES = 1_048_576;
const FIRST_HUB_PORT = 21_000;

/** What spoils each line, with the seed put in; a line without is a quiet one. */
const LINES: Readonly<Record<string, string | undefined>> = {
  quietA: undefined,
  quietB: undefined,
  slow: "delay=20-300ms 20%, drop 0.3%, split=3+4 5ms 5%, drip=2ms 1%, exception=6 1%",
  torn: "close=0 0.2%, reset=0 0.2%, close=9 0.1%, reset=5 0.1%, delay=5-50ms 30%",
  odd: "late 0.5%, duplicate 1%, wrongTransaction=1 0.3%, wrongUnit=1 0.3%, wrongFunction=3 0.2%, byteCount=0 0.2%, exceptionWithoutCode 0.1%, lengthField=0xffff 0.05%",
};

export const DEVICES = Object.keys(LINES).length * DEVICES_A_LINE;
export const QUIET_DEVICE = /^quiet/;

export interface SoakSite {
  readonly hub: DevHub;
  readonly simulator: Simulator;
  readonly samples: readonly SoakSample[];
  readonly arrivals: readonly SoakArrival[];
  close(): Promise<void>;
}

/** Simulator, spoiled lines, witnesses and hub: everything around the module, in this process. */
export async function openSite(clock: Clock, seed: number): Promise<SoakSite> {
  const scope = createScope();
  const samples: SoakSample[] = [];
  const arrivals: SoakArrival[] = [];
  const document = siteDocument(new Map());
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const simulator = await createSimulator(config, { clock, log: silentLog }, { historyLimit: HISTORY });
  if (!simulator.ok) throw new Error(simulator.error);
  scope.defer(async () => void (await simulator.value.close()));
  const ports = new Map<string, number>();
  for (const [name, faults] of Object.entries(LINES)) {
    const endpoint = simulator.value.served.get(name);
    if (endpoint?.kind !== "tcp") throw new Error(`${name} is not served`);
    const port = faults === undefined ? endpoint.port : await spoil(endpoint.port, faults, seed, clock, scope);
    const tap = await startWireTap(port, {
      now: () => clock.epoch(),
      deviceOf: (unitId) => `${name}${unitId}`,
      timeoutMs: TIMEOUT_MS,
      taken: (sample) => samples.push(sample),
    });
    scope.defer(tap.close);
    ports.set(name, tap.port);
  }
  const desired = { [MODULE]: { configuration: siteDocument(ports) } };
  const hub = await openHub({ desired }, clock);
  scope.defer(async () => void (await hub.close()));
  hub.messages.subscribe(({ output, properties, messageId = "", body, hubTime }) => {
    if (output !== "telemetry") return;
    arrivals.push({
      device: properties["$.sub"] ?? "",
      receivedAt: Date.parse(hubTime),
      createdAt: Date.parse(properties["iothub-creation-time-utc"] ?? ""),
      messageId,
      values: JSON.parse(body) as SoakArrival["values"],
    });
  });
  return {
    hub,
    simulator: simulator.value,
    samples,
    arrivals,
    close: async () => void (await scope.close()),
  };
}

/**
 * On a port below those that the system deals out: while the hub is away nobody else gets it, and no attempt to connect
 * to it can be dealt the same port and meet itself.
 */
async function openHub(options: Pick<DevHubOptions, "desired">, clock: Clock): Promise<DevHub> {
  for (let port = FIRST_HUB_PORT + (process.pid % 5000); ; port++) {
    const hub = await createDevHub({ ...options, port }, { clock });
    if (hub.ok) return hub.value;
    if (!hub.error.includes("in use")) throw new Error(hub.error);
  }
}

async function spoil(port: number, faults: string, seed: number, clock: Clock, scope: Scope): Promise<number> {
  const plan = readFaultText(`line: seed=${seed}, ${faults}`);
  const found = plan.ok ? plan.value.get("line") : undefined;
  if (found === undefined) throw new Error(plan.ok ? "no plan" : plan.error);
  const host = "127.0.0.1";
  const listen = { host, port: 0 };
  const proxy = await startTcpFaultProxy({ plan: found, clock, framing: "mbap", listen, server: { host, port } });
  if (!proxy.ok) throw new Error(proxy.error);
  scope.defer(proxy.value.close);
  return proxy.value.port;
}

function siteDocument(ports: ReadonlyMap<string, number>): JsonObject {
  const connection = (name: string): JsonObject => {
    const port = ports.get(name);
    const common = { transport: "tcp", host: "127.0.0.1", responseTimeoutMs: TIMEOUT_MS };
    return port === undefined ? common : { ...common, port };
  };
  return {
    schemaVersion: 1,
    module: { queueMaxBytes: QUEUE_BYTES },
    connections: Object.fromEntries(Object.keys(LINES).map((name) => [name, connection(name)])),
    groups: { default: { intervalMs: INTERVAL_MS } },
    profiles: { counter: { defaults: { table: "input" }, points: POINTS } },
    devices: Object.fromEntries(
      Object.keys(LINES).map((name) => [
        `${name}{u}`,
        { for: { u: `1-${DEVICES_A_LINE}` }, connection: name, unitId: "{u}", profile: "counter" },
      ]),
    ),
  };
}

/** `uptime` rises with every tenth of a second: it tells one sample of a device from another. */
const POINTS: JsonObject = {
  uptime: { address: 0, type: "uint32", scale: 0.001, unit: "s" },
  energy: { address: 2, type: "uint64", scale: 0.001, unit: "kWh" },
  temperature: { address: 6, type: "int16", scale: 0.1, unit: "°C" },
  flow: { address: 7, type: "float32" },
};
