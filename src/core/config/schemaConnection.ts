import * as z from "zod";
import { show } from "./nearest";
import { duration, integer, key, objectOf, oneOf, pattern, required, text, wordText } from "./schemaKinds";

/** What a connection has when the document is silent. */
export const CONNECTION_DEFAULTS = {
  responseTimeoutMs: 1000,
  requestGapMs: 0,
  connectDelayMs: 0,
  readRetries: 1,
  failuresBeforeReopen: 5,
  port: 502,
  connectTimeoutMs: 5000,
} as const;

const LATER_KEYS = ["idleCloseMs", "maxInFlight", "tls", "echo", "rs485", "for"];
const TRANSPORTS = ["tcp", "serial"] as const;
const LATER_TRANSPORTS = ["tls", "udp"];

const common = {
  responseTimeoutMs: key(
    duration(10, 600_000),
    "To the first byte of the answer; on serial the wire time of the expected answer is added.",
    CONNECTION_DEFAULTS.responseTimeoutMs,
  ),
  requestGapMs: key(duration(0, 60_000), "Rest between two requests.", CONNECTION_DEFAULTS.requestGapMs),
  connectDelayMs: key(duration(0, 60_000), "Rest after opening.", CONNECTION_DEFAULTS.connectDelayMs),
  readRetries: key(
    integer("readRetries", 0, 10),
    "Repetitions of a failed read of the poll; writes are never repeated.",
    CONNECTION_DEFAULTS.readRetries,
  ),
  failuresBeforeReopen: key(
    integer("failuresBeforeReopen", 1, 1000),
    "Consecutive failures, while no unit of the connection answers, after which it is opened anew.",
    CONNECTION_DEFAULTS.failuresBeforeReopen,
  ),
};

/** A host name or an IP address (v4 or v6), without scheme and port. */
const HOST =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}(?:%[A-Za-z0-9._-]{1,32})?)$/;

export const tcpSchema = objectOf(
  "a tcp connection",
  {
    transport: required(z.literal("tcp"), "Modbus TCP."),
    framing: key(oneOf("a framing of tcp", ["mbap"], ["rtu", "ascii"]), "Frames on the wire.", "mbap"),
    host: required(
      pattern(HOST, 'a host name or an IP address, such as "plc.local" or "192.168.0.7"; the port stands in "port"'),
      "Host name or IP address.",
    ),
    port: key(integer("a port", 1, 65_535), "TCP port.", CONNECTION_DEFAULTS.port),
    connectTimeoutMs: key(duration(10, 600_000), "For opening the connection.", CONNECTION_DEFAULTS.connectTimeoutMs),
    ...common,
  },
  LATER_KEYS,
).meta({ id: "TcpConnection" });

/** Baud rate, data bits, parity (None, Even, Odd), stop bits. RTU has 8 data bits (MODBUS over Serial Line V1.02, section 2.5.1). */
export const LINE = /^([1-9]\d{1,6}) (8)([NEO])([12])$/;

export const serialSchema = objectOf(
  "a serial connection",
  {
    transport: required(z.literal("serial"), "Modbus RTU on a serial line."),
    framing: key(oneOf("a framing of serial", ["rtu"], ["ascii", "mbap"]), "Frames on the wire.", "rtu"),
    path: required(text("a path"), 'The port: `"/dev/ttyUSB0"`, better `"/dev/serial/by-id/…"`.'),
    line: required(
      pattern(LINE, 'baud rate, 8 data bits, parity (N, E or O) and stop bits, such as "9600 8N1" or "19200 8E1"'),
      'Baud rate, data bits, parity (N, E, O), stop bits: `"9600 8N1"`. Required: a wrong default is a dead line.',
    ),
    ...common,
  },
  LATER_KEYS,
).meta({ id: "SerialConnection" });

function transportText(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return `${show(input)} is not a connection: an object is expected`;
  }
  const transport: unknown = Object.hasOwn(input, "transport")
    ? (input as { transport: unknown }).transport
    : undefined;
  return wordText(transport, "a transport", TRANSPORTS, LATER_TRANSPORTS);
}

export const connectionSchema = z.discriminatedUnion("transport", [tcpSchema, serialSchema], {
  error: ({ input }) => transportText(input),
});

export type ConnectionKeys = z.infer<typeof connectionSchema>;
