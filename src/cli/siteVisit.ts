import type { SerialReader } from "../bus/serialDevice";
import type { ModbusClient, RequestOptions } from "../client/modbusClient";
import type { ModbusError } from "../client/modbusError";
import { openConnection } from "../client/openConnection";
import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { DeviceVisit, PointSample, VisitState } from "../core/fieldwork/handover";
import type { UnitIdentity } from "../core/fieldwork/unitIdentity";
import { decodePoint } from "../core/points/transform";
import type { Clock } from "../kernel/clock";
import { wait } from "../kernel/wait";
import { failureText } from "./failureText";
import { type FieldClient, findingModels } from "./fieldModels";
import { modbusErrorOf, type ReadItem, readTarget } from "./fieldRead";
import { identifyUnit } from "./scanIdentify";

export interface VisitPorts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly serialReader?: SerialReader | undefined;
  readonly identify: boolean;
  onStep?(device: string): void;
}

/** One more try for what got no good answer: a sheet should show a device, not a disturbance. */
const RETRIES = 1;

/**
 * Visits every device once: its readable points, how long it takes to answer, what it says of itself. Connections side
 * by side, the devices of one after the other. Reads only; never throws for what devices do.
 */
export async function visitSite(
  { connections, devices }: GatewayConfig,
  wanted: (device: DeviceConfig) => boolean,
  ports: VisitPorts,
): Promise<readonly DeviceVisit[]> {
  const all = [...devices.values()].filter(wanted);
  const visits = await Promise.all(
    [...connections.values()].map((connection) => {
      const own = all.filter((device) => device.connection === connection.name);
      return own.length === 0 ? [] : visitConnection(connection, own, ports);
    }),
  );
  const byName = new Map(visits.flat().map((visit) => [visit.device.name, visit]));
  return all.flatMap(({ name }) => byName.get(name) ?? []);
}

async function visitConnection(
  connection: ConnectionConfig,
  devices: readonly DeviceConfig[],
  ports: VisitPorts,
): Promise<readonly DeviceVisit[]> {
  const enabled = devices.filter((device) => device.enabled);
  const visits: DeviceVisit[] = devices.filter((device) => !device.enabled).map(disabled);
  if (enabled.length === 0) return visits;
  let client: ModbusClient;
  try {
    client = await openConnection(connection, ports);
  } catch (error) {
    const reason = modbusErrorOf(error).detail;
    return [...visits, ...enabled.map((device) => unreached(device, reason))];
  }
  try {
    const restMs = Math.max(0, ...enabled.map(({ connectDelayMs }) => connectDelayMs ?? 0));
    if (restMs > 0) await wait(ports.clock, restMs, ports.signal);
    const identities = new Map<number, UnitIdentity>();
    for (const device of enabled) visits.push(await visitDevice(client, connection, device, identities, ports));
    return visits;
  } finally {
    await client.close();
  }
}

const NOTHING = { identity: {}, requests: 0, failures: 0 } as const;

function disabled(device: DeviceConfig): DeviceVisit {
  return { ...NOTHING, device, state: "disabled", reason: "switched off in the configuration", samples: [] };
}

function unreached(device: DeviceConfig, reason: string): DeviceVisit {
  return { ...NOTHING, device, state: "offline", reason, samples: [] };
}

async function visitDevice(
  client: ModbusClient,
  connection: ConnectionConfig,
  device: DeviceConfig,
  identities: Map<number, UnitIdentity>,
  { clock, signal, identify, onStep }: VisitPorts,
): Promise<DeviceVisit> {
  if (signal.aborted) return unreached(device, "not visited: it was stopped");
  onStep?.(device.name);
  const meter = new Meter(findingModels(client, device), clock);
  const timeout = device.responseTimeoutMs === undefined ? {} : { timeoutMs: device.responseTimeoutMs };
  const lenient = device.lenientUnitId === undefined ? {} : { lenientUnitId: device.lenientUnitId };
  const options: RequestOptions = { signal, retries: RETRIES, ...timeout };
  const points = device.points.filter(({ access }) => access !== "write");
  const items = await readTarget(meter, { connection, device, points }, [], options);
  const { state, reason } = stateOf(items, connection, device);
  if (state !== "offline" && identify && !identities.has(device.unitId))
    identities.set(device.unitId, await identifyUnit(client, device.unitId, { signal, ...timeout, ...lenient }));
  return {
    ...{ device, state, reason, samples: samplesOf(device, items) },
    ...{ identity: state === "offline" ? {} : (identities.get(device.unitId) ?? {}) },
    ...meter.figures(),
  };
}

