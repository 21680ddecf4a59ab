/** Keys of every connection; all durations in ms. */
interface CommonOptions {
  /** To the first byte of an answer (default 1000); on serial lines the wire time of the answer is added. */
  readonly responseTimeoutMs?: number;
  /** Rest between two requests (default 0). */
  readonly requestGapMs?: number;
  /** Rest after opening (default 0). */
  readonly connectDelayMs?: number;
  /** Requests in a row without an answer after which the connection is opened anew (default 5). */
  readonly failuresBeforeReopen?: number;
}

interface NetworkOptions extends CommonOptions {
  /** Name or address, v4 or v6. A name is resolved anew at each connect. */
  readonly host: string;
  /** Default 502; for tls 802. */
  readonly port?: number;
  /** Default 5000. */
  readonly connectTimeoutMs?: number;
}

/** Modbus TCP, or serial frames over TCP. */
export interface TcpOptions extends NetworkOptions {
  readonly transport: "tcp";
  readonly framing?: "mbap" | "rtu" | "ascii";
  /** Close after so long without a request, open again with the next; 0 (default): never. */
  readonly idleCloseMs?: number;
  /** Requests under way at the same time (default 1); more than 1 with `mbap` only. */
  readonly maxInFlight?: number;
}

/** Modbus/TCP Security. */
export interface TlsOptions extends NetworkOptions {
  readonly transport: "tls";
  readonly framing?: "mbap";
  readonly idleCloseMs?: number;
  readonly maxInFlight?: number;
  /** PEM files, and the name that the server's certificate must have (default: the host). */
  readonly tls?: {
    readonly caPath?: string;
    readonly certPath?: string;
    readonly keyPath?: string;
    readonly serverName?: string;
  };
}

/** One frame a datagram. */
export interface UdpOptions extends NetworkOptions {
  readonly transport: "udp";
  readonly framing?: "mbap" | "rtu";
  readonly idleCloseMs?: number;
  readonly maxInFlight?: number;
}

export interface SerialOptions extends CommonOptions {
  readonly transport: "serial";
  readonly framing?: "rtu" | "ascii";
  /** `/dev/ttyUSB0`, better `/dev/serial/by-id/…`. */
  readonly path: string;
  /** Baud rate, data bits, parity (N, E, O), stop bits: `"9600 8N1"`, `"19200 8E1"`. */
  readonly line: string;
  /** The adapter gives back what is sent (default false). */
  readonly echo?: boolean;
}

/** A connection as in the module's configuration, `connections.NAME`. */
export type ConnectionOptions = TcpOptions | TlsOptions | UdpOptions | SerialOptions;
