import * as z from "zod";
import { documentSchema } from "./schemaDocument";

/**
 * The JSON Schema (draft 2020-12) of a configuration file, from the schema that validates it. It knows less: names that
 * must exist, limits that depend on other keys and exact decimals are checked by `resolveDocument` alone.
 */
export function configurationJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, $defs } = z.toJSONSchema(documentSchema, { io: "input" });
  const { properties, ...configuration } = $defs?.["Configuration"] ?? {};
  return {
    $schema,
    title: "modbus-edge configuration",
    ...configuration,
    properties: {
      $schema: { type: "string", description: "Where editors find this schema." },
      configuration: {
        $ref: "#/$defs/Configuration",
        description: "The configuration, as it stands in the twin; then nothing else stands beside it.",
      },
      ...properties,
    },
    $defs,
  };
}
