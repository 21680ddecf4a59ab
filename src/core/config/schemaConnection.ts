import * as z from "zod";
import { show } from "./nearest";
import { duration, flag, integer, key, objectOf, pattern, required, text, wordText } from "./schemaKinds";
import { instancesKey } from "./schemaModel";

/** What a connection has when the document is silent. */
export const CONNECTION_DEFAULTS = {
  responseTimeoutMs: 1000,
  requestGapMs: 0,
  connectDelayMs: 0,
  readRetries: 1,
  failuresBeforeReopen: 5,
  port: 502,
  tlsPort: 802,
  connectTimeoutMs: 5000,
  idleCloseMs: 0,
  maxInFlight: 1,
  echo: false,
} as const;

const TRANSPORTS = ["tcp", "tls", "udp", "serial"] as const;
/** More requests under way than any server is known to queue. */
const MOST_IN_FLIGHT = 16;

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
  for: instancesKey,
};

/** A host name or an IP address (v4, v6, v6 in brackets), without scheme and port. */
const HOST =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}(?:%[A-Za-z0-9._-]{1,32})?|\[[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}(?:%[A-Za-z0-9._-]{1,32})?\])$/;

const network = {
  host: required(
    pattern(HOST, 'a host name or an IP address, such as "plc.local" or "192.168.0.7"; the port stands in "port"'),
    "Host name or IP address (v4 or v6). A name is resolved anew each time the connection is opened.",
  ),
  connectTimeoutMs: key(duration(10, 600_000), "For opening the connection.", CONNECTION_DEFAULTS.connectTimeoutMs),
  idleCloseMs: key(
    duration(0, 86_400_000),
    "Close after so long without a request and open again with the next one; 0: never.",
    CONNECTION_DEFAULTS.idleCloseMs,
  ),
};

function port(fallback: number): z.ZodOptional<z.ZodInt> {
  return key(integer("a port", 1, 65_535), "Port of the server.", fallback);
}

const maxInFlight = key(
  integer("maxInFlight", 1, MOST_IN_FLIGHT),
  "Requests under way at the same time. Only with `mbap`, whose frames say which request they answer; many servers bear 1.",
  CONNECTION_DEFAULTS.maxInFlight,
);

/** Framings that Modbus knows and a transport does not carry, with the reason. */
type Unsuited = Readonly<Partial<Record<string, string>>>;

function framing<const W extends readonly [string, ...string[]]>(transport: string, words: W, unsuited: Unsuited = {}) {
  const error = ({ input }: { readonly input: unknown }): string => {
    const reason = typeof input === "string" && Object.hasOwn(unsuited, input) ? unsuited[input] : undefined;
    const list = `one of ${words.join(", ")}`;
    return reason === undefined
      ? wordText(input, `a framing of ${transport}`, words, [])
      : `${show(input)} does not go over ${transport}: ${reason}; ${list}`;
  };
  return key(z.enum(words, { error }), "Frames on the wire.", words[0]);
}

interface Pipelined {
  readonly framing?: string | undefined;
  readonly maxInFlight?: number | undefined;
}

/** Frames without a transaction id cannot be told apart: one request at a time. */
function oneInFlight({ value, issues }: z.core.ParsePayload<Pipelined>): void {
  const { framing: frames = "mbap", maxInFlight: most = 1 } = value;
  if (frames === "mbap" || most === 1) return;
  const message = `${most} does not go with the framing "${frames}": its frames have no transaction id, so one request at a time is under way; leave the key out`;
  issues.push({ code: "custom", input: most, path: ["maxInFlight"], message });
}

export const tcpSchema = objectOf("a tcp connection", {
  transport: required(z.literal("tcp"), "A TCP connection: Modbus TCP, or RTU or ASCII frames over TCP."),
  framing: framing("tcp", ["mbap", "rtu", "ascii"]),
  ...network,
  port: port(CONNECTION_DEFAULTS.port),
  maxInFlight,
  ...common,
})
  .check(oneInFlight)
  .meta({ id: "TcpConnection" });

const ONLY_MBAP = "Modbus/TCP Security is defined for mbap frames alone";

