import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { LinkOpener } from "./link";
import { createSerialLinkOpener, type SerialPorts } from "./serialLink";
import { createTcpLinkOpener } from "./tcpLink";
import { createTlsLinkOpener } from "./tlsLink";
import { createUdpLinkOpener } from "./udpLink";

/** How the links of a connection are opened. */
export function openerFor(connection: ConnectionConfig, ports: SerialPorts): LinkOpener {
  switch (connection.transport) {
    case "tcp":
      return createTcpLinkOpener(connection, ports);
    case "tls":
      return createTlsLinkOpener(connection, ports);
    case "udp":
      return createUdpLinkOpener(connection, ports);
    case "serial":
      return createSerialLinkOpener(connection, ports);
  }
}
