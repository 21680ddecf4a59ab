import { WRITE_POLICIES, type WritePolicy } from "../core/config/gatewayConfig";
import { err, ok, type Result } from "../kernel/result";

export type { WritePolicy } from "../core/config/gatewayConfig";

/** What the gateway allows (`MODBUS_EDGE_WRITES`), narrowed by the configuration (`module.writes`), never widened. */
export function narrowed(gateway: WritePolicy, configured: WritePolicy | undefined): WritePolicy {
  if (configured === undefined) return gateway;
  return WRITE_POLICIES.indexOf(configured) < WRITE_POLICIES.indexOf(gateway) ? configured : gateway;
}

/** Reads `MODBUS_EDGE_WRITES`; absent or empty means `declared`. A word that is not known is refused, never guessed. */
export function parseWritePolicy(text: string | undefined): Result<WritePolicy, string> {
  const word = (text ?? "").trim().toLowerCase();
  if (word === "") return ok("declared");
  if (word === "off" || word === "declared" || word === "raw") return ok(word);
  return err(`MODBUS_EDGE_WRITES is "${text}"; it must be off, declared or raw`);
}
