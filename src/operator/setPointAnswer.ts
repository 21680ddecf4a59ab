import type { DeviceConfig } from "../core/config/gatewayConfig";
import { planWrite } from "../core/planning/writePlan";
import type { BadReason, PointValue, Reading } from "../core/points/point";
import { TWIN_LIMIT, valueForTwin } from "../core/points/valueText";
import type { Clock } from "../kernel/clock";
import type { Json } from "../kernel/json";
import type { DeviceAccess, WriteResult } from "../runtime/deviceAccess";
import { deadline } from "./methodError";
import type { Acknowledgement } from "./setPointMemory";
import { type AuditPort, auditRefusal, auditResults } from "./writeAudit";
import type { WritePolicy } from "./writePolicy";

/** A desired value, to be answered. */
export interface DesiredValue {
  readonly device: DeviceConfig;
  readonly point: string;
  readonly value: Json;
  /** `$version` of the desired properties. */
  readonly version: number;
  /** Asked again when its turn has come: it may have been withdrawn, or replaced by another one. */
  isStillDesired(): boolean;
  /** It was carried out before, and the point asks for it at every connect. */
  readonly again: boolean;
  /** It has waited: after so long it must not be written any more. */
  readonly leftMs?: number;
}

/** What became of a desired value. */
export type SetPointAnswer =
  /** Carried out or refused, once and for all. `blind`: written, but what the device holds was not read afterwards. */
  | { readonly kind: "answered"; readonly ack: Acknowledgement; readonly blind: boolean; readonly unsure?: TwinValue }
  /** Nothing was written, for the device could not be reached, or its commands did not end. */
  | { readonly kind: "away"; readonly reason: string; readonly isBusy?: true }
  /** Nothing was written, for `minWriteIntervalMs` does not let it yet. */
  | { readonly kind: "later"; readonly restMs: number }
  /** Nothing was written, for the module is closing: the next start carries it out. */
  | { readonly kind: "closing" }
  /** Nothing was written, for the configuration, or what is desired, has just changed: to be looked at again. */
  | { readonly kind: "overtaken" };

type TwinValue = ReturnType<typeof valueForTwin>;

/** The value in force, where it is known. */
export type Held = Pick<Acknowledgement, "value">;

export interface SetPointAnswerPorts {
  readonly clock: Pick<Clock, "epoch" | "setTimer">;
  readonly access: DeviceAccess;
  /** What may be written now. */
  writes(): WritePolicy;
  /** Aborts when the module closes. */
  readonly signal: AbortSignal;
  /** A write was carried out or refused. */
  readonly onAudit: AuditPort;
}

/** Who writes, in audit records. */
export const BY = "desired property";
/** A turn on the bus, and the pause that a point asks for, come within this; else it is tried again later. */
const TURN_MS = 30_000;

/**
 * Refusals are decided before anything is read or written; a value that the device holds already is not written.
 * @param away why the device is known to be away: then it is not asked.
 */
export async function answerDesired(
  ports: SetPointAnswerPorts,
  wanted: DesiredValue,
  away?: string,
): Promise<SetPointAnswer> {
  const { device, point, value, version } = wanted;
  const held = heldValue(ports.access.latest(device.name).get(point)?.reading);
  const refuse = (ac: number, text: string): SetPointAnswer => {
    auditRefusal(ports.onAudit, { device: device.name, by: BY, at: ports.clock.epoch() }, { [point]: value });
    return refusal(ac, text, version, held);
  };
  if (ports.writes() === "off") return refuse(403, "writing is switched off on this gateway");
  if (isUnsafe(value)) return refuse(400, `${point}: ${unsafeInTwin(value)}`);
  const plan = planWrite(device, { [point]: value });
  // What is out of its limits, or can't be encoded, is refused as a value (contract section 5).
  if (!plan.ok) return refuse(plan.error.status === 403 ? 403 : 400, plan.error.message);
  const planned = plan.value.get(point);
  if (planned === undefined) return refuse(400, "nothing to write");
  if (away !== undefined) return { kind: "away", reason: away };
  const limit = deadline(ports.clock, ports.signal, Math.min(TURN_MS, wanted.leftMs ?? TURN_MS));
  const answer = await inTurn({ ...ports, signal: limit.signal }, wanted, planned.value, held);
  limit.done();
  return ports.signal.aborted && answer.kind !== "answered" ? { kind: "closing" } : answer;
}

