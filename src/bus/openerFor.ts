import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { LinkOpener } from "./link";
import { createSerialLinkOpener } from "./serialLink";
import { createTcpLinkOpener } from "./tcpLink";

/** How the links of a connection are opened. */
export function openerFor(
  connection: ConnectionConfig,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  return connection.transport === "tcp"
    ? createTcpLinkOpener(connection, ports)
    : createSerialLinkOpener(connection, ports);
}
