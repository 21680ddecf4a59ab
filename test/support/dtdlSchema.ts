import { isJsonObject, type Json, type JsonObject } from "../../src/kernel/json";

const INT32 = 2 ** 31;

/** Whether a value is of a DTDL schema; what is wrong where it is not. Fields of an object may be absent, others not there. */
export function fitsSchema(value: Json, schema: Json): string {
  if (typeof schema === "string") return fitsPrimitive(value, schema) ? "" : `${JSON.stringify(value)} is no ${schema}`;
  if (!isJsonObject(schema)) return `${JSON.stringify(value)} is not modelled`;
  switch (schema["@type"]) {
    case "Enum":
      return (schema["enumValues"] as JsonObject[]).some(({ enumValue }) => enumValue === value)
        ? ""
        : `${JSON.stringify(value)} is no value of the enum`;
    case "Map":
      return isJsonObject(value)
        ? all(Object.values(value), (schema["mapValue"] as JsonObject)["schema"] as Json)
        : "no map";
    case "Object":
      return isJsonObject(value) ? fields(value, schema["fields"] as JsonObject[]) : "no object";
    default:
      return `schema ${String(schema["@type"])}`;
  }
}

function all(values: readonly Json[], schema: Json): string {
  return values.map((one) => fitsSchema(one, schema)).find((text) => text !== "") ?? "";
}

function fields(value: JsonObject, known: readonly JsonObject[]): string {
  const model = new Map(known.map(({ name, schema }) => [String(name), schema as Json]));
  const texts = Object.entries(value).map(([name, one]) => {
    const schema = model.get(name);
    if (schema === undefined) return `${name} is not modelled`;
    const text = fitsSchema(one, schema);
    return text === "" ? "" : `${name}: ${text}`;
  });
  return texts.find((text) => text !== "") ?? "";
}

function fitsPrimitive(value: Json, schema: string): boolean {
  switch (schema) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value) && Math.abs(value as number) <= INT32;
    case "long":
      return Number.isInteger(value);
    case "float":
    case "double":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "dateTime":
      return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value);
    default:
      return false;
  }
}
