import * as z from "zod";

/**
 * An object of optional keys, of which few are there at a time: only those are looked at. zod asks every key of the shape
 * whether it may be missing, which is most of the time that a site of 16,000 points takes to check. Whatever does not
 * fit is left to zod, which says what is wrong.
 */
export function sparse<S extends z.ZodRawShape>(schema: z.ZodObject<S, z.core.$strict>): typeof schema {
  const keys = new Map<string, z.core.$ZodType>(Object.entries(schema.shape));
  const parse = (input: unknown): Record<string, unknown> | undefined => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return undefined;
    const output: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(input)) {
      const found = keys.get(name)?._zod.run({ value, issues: [] }, { async: false });
      if (found === undefined || found instanceof Promise || found.issues.length > 0) return undefined;
      output[name] = found.value;
    }
    return output;
  };
  return z.withParser(schema, (input) => (parse(input) as z.output<typeof schema> | undefined) ?? z.INVALID);
}
