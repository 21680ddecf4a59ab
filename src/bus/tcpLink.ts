import { connect, type Socket } from "node:net";
import type { Clock } from "../kernel/clock";
import type { LinkOpener } from "./link";
import { socketErrorText } from "./socketErrors";
import { endpointName, type NetworkEndpoint, openSocketLink } from "./socketLink";

export type TcpEndpoint = NetworkEndpoint;

/** Room for more answers than a server sends at once; one a connection, used again for each read. */
const READ_BUFFER_BYTES = 8192;
/** A peer that vanished without a word (power, cable) is noticed by the operating system from here on. */
export const KEEP_ALIVE_AFTER_MS = 30_000;

export function createTcpLinkOpener(
  endpoint: TcpEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  const dial = {
    name: endpointName(endpoint),
    ready: "connect",
    dial: (onBytes: (bytes: Uint8Array) => void) => dialTcp(endpoint, onBytes),
    explain: (error: Error) => socketErrorText(error, endpoint),
  } as const;
  return (signal) => openSocketLink(dial, endpoint.connectTimeoutMs, ports.clock, signal);
}

function dialTcp({ host, port }: TcpEndpoint, onBytes: (bytes: Uint8Array) => void): Socket {
  const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
  const onread = {
    buffer,
    callback: (count: number): boolean => {
      onBytes(buffer.subarray(0, count));
      return true;
    },
  };
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS, onread };
  return connect(options);
}
