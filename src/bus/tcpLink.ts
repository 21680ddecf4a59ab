import { connect, type Socket } from "node:net";
import { platform } from "node:os";
import type { Clock } from "../kernel/clock";
import type { LinkOpener } from "./link";
import { socketErrorText } from "./socketErrors";
import { endpointName, type NetworkEndpoint, openSocketLink } from "./socketLink";

export type TcpEndpoint = NetworkEndpoint;

/** Room for more answers than a server sends at once. */
const READ_BUFFER_BYTES = 16_384;
/**
 * One for all connections: the event loop reads one socket at a time, and what it has read is taken before it reads the
 * next. Not so on Windows, where the reads of all sockets are under way together.
 */
const SHARED = platform() === "win32" ? undefined : Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
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
  const buffer = SHARED ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  // Polling brings the same length again and again: the view of the read before serves again.
  let view = buffer;
  const onread = {
    buffer,
    callback: (count: number): boolean => {
      if (view.length !== count) view = buffer.subarray(0, count);
      onBytes(view);
      return true;
    },
  };
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS, onread };
  return connect(options);
}
