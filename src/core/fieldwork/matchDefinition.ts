import type { JsonObject } from "../../kernel/json";
import type { DisplayMatch } from "./displaySearch";

/** The point of a match, as it stands in a configuration. */
export function matchDefinition({ table, address, form, scale }: DisplayMatch): JsonObject {
  return {
    table,
    address,
    type: form.type,
    ...(form.type === "mod10k" ? { length: form.count } : {}),
    ...(form.order === undefined ? {} : { order: form.order }),
    ...(scale === 1 ? {} : { scale }),
  };
}

const SIGNED: Readonly<Record<string, string>> = { uint16: "int16", uint32: "int32", uint64: "int64" };

/** What the same registers may be too, as far as positive values tell. */
export function signedTwin({ form }: DisplayMatch): string | undefined {
  return SIGNED[form.type];
}