/** The hub cuts the digits of integers beyond ±2^52: what comes as a number there may be another number. */
function isUnsafe(value: Json): value is number {
  return typeof value === "number" && Math.abs(value) > TWIN_LIMIT;
}

function unsafeInTwin(value: number): string {
  return `${value} may have lost digits in the twin, for it is beyond ±${TWIN_LIMIT}: send it as a string of digits`;
}

/** The reading says that no answer came that can be trusted, or that the device has no time. */
function isAway(reason: BadReason): boolean {
  const silent = [
    "timeout",
    "offline",
    "crc",
    "protocol",
    "exception:5",
    "exception:6",
    "exception:10",
    "exception:11",
  ];
  return silent.includes(reason);
}

/** What the device holds is there and is no value of the point. */
function isOtherValue(reason: BadReason): boolean {
  return ["notAvailable", "outOfRange", "notInEnum", "decode"].includes(reason);
}

/** Not between the steps of a command of the device. */
async function inTurn(
  ports: SetPointAnswerPorts,
  wanted: DesiredValue,
  value: PointValue,
  before: Held,
): Promise<SetPointAnswer> {
  const stands = ports.access.standing(wanted.device);
  const turn = await ports.access.turn(wanted.device.name, ports.signal);
  if (turn.kind !== "mine") return { kind: "away", reason: "its commands are under way", isBusy: true };
  try {
    const isCurrent = stands() && wanted.isStillDesired();
    return isCurrent ? await compareAndWrite(ports, wanted, value, before) : { kind: "overtaken" };
  } finally {
    turn.done();
  }
}

async function compareAndWrite(
  ports: SetPointAnswerPorts,
  wanted: DesiredValue,
  value: PointValue,
  before: Held,
): Promise<SetPointAnswer> {
  const { device, point, version } = wanted;
  const compared = await ports.access.compare(device.name, point, value, ports.signal);
  if (compared === undefined) return { kind: "overtaken" };
  const { reading, isSame, isNear } = compared;
  if (ports.signal.aborted) return { kind: "away", reason: "it could not be asked in time" };
  if ("bad" in reading && isAway(reading.bad)) return { kind: "away", reason: reading.bad };
  if ("bad" in reading && !isOtherValue(reading.bad)) {
    const text = `nothing was written, for what the device holds can't be read (${reading.bad})`;
    return refusal(502, text, version, before);
  }
  const held = "value" in reading ? heldValue(reading) : {};
  // One that was carried out, and verified within the tolerance, is not written at every connect.
  if (isSame || (wanted.again && isNear))
    return answered({ ...held, ac: 200, av: version, ad: "the device holds it already" });
  const restMs = ports.access.writableInMs(device.name, [point]);
  if (restMs > 0) return { kind: "later", restMs };
  return write(ports, wanted, value, held);
}

async function write(
  ports: SetPointAnswerPorts,
  { device, point, version, isStillDesired }: DesiredValue,
  value: PointValue,
  held: Held,
): Promise<SetPointAnswer> {
  const results = await ports.access.write(device.name, new Map([[point, value]]), ports.signal, isStillDesired);
  const result = results.get(point);
  if (result?.status === 409 || result?.status === 404) return { kind: "overtaken" };
  if (result === undefined || (result.attempts === 0 && result.status === 504))
    return { kind: "away", reason: result?.reason ?? "the device is gone" };
  auditResults(ports.onAudit, { device: device.name, by: BY, at: ports.clock.epoch() }, new Map([[point, result]]));
  const ack = acknowledge(result, held, version);
  if (result.outcome === "unknown") return { kind: "answered", ack, blind: false, unsure: valueForTwin(value) };
  return answered(ack, result.attempts > 0 && result.readBack === undefined);
}

function acknowledge(result: WriteResult, held: Held, version: number): Acknowledgement {
  const ad = result.reason === undefined ? result.outcome : `${result.outcome}: ${result.reason}`;
  const after = result.readBack ?? (result.outcome === "acknowledged" ? result.requested : undefined);
  const value = after === undefined ? held : { value: valueForTwin(after) };
  // What turns out not to be encodable under the scale of the moment is refused as any such value.
  const ac = result.status === 422 ? 400 : result.status;
  return { ...value, ac, av: version, ad: shorten(ad) };
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
