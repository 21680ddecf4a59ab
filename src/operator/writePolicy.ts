import { err, ok, type Result } from "../kernel/result";

/** What may ever be written, decided on the gateway and nowhere else (`MODBUS_EDGE_WRITES`, contract section 6). */
export type WritePolicy = "off" | "declared" | "raw";

/** Reads `MODBUS_EDGE_WRITES`; absent or empty means `declared`. A word that is not known is refused, never guessed. */
export function parseWritePolicy(text: string | undefined): Result<WritePolicy, string> {
  const word = (text ?? "").trim().toLowerCase();
  if (word === "") return ok("declared");
  if (word === "off" || word === "declared" || word === "raw") return ok(word);
  return err(`MODBUS_EDGE_WRITES is "${text}"; it must be off, declared or raw`);
}
