/** What a stream tells its user. Nothing follows `gone`. */
export interface StreamEvents {
  data(bytes: Uint8Array): void;
  /** The other end sends nothing more (a FIN); it may still read. Terminals have no such thing. */
  ended(): void;
  /** Both directions are over: reset, hung up, or closed from both ends. */
  gone(): void;
}

/** One end of something that carries bytes both ways: a socket, a terminal, or memory. */
export interface ByteStream {
  /** Attaches the user; bytes that arrive before are kept until then. */
  listen(events: StreamEvents): void;
  /** Bytes after `end` or `cut` are dropped. */
  write(bytes: Uint8Array): void;
  /** Nothing more from here: a FIN, behind what was written. A terminal hangs up. */
  end(): void;
  /** Ends both directions at once: RST on a socket, hang-up of a terminal. */
  cut(): void;
}

/** How many bytes wait for a listener, or in one direction of the proxy, before the rest is dropped. */
export const MAX_WAITING_BYTES = 1 << 20;
