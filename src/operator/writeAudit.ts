import { valueForTwin } from "../core/points/valueText";
import type { Json, JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import type { WriteOutcome, WriteResult } from "../runtime/deviceAccess";
import type { Events } from "../runtime/events";

/** A write that was carried out or refused: who wanted what, and what came of it (event `writeAudit`, contract section 4). */
export interface WriteAudit {
  /** A device; of raw registers the connection and unit. */
  readonly device: string;
  /** Point → value asked for. */
  readonly values: JsonObject;
  readonly outcome: WriteOutcome;
  /** `writePoints`, `command resetAlarm`, `writeRegisters`, `desired property`. */
  readonly by: string;
  readonly at: EpochMs;
}

export type AuditPort = (record: WriteAudit) => void;

/** Writes the records into the log and, as events, to the hub. */
export function auditInto(log: Pick<Log, "info">, events: Pick<Events, "writeAudit">): AuditPort {
  return (record) => {
    const { device, values, outcome, by } = record;
    log.info(`write to ${device} by ${by}: ${outcome}`, { values });
    events.writeAudit(record);
  };
}

/** A record for each outcome, with the values that had it. */
export function auditResults(
  audit: AuditPort,
  about: Pick<WriteAudit, "device" | "by" | "at">,
  results: ReadonlyMap<string, Pick<WriteResult, "outcome" | "requested">>,
): void {
  const byOutcome = new Map<WriteOutcome, [string, Json][]>();
  for (const [point, { outcome, requested }] of results) {
    const values = byOutcome.get(outcome) ?? [];
    byOutcome.set(outcome, values);
    values.push([point, valueForTwin(requested)]);
  }
  for (const [outcome, values] of byOutcome) audit({ ...about, outcome, values: Object.fromEntries(values) });
}

/** Values that were refused before anything was written, as they came. */
export function auditRefusal(
  audit: AuditPort,
  about: Pick<WriteAudit, "device" | "by" | "at">,
  values: JsonObject,
): void {
  if (Object.keys(values).length > 0) audit({ ...about, outcome: "refused", values });
}