const tlsKeys = objectOf("the keys of TLS", {
  caPath: key(
    text("a path"),
    "PEM file of the authorities that may sign the server's certificate. Default: those that the system trusts.",
  ),
  certPath: key(text("a path"), "PEM file of our certificate, with `keyPath`: most servers ask for one."),
  keyPath: key(text("a path"), "PEM file of the private key of our certificate, not encrypted."),
  serverName: key(
    pattern(HOST, 'a host name or an IP address, such as "plc.plant.example"'),
    "The name that the server's certificate must have. Default: `host`.",
  ),
})
  .check(({ value, issues }) => {
    const [given, missing] = value.certPath === undefined ? ["keyPath", "certPath"] : ["certPath", "keyPath"];
    if ((value.certPath === undefined) === (value.keyPath === undefined)) return;
    const message = `"${missing}" is missing: our certificate and its private key go together ("${given}" is given)`;
    issues.push({ code: "custom", input: undefined, path: [missing], message });
  })
  .meta({ id: "Tls" });

export const tlsSchema = objectOf("a tls connection", {
  transport: required(z.literal("tls"), "Modbus/TCP Security: TLS 1.2 or later."),
  framing: framing("tls", ["mbap"], { rtu: ONLY_MBAP, ascii: ONLY_MBAP }),
  ...network,
  port: port(CONNECTION_DEFAULTS.tlsPort),
  tls: key(tlsKeys, "Certificates. The files are read anew each time the connection is opened."),
  maxInFlight,
  ...common,
}).meta({ id: "TlsConnection" });

export const udpSchema = objectOf("a udp connection", {
  transport: required(z.literal("udp"), "Datagrams, one frame each."),
  framing: framing("udp", ["mbap", "rtu"], { ascii: "ascii is for serial lines and tcp" }),
  ...network,
  port: port(CONNECTION_DEFAULTS.port),
  maxInFlight,
  ...common,
})
  .check(oneInFlight)
  .meta({ id: "UdpConnection" });

/** Baud rate, data bits, parity (None, Even, Odd), stop bits. */
export const LINE = /^([1-9]\d{1,6}) ([78])([NEO])([12])$/;

const RS485 =
  "direction control is not possible here, since the serial port driver cannot switch it in time. Use an adapter that switches by itself (most do), or let the kernel do it (device tree: linux,rs485-enabled-at-boot-time), and leave the key out";

const MBAP_ON_SERIAL = "mbap frames are for networks";

export const serialSchema = objectOf("a serial connection", {
  transport: required(z.literal("serial"), "Modbus RTU or ASCII on a serial line."),
  framing: framing("serial", ["rtu", "ascii"], { mbap: MBAP_ON_SERIAL }),
  path: required(
    text("a path"),
    'The port: `"/dev/ttyUSB0"`, better `"/dev/serial/by-id/…"`, which stays when the adapter comes back under another name.',
  ),
  line: required(
    pattern(
      LINE,
      'baud rate, data bits (8; 7 with ascii), parity (N, E or O) and stop bits, such as "9600 8N1" or "19200 8E1"',
    ),
    'Baud rate, data bits (7 only with `ascii`), parity (N, E, O), stop bits: `"9600 8N1"`. Required: a wrong default is a dead line.',
  ),
  echo: key(
    flag(),
    "The adapter gives back what is sent (2-wire RS-485): exactly these bytes are swallowed before an answer.",
    CONNECTION_DEFAULTS.echo,
  ),
  rs485: key(
    z.literal(false, {
      error: ({ input }) => (input === true ? RS485 : `${show(input)} does not fit: false, or leave the key out`),
    }),
    "Direction control by the port. Only `false`: adapters and the kernel do it themselves.",
    false,
  ),
  ...common,
})
  // RTU has 8 data bits (MODBUS over Serial Line V1.02, section 2.5.1).
  .check(({ value, issues }) => {
    if (value.framing === "ascii" || LINE.exec(value.line)?.[2] !== "7") return;
    const message = `${show(value.line)} has 7 data bits, which carry ascii frames alone: write 8, or "framing": "ascii"`;
    issues.push({ code: "custom", input: value.line, path: ["line"], message });
  })
  .meta({ id: "SerialConnection" });

function transportText(input: unknown): string {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    return `${show(input)} is not a connection: an object is expected`;
  }
  const transport: unknown = Object.hasOwn(input, "transport")
    ? (input as { transport: unknown }).transport
    : undefined;
  return wordText(transport, "a transport", TRANSPORTS, []);
}

export const connectionSchema = z.discriminatedUnion("transport", [tcpSchema, tlsSchema, udpSchema, serialSchema], {
  error: ({ input }) => transportText(input),
});

export type ConnectionKeys = z.infer<typeof connectionSchema>;
