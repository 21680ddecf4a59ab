import type { JsonObject } from "../../kernel/json";
import type { DeviceCommand, RequestField } from "../config/deviceCommand";
import type { DeviceConfig } from "../config/gatewayConfig";
import { decimalText, type ExactDecimal } from "../points/decimal";
import type { Point } from "../points/point";
import {
  command,
  type Dialect,
  enumOf,
  field,
  MAX_FIELDS,
  mapOf,
  objectOf,
  pointContent,
  pointField,
  words,
} from "./content";
import type { ValueForm } from "./valueSchema";

/** What a device shows: the contents of its interface, and what could not be said in it. */
export interface DeviceContents {
  readonly contents: readonly JsonObject[];
  readonly warnings: readonly string[];
}

/** How telemetry of a point leaves; `undefined`: not as a value of its own (another format than `pnp`). */
export type TelemetryForm = (point: Point) => ValueForm | undefined;

const STATES = ["online", "degraded", "offline", "disabled"];

/** The contents of a device's component (contract sections 4 to 6): its telemetry, properties and commands. */
export function deviceContents(device: DeviceConfig, dialect: Dialect, telemetryForm: TelemetryForm): DeviceContents {
  const shown = device.points.flatMap((point) => {
    if (point.kind === "none") return [];
    const form = point.kind === "property" ? { inTwin: true } : telemetryForm(point);
    return form === undefined ? [] : [pointContent(point, dialect, form)];
  });
  const writable = device.points.filter((point) => point.access !== "read");
  const readable = device.points.filter((point) => point.access !== "write");
  const commands = [...(device.commands?.values() ?? [])].map(deviceCommand);
  return {
    contents: [
      stateProperty(),
      ...shown,
      ...(readable.length > 0 ? [readPoints(readable)] : []),
      ...(writable.length > 0 ? [writePoints(writable)] : []),
      ...commands,
    ],
    warnings: writable.length > MAX_FIELDS ? [tooManyFields(writable.length)] : [],
  };
}

function tooManyFields(count: number): string {
  return `${count} points can be written, but an object of DTDL has ${MAX_FIELDS} fields: the form of writePoints shows the first ${MAX_FIELDS}; the others can be written by their properties, or by calling the method with any of them`;
}

function stateProperty(): JsonObject {
  return {
    "@type": "Property",
    name: "modbus",
    displayName: "Modbus state",
    schema: objectOf([
      field("state", enumOf(STATES)),
      field("reason", "string"),
      field("since", "dateTime"),
      field("bad", mapOf("point", "reason", "string"), "Points without a value, and why."),
    ]),
  };
}

function readPoints(points: readonly Point[]): JsonObject {
  const values = points.length <= MAX_FIELDS ? [field("values", objectOf(points.map(pointField)))] : [];
  return command(
    "readPoints",
    { title: "Read points", description: "Reads all points of the device now." },
    [field("maxAgeMs", "integer", "Values not older than this need not be read again.")],
    [
      field("device", "string"),
      field("at", "dateTime"),
      ...values,
      field("bad", mapOf("point", "reason", "string"), "Points without a value, and why."),
    ],
  );
}

function writePoints(points: readonly Point[]): JsonObject {
  const outcome = enumOf(["verified", "acknowledged", "mismatch", "refused", "unknown"]);
  const result = objectOf([
    field("outcome", outcome),
    field("attempts", "integer"),
    field("ms", "double"),
    field("reason", "string"),
  ]);
  return command(
    "writePoints",
    { title: "Write points", description: "Writes these values, each read back before anything else is asked." },
    [
      field("values", objectOf(points.slice(0, MAX_FIELDS).map(pointField)), "Only what is given is written."),
      field("timeoutMs", "integer"),
    ],
    [field("device", "string"), field("results", mapOf("point", "result", result))],
  );
}

const FIELD_SCHEMAS = { number: "double", boolean: "boolean", string: "string" } as const;

function deviceCommand({ name, title, request }: DeviceCommand): JsonObject {
  const fields = request.map((one) => ({
    ...field(one.name, FIELD_SCHEMAS[one.type], rangeText(one)),
    ...(one.title === undefined ? {} : words(one.title)),
  }));
  return command(name, { title }, fields);
}

function rangeText({ min, max }: RequestField): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  if (max === undefined) return `At least ${decimalText(min as ExactDecimal)}.`;
  return min === undefined ? `At most ${decimalText(max)}.` : `${decimalText(min)} to ${decimalText(max)}.`;
}
