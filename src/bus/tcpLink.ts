import { connect, type Socket } from "node:net";
import { platform } from "node:os";
import type { Clock } from "../kernel/clock";
import type { LinkOpener } from "./link";
import { ReadBuffer } from "./readBuffer";
import { socketErrorText } from "./socketErrors";
import { type BytesReceiver, endpointName, type NetworkEndpoint, openSocketLink, type SocketDial } from "./socketLink";

export type TcpEndpoint = NetworkEndpoint;

/** Room for more answers than a server sends at once. */
const READ_BUFFER_BYTES = 16_384;
/**
 * One for all connections: the event loop reads one socket at a time, and what it has read is taken before it reads the
 * next. Not so on Windows, where the reads of all sockets are under way together.
 */
const SHARED = platform() === "win32" ? undefined : new ReadBuffer(READ_BUFFER_BYTES);
/** A peer that vanished without a word (power, cable) is noticed by the operating system from here on. */
export const KEEP_ALIVE_AFTER_MS = 30_000;

export function createTcpLinkOpener(
  endpoint: TcpEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  const dial = new TcpDial(endpoint);
  return (signal) => openSocketLink(dial, endpoint.connectTimeoutMs, ports.clock, signal);
}

class TcpDial implements SocketDial {
  constructor(private readonly endpoint: TcpEndpoint) {}

  get name(): string {
    return endpointName(this.endpoint);
  }

  get ready(): "connect" {
    return "connect";
  }

  dial(receiver: BytesReceiver): Socket {
    return dialTcp(this.endpoint, receiver);
  }

  explain(error: Error): string {
    return socketErrorText(error, this.endpoint);
  }
}

function dialTcp({ host, port }: TcpEndpoint, receiver: BytesReceiver): Socket {
  const buffer = SHARED ?? new ReadBuffer(READ_BUFFER_BYTES);
  const onread = { buffer: buffer.bytes, callback: reading(buffer, receiver) };
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS, onread };
  return connect(options);
}

/** Made apart: what is kept of it for each socket holds these two and nothing else. */
function reading(buffer: ReadBuffer, receiver: BytesReceiver): (count: number) => boolean {
  return (count) => {
    receiver.received(buffer.first(count));
    return true;
  };
}
