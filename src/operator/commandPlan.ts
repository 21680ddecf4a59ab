import type { DeviceCommand, RequestField, StepItem } from "../core/config/deviceCommand";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { show } from "../core/config/nearest";
import { planWrite } from "../core/planning/writePlan";
import { decimalText, toPointNumber } from "../core/points/decimal";
import type { PointValue } from "../core/points/point";
import { compareValues } from "../core/points/pointValue";
import { pointValueFromJson, valueForTwin } from "../core/points/valueText";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { type MethodError, refusal, unknownKey } from "./methodError";
import { planRefusal } from "./writePlanRefusal";

/** A step with the caller's values put in. */
export type ReadyStep =
  | { readonly kind: "write"; readonly values: ReadonlyMap<string, PointValue> }
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "until"; readonly values: ReadonlyMap<string, PointValue>; readonly timeoutMs: number };

export interface ReadyCommand {
  readonly when: ReadonlyMap<string, PointValue>;
  readonly steps: readonly ReadyStep[];
}

type Given = ReadonlyMap<string, Exclude<PointValue, object>>;

/** Checks the request and every value that the command would write, before anything is read or written. */
export function planCommand(
  device: DeviceConfig,
  command: DeviceCommand,
  payload: JsonObject,
): Result<ReadyCommand, MethodError> {
  const given = requestOf(command, payload);
  if (!given.ok) return given;
  const steps: ReadyStep[] = [];
  for (const step of command.steps) {
    if (step.kind === "wait") steps.push(step);
    else if (step.kind === "until") steps.push({ ...step, values: filled(step.items, given.value) });
    else {
      const values = filled(step.items, given.value);
      const planned = planWrite(device, Object.fromEntries(values) as JsonObject);
      if (!planned.ok) return err(withPath(planRefusal(planned.error, ""), step.items, planned.error.path));
      steps.push({ kind: "write", values: new Map([...planned.value].map(([name, write]) => [name, write.value])) });
    }
  }
  return ok({ when: filled(command.when, given.value), steps });
}

/** The place is in the request, where the value came from it. */
function withPath(error: MethodError, items: readonly StepItem[], pointPath: string | undefined): MethodError {
  const { path: _path, ...rest } = error;
  const item = items.find(({ point }) => pointPath === `/${point}`);
  return item !== undefined && "field" in item.value ? { ...rest, path: `/${item.value.field}` } : rest;
}

function filled(items: readonly StepItem[], given: Given): ReadonlyMap<string, Exclude<PointValue, object>> {
  return new Map(
    items.map(({ point, value }) => [point, "constant" in value ? value.constant : (given.get(value.field) ?? false)]),
  );
}

function requestOf({ request }: DeviceCommand, payload: JsonObject): Result<Given, MethodError> {
  const unknown = unknownKey(
    payload,
    request.map(({ name }) => name),
  );
  if (unknown !== undefined) return err(unknown);
  const given = new Map<string, Exclude<PointValue, object>>();
  for (const field of request) {
    const value = fieldValue(field, payload[field.name]);
    if (!value.ok) return value;
    given.set(field.name, value.value);
  }
  return ok(given);
}

function fieldValue(field: RequestField, json: Json | undefined): Result<Exclude<PointValue, object>, MethodError> {
  const { name, type } = field;
  const path = `/${name}`;
  if (json === undefined) return err(refusal(400, `"${name}" is missing: a ${type}`, path));
  const value = pointValueFromJson(json);
  if (!value.ok) return err(refusal(400, `${name}: ${value.error}`, path));
  if (typeof value.value !== type) return err(refusal(400, `${name}: expected a ${type}, got ${show(json)}`, path));
  return typeof value.value === "number" ? withinLimits(field, value.value) : value;
}

function withinLimits({ name, min, max }: RequestField, value: number): Result<number, MethodError> {
  const [limit, word] =
    min !== undefined && compareValues(value, min) < 0
      ? [min, "below"]
      : max !== undefined && compareValues(value, max) > 0
        ? [max, "above"]
        : [undefined, ""];
  if (limit === undefined) return ok(value);
  const text = decimalText(limit);
  const message = `${name}: ${value} is ${word} ${text}; the nearest value is ${text}`;
  return err({ ...refusal(422, message, `/${name}`), nearest: valueForTwin(toPointNumber(limit)) });
}
