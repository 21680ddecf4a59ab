import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { Problem } from "../core/config/problem";
import { resolveConnection } from "../core/config/resolveConnection";
import { type ConnectionKeys, connectionSchema } from "../core/config/schemaConnection";
import { validate } from "../core/config/validate";
import { err, ok, type Result } from "../kernel/result";

/** The connection with every default filled in, or its faults by place. */
export function readConnection(connection: unknown): Result<ConnectionConfig, readonly Problem[]> {
  const problems = validate(connectionSchema, connection);
  if (problems.length > 0) return err(problems);
  if (Object.hasOwn(connection as object, "for")) {
    return err([{ path: "/for", text: "this is one connection: templates are for configurations" }]);
  }
  const keys = connection as ConnectionKeys;
  return ok(resolveConnection(nameOf(keys), keys));
}

/** For messages. */
function nameOf(keys: ConnectionKeys): string {
  if (keys.transport === "serial") return keys.path;
  const host = keys.host.includes(":") && !keys.host.startsWith("[") ? `[${keys.host}]` : keys.host;
  return `${host}:${keys.port ?? (keys.transport === "tls" ? 802 : 502)}`;
}