function stateOf(
  items: readonly ReadItem[],
  connection: ConnectionConfig,
  { unitId }: DeviceConfig,
): { readonly state: VisitState; readonly reason: string } {
  if (items.length === 0) return { state: "unknown", reason: "none of its points can be read" };
  const errors = items.flatMap(({ outcome }) => ("error" in outcome ? [outcome.error] : []));
  const [first] = errors;
  if (first === undefined) return { state: "online", reason: "" };
  const isThere = errors.length < items.length || errors.some(isOfDevice);
  const why = failureText(first, connection, unitId);
  if (!isThere) return { state: "offline", reason: why };
  return { state: "degraded", reason: `${errors.length} of ${items.length} points could not be read. ${why}` };
}

/** Exceptions 10 and 11 are a gateway's: it reaches nobody. */
function isOfDevice({ exceptionCode }: ModbusError): boolean {
  return exceptionCode !== undefined && exceptionCode !== 10 && exceptionCode !== 11;
}

/** Kinds of failures that the contract of values calls otherwise. */
const REASONS: Readonly<Record<string, string>> = { lost: "offline", aborted: "offline" };

/** Every point of the device in its order; those that are only written have no value. */
function samplesOf(device: DeviceConfig, items: readonly ReadItem[]): readonly PointSample[] {
  const byName = new Map(items.map((item) => [item.point?.name, item]));
  return device.points.map((point) => {
    const item = byName.get(point.name);
    if (item?.point === undefined) return { point, detail: "only written, never read" };
    const { outcome } = item;
    if ("error" in outcome) {
      const { kind, exceptionCode } = outcome.error;
      const bad = exceptionCode === undefined ? (REASONS[kind] ?? kind) : `exception:${exceptionCode}`;
      // Silence is the same for all points: it stands above them.
      const own = isOfDevice(outcome.error) || kind === "argument";
      return { point, bad, ...(own ? { detail: outcome.error.detail } : {}) };
    }
    const reading = decodePoint(item.point, outcome.data, 0);
    return "value" in reading ? { point, value: reading.value } : { point, bad: reading.bad };
  });
}

/** Counts the reads of a device, and how long each took. */
class Meter implements FieldClient {
  private readonly times: number[] = [];
  private failures = 0;
  readonly read: FieldClient["read"];
  readonly write: FieldClient["write"];

  constructor(client: FieldClient, clock: Pick<Clock, "monotonic">) {
    const read = async (...request: Parameters<FieldClient["read"]>): Promise<unknown> => {
      const started = clock.monotonic();
      try {
        const answer = await client.read(...request);
        this.times.push(clock.monotonic() - started);
        return answer;
      } catch (error) {
        this.failures += 1;
        throw error;
      }
    };
    this.read = read as FieldClient["read"];
    this.write = client.write.bind(client);
  }

  figures(): Pick<DeviceVisit, "requests" | "failures" | "latencyMs"> {
    const sorted = [...this.times].sort((a, b) => a - b);
    const usual = tenths(sorted[sorted.length >> 1]);
    const requests = this.times.length + this.failures;
    const most = tenths(sorted.at(-1));
    return {
      requests,
      failures: this.failures,
      ...(usual === undefined ? {} : { latencyMs: { usual, most: most ?? usual } }),
    };
  }
}

function tenths(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
