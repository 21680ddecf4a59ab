import { invariant } from "../../kernel/invariant";
import { compareDecimals, decimalFromInteger, parseDecimal } from "../points/decimal";
import type { Point, ReportRule } from "../points/point";
import type { Draft } from "./layers";
import { type Nature, toDecimal } from "./pointMeaning";
import { REPORT_AT_LEAST_MS } from "./schemaPublishing";

/** When its values are sent; nothing where all are. Problems are noted on the draft. */
export function resolveReport(
  draft: Draft,
  kind: Point["kind"],
  nature: Nature,
  isEnum: boolean,
): Pick<Point, "report"> {
  const isSent = kind === "telemetry";
  const unsent = `only telemetry is sent in messages, and this point is "kind": "${kind}"`;
  const given = draft.suited("report", isSent, unsent);
  const deadband = resolveDeadband(draft, nature, isSent ? undefined : unsent);
  const fallback = nature === "boolean" || isEnum || deadband !== undefined ? "change" : "always";
  const byChange = isSent && (given ?? fallback) === "change";
  const why = isSent ? 'it is for points with "report": "change"' : unsent;
  const atLeastMs = draft.suited("reportAtLeastMs", byChange, why) ?? REPORT_AT_LEAST_MS;
  if (!byChange) {
    if (deadband !== undefined)
      draft.suited("deadband", false, '"report": "always" sends every value: leave one of the two out');
    return {};
  }
  return { report: { ...(deadband === undefined ? {} : { deadband }), atLeastMs } };
}

function resolveDeadband(draft: Draft, nature: Nature, unsuited: string | undefined): ReportRule["deadband"] {
  const why = unsuited ?? `only a number has "deadband", and this value is a ${nature}`;
  const given = draft.suited("deadband", unsuited === undefined && nature === "number", why);
  if (given === undefined) return undefined;
  const isShare = typeof given === "string" && given.endsWith("%");
  const width = isShare ? parseDecimal(given.slice(0, -1)) : toDecimal(given);
  invariant(width !== undefined, "the schema lets only decimal numbers through");
  if (compareDecimals(width, decimalFromInteger(0)) < 0)
    return draft.fault("deadband", "a deadband is not negative: it is the width of what is not worth sending");
  return { by: isShare ? "percent" : "unit", width };
}
