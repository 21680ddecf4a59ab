import type { ModbusFailure } from "../core/modbus/failure";
import type { Result } from "../kernel/result";

/** What a link tells its user. Bytes may be kept only until the call returns. */
export interface LinkEvents {
  data(bytes: Uint8Array): void;
  /** The link is gone, once, for whatever reason; `reason` is for people. Nothing follows. */
  closed(reason: string): void;
}

/** How the reason begins when the other end has closed in good order. */
export const SERVER_CLOSED = "the server closed the connection";

/** An open byte stream to one or more servers: a socket or a serial port. */
export interface Link {
  /** For messages: `plc.local:502`, `/dev/ttyUSB0`. */
  readonly name: string;
  /** Each call of `data` brings one datagram, a frame of its own: nothing is continued in the next. Absent: a stream. */
  readonly datagrams?: boolean;
  /** Attaches the user; bytes that arrived before are dropped. */
  listen(events: LinkEvents): void;
  /** Hands the bytes to the operating system. Errors surface as `closed`. */
  write(bytes: Uint8Array): void;
  /** Bytes written that the operating system has not taken yet. */
  readonly pending: number;
  /** Memoised; settles in bounded time; never rejects. `closed` is reported too. */
  close(): Promise<void>;
}

/** Opens a link, or says in words why it could not (kind `offline`). Gives up when the signal aborts (`aborted`). */
export type LinkOpener = (signal: AbortSignal) => Promise<Result<Link, ModbusFailure>>;
