import * as z from "zod";
import { documentSchema } from "./schemaDocument";

/**
 * The JSON Schema (draft 2020-12) of a configuration, from the schema that validates it. It knows less: names that
 * must exist, limits that depend on other keys and exact decimals are checked by `resolveDocument` alone.
 */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(documentSchema, { io: "input" });
  return { title: "modbus-edge configuration", ...schema };
}
