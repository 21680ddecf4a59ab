import type { JsonObject } from "../../kernel/json";
import { addressText } from "../modbus/address";
import { modelPlace } from "../modbus/modelAddress";
import type { ConnectionPlan, CycleView, RequestView } from "./connectionPlan";

/** A plan as `getPlan` and `modbus-edge plan --json` show it, without its cycles. */
export function planHeadJson({ loadPercent, requestsPerSecond }: ConnectionPlan): JsonObject {
  return { loadPercent: round(loadPercent), requestsPerSecond: round(requestsPerSecond) };
}

/** One cycle: what is due together, and the requests that read it. Times in ms, addresses 0-based. */
export function cycleJson(cycle: CycleView): JsonObject {
  return {
    unitId: cycle.unitId,
    groups: [...cycle.groups],
    everyMs: cycle.everyMs === null ? "connect" : round(cycle.everyMs),
    predictedMs: round(cycle.predictedMs),
    requests: cycle.requests.map((request) => requestJson(cycle.unitId, request)),
    ...(cycle.notAsked.size === 0 ? {} : { notAsked: Object.fromEntries(cycle.notAsked) }),
  };
}

function requestJson(unitId: number, { table, first, count, points, bytes, predictedMs }: RequestView): JsonObject {
  const address = addressText(table, first);
  const model = modelPlace(first);
  const place = model === undefined ? { first } : { sunspecOffset: model.offset };
  return { unitId, table, ...place, count, address, points: [...points], bytes, predictedMs: round(predictedMs) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
