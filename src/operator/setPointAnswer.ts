import type { DeviceConfig } from "../core/config/gatewayConfig";
import { planWrite } from "../core/planning/writePlan";
import type { PointValue, Reading } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import type { Clock } from "../kernel/clock";
import type { Json } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import type { DeviceAccess, WriteResult } from "../runtime/deviceAccess";
import type { Acknowledgement } from "./setPointMemory";
import { type AuditPort, auditRefusal, auditResults } from "./writeAudit";
import { tooSoon } from "./writePlanRefusal";
import type { WritePolicy } from "./writePolicy";

/** A desired value, to be answered. */
export interface DesiredValue {
  readonly device: DeviceConfig;
  readonly point: string;
  readonly value: Json;
  /** `$version` of the desired properties. */
  readonly version: number;
}

/** What became of a desired value. */
export type SetPointAnswer =
  /** Carried out or refused, once and for all. `blind`: written, but what the device holds was not read afterwards. */
  | { readonly kind: "answered"; readonly ack: Acknowledgement; readonly blind: boolean }
  /** Nothing was written, for the device could not be reached. */
  | { readonly kind: "away"; readonly reason: string; readonly at: EpochMs | undefined; readonly held: Held }
  /** Nothing was written, for the module is closing: the next start carries it out. */
  | { readonly kind: "closing" }
  /** Nothing was written, for the configuration has just changed: to be looked at again under the new one. */
  | { readonly kind: "overtaken" };

/** The value in force, where it is known. */
export type Held = Pick<Acknowledgement, "value">;

export interface SetPointAnswerPorts {
  readonly clock: Pick<Clock, "epoch">;
  readonly access: DeviceAccess;
  /** What may be written now. */
  writes(): WritePolicy;
  /** Aborts when the module closes. */
  readonly signal: AbortSignal;
  /** A write was carried out or refused. */
  readonly onAudit: AuditPort;
}

const BY = "desired property";
/** `minWriteIntervalMs` is waited for that long; while it is, the device's other set points wait too. */
const LONGEST_REST_MS = 10_000;

/** Refusals are decided before anything is read or written; a value that the device holds already is not written. */
export async function answerDesired(ports: SetPointAnswerPorts, wanted: DesiredValue): Promise<SetPointAnswer> {
  const { device, point, value, version } = wanted;
  const held = heldValue(ports.access.latest(device.name).get(point)?.reading);
  const refuse = (ac: number, text: string): SetPointAnswer => {
    auditRefusal(ports.onAudit, { device: device.name, by: BY, at: ports.clock.epoch() }, { [point]: value });
    return refusal(ac, text, version, held);
  };
  if (ports.writes() === "off") return refuse(403, "writing is switched off on this gateway");
  const plan = planWrite(device, { [point]: value });
  // What is out of its limits, or can't be encoded, is refused as a value (contract section 5).
  if (!plan.ok) return refuse(plan.error.status === 403 ? 403 : 400, plan.error.message);
  const planned = plan.value.get(point);
  if (planned === undefined) return refuse(400, "nothing to write");
  if (planned.point.access === "write") return write(ports, wanted, planned.value, held);
  return compareAndWrite(ports, wanted, planned.value, held);
}

async function compareAndWrite(
  ports: SetPointAnswerPorts,
  wanted: DesiredValue,
  value: PointValue,
  before: Held,
): Promise<SetPointAnswer> {
  const { device, point, version } = wanted;
  const [now] = await ports.access.read(device.name, [point], ports.signal);
  if (ports.signal.aborted) return { kind: "closing" };
  const held = now !== undefined && "value" in now.reading ? heldValue(now.reading) : before;
  if (now !== undefined && "bad" in now.reading && ["timeout", "offline"].includes(now.reading.bad))
    return { kind: "away", reason: now.reading.bad, at: now.at, held };
  if (now !== undefined && "value" in now.reading && held.value === valueForTwin(value))
    return answered({ ...held, ac: 200, av: version, ad: "the device holds it already" });
  return write(ports, wanted, value, held, now?.at);
}

async function write(
  ports: SetPointAnswerPorts,
  { device, point, version, value: wanted }: DesiredValue,
  value: PointValue,
  held: Held,
  at?: EpochMs,
): Promise<SetPointAnswer> {
  const restMs = ports.access.writableInMs(device.name, [point]);
  if (restMs > LONGEST_REST_MS) {
    auditRefusal(ports.onAudit, { device: device.name, by: BY, at: ports.clock.epoch() }, { [point]: wanted });
    return refusal(409, tooSoon(restMs).message, version, held);
  }
  const results = await ports.access.write(device.name, new Map([[point, value]]), ports.signal);
  const result = results.get(point);
  if (result?.status === 409) return { kind: "overtaken" };
  if (result === undefined || (result.attempts === 0 && result.status === 504)) {
    if (ports.signal.aborted) return { kind: "closing" };
    return { kind: "away", reason: result?.reason ?? "the device is gone", at, held };
  }
  auditResults(ports.onAudit, { device: device.name, by: BY, at: ports.clock.epoch() }, new Map([[point, result]]));
  return answered(acknowledge(result, held, version), result.attempts > 0 && result.readBack === undefined);
}

function acknowledge(result: WriteResult, held: Held, version: number): Acknowledgement {
  const ad = result.reason === undefined ? result.outcome : `${result.outcome}: ${result.reason}`;
  const after = result.readBack ?? (result.outcome === "acknowledged" ? result.requested : undefined);
  const value = after === undefined ? held : { value: valueForTwin(after) };
  return { ...value, ac: result.status, av: version, ad: shorten(ad) };
}

function refusal(ac: number, text: string, version: number, held: Held): SetPointAnswer {
  return answered({ ...held, ac, av: version, ad: shorten(text) });
}

function answered(ack: Acknowledgement, blind = false): SetPointAnswer {
  return { kind: "answered", ack, blind };
}

function heldValue(reading: Reading | undefined): Held {
  return reading !== undefined && "value" in reading ? { value: valueForTwin(reading.value) } : {};
}

/** Far below the 4 KB that a twin bears in one text (contract section 5). */
const MAX_TEXT = 400;

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1)}…`;
}
