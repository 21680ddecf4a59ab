import type { JsonObject } from "../../kernel/json";
import type { Point } from "../points/point";
import { modelUnit } from "./units";
import { type ValueForm, valueSchema } from "./valueSchema";

/** `central`: version 2 with IoT Central's own types; 2 and 3: the plain language. */
export type Dialect = "central" | 2 | 3;

export const MAX_FIELDS = 30;
const MAX_TITLE = 64;
const MAX_DESCRIPTION = 512;

export const CONTEXTS: Readonly<Record<Dialect, readonly string[]>> = {
  central: ["dtmi:iotcentral:context;2", "dtmi:dtdl:context;2"],
  2: ["dtmi:dtdl:context;2"],
  3: ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"],
};

/** Texts for people, cut to what the language allows; empty ones are left out. */
export function words(title: string | undefined, description?: string): JsonObject {
  return {
    ...(title === undefined || title === "" ? {} : { displayName: cut(title, MAX_TITLE) }),
    ...(description === undefined || description === "" ? {} : { description: cut(description, MAX_DESCRIPTION) }),
  };
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** A point as telemetry or as a property: type, schema, unit, limits. */
export function pointContent(point: Point, dialect: Dialect, form: ValueForm): JsonObject {
  const kind = point.kind === "property" ? "Property" : "Telemetry";
  const value = valueSchema(point, form);
  const isState = dialect === "central" && typeof value.schema === "object";
  const writable = kind === "Property" && point.access === "readWrite";
  const unit = value.numeric ? unitOf(point, dialect) : NO_UNIT;
  const limits = writable && value.numeric && dialect === "central" ? limitsOf(point) : {};
  const detailed = unit.detailed === true || Object.keys(limits).length > 0;
  const types = [kind, ...(isState ? ["State"] : []), ...unit.types, ...(detailed ? ["NumberValue"] : [])];
  return {
    "@type": types.length === 1 ? kind : types,
    name: point.name,
    ...words(point.title, [point.description, unit.text, value.caveat].filter((text) => text !== undefined).join(" ")),
    schema: value.schema,
    ...unit.keys,
    ...limits,
    ...(writable ? { writable: true } : {}),
  };
}

interface UnitKeys {
  readonly types: readonly string[];
  readonly keys: JsonObject;
  /** Needs Central's `NumberValue`. */
  readonly detailed?: true;
  /** Where the language has no word for it. */
  readonly text?: string;
}

const NO_UNIT: UnitKeys = { types: [], keys: {} };

function unitOf(point: Point, dialect: Dialect): UnitKeys {
  if (point.unit === undefined || point.unit.trim() === "") return NO_UNIT;
  const known = modelUnit(point.unit);
  const version = dialect === "central" ? 2 : dialect;
  if (known !== undefined && known.since <= version) {
    return { types: [known.semanticType], keys: { unit: known.unit } };
  }
  const symbol = known?.symbol ?? point.unit.trim();
  if (dialect === "central") return { types: [], keys: { displayUnit: { en: symbol } }, detailed: true };
  return { types: [], keys: {}, text: `Unit: ${symbol}.` };
}

function limitsOf({ write }: Point): JsonObject {
  return {
    ...(write?.min === undefined ? {} : { minValue: asNumber(write.min) }),
    ...(write?.max === undefined ? {} : { maxValue: asNumber(write.max) }),
  };
}

function asNumber({ coefficient, scale }: { readonly coefficient: bigint; readonly scale: number }): number {
  return Number(`${coefficient}e${-scale}`);
}

/** A point as a field of an object: there no unit may stand beside it (version 2). */
export function pointField(point: Point): JsonObject {
  const { schema, caveat } = valueSchema(point, { inTwin: true });
  const unit = point.unit === undefined ? undefined : `Unit: ${modelUnit(point.unit)?.symbol ?? point.unit}.`;
  const text = [unit, caveat].filter((part) => part !== undefined).join(" ");
  return { name: point.name, ...words(point.title, text), schema };
}

export function objectOf(fields: readonly JsonObject[]): JsonObject {
  return { "@type": "Object", fields };
}

export function field(name: string, schema: string | JsonObject, description?: string): JsonObject {
  return { name, ...words(undefined, description), schema };
}

export function mapOf(keyName: string, valueName: string, schema: string | JsonObject): JsonObject {
  return {
    "@type": "Map",
    mapKey: { name: keyName, schema: "string" },
    mapValue: { name: valueName, schema },
  };
}

export function enumOf(values: readonly string[]): JsonObject {
  return {
    "@type": "Enum",
    valueSchema: "string",
    enumValues: values.map((value) => ({ name: value, enumValue: value })),
  };
}

/** A command; an object without fields cannot be modelled and is left out. */
export function command(
  name: string,
  about: { readonly title?: string | undefined; readonly description?: string },
  request: readonly JsonObject[],
  response: readonly JsonObject[] = [],
): JsonObject {
  return {
    "@type": "Command",
    name,
    ...words(about.title, about.description),
    ...(request.length === 0 ? {} : { request: { name: "request", schema: objectOf(request) } }),
    ...(response.length === 0 ? {} : { response: { name: "response", schema: objectOf(response) } }),
  };
}
