import { parseArgs } from "node:util";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { argumentFault } from "./usage";

/** Options of `read` and `write`: where the device is, and what its registers mean. */
export const WHERE_USAGE = `Where:
  --host HOST[:PORT]     Modbus TCP; [::1]:502 for IPv6
  --serial PATH --line "19200 8E1"    RTU on a serial port: baud rate, data bits, parity, stop bits
  --config FILE          a device of a configuration: DEVICE and its points follow
  --unit N               unit id, default 1
  --transport T          tcp (default with --host), tls, udp
  --framing F            mbap (default with --host), rtu (default with --serial), ascii
  --local-echo           the serial adapter gives back what is sent
  --ca, --cert, --key FILE, --server-name NAME    for tls
  --timeout MS           to the first byte of the answer, default 1000

What:
  ADDRESS                a reference of 5 or 6 digits, which names table and address (40001 = holding 0), or with
                         --table coil|discrete|input|holding the 0-based address itself (199, 0xC7)
  --type TYPE            uint16, int16, uint32, int32, uint64, int64, float32, float64, string, int8High, …
  --order LETTERS        byte order: ABCD (default), CDAB, BADC, DCBA
  --scale X, --offset X, --decimals N, --length N (registers of a string)`;

const OPTIONS = {
  host: { type: "string" },
  serial: { type: "string" },
  line: { type: "string" },
  config: { type: "string" },
  unit: { type: "string" },
  transport: { type: "string" },
  framing: { type: "string" },
  "local-echo": { type: "boolean" },
  ca: { type: "string" },
  cert: { type: "string" },
  key: { type: "string" },
  "server-name": { type: "string" },
  timeout: { type: "string" },
  table: { type: "string" },
  type: { type: "string" },
  order: { type: "string" },
  scale: { type: "string" },
  offset: { type: "string" },
  decimals: { type: "string" },
  length: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** The options that say where a device is, `--config` aside. */
export const WHERE_OPTIONS = [
  ...["host", "serial", "line", "unit", "transport", "framing", "local-echo", "ca", "cert", "key", "server-name"],
  "timeout",
];

/** The options that say what registers mean. */
export const MEANING_OPTIONS = ["table", "type", "order", "scale", "offset", "decimals", "length"];

/** Which of these options stands beside `--config`, where it would have no effect: a write must not go elsewhere. */
export function besideFile(args: FieldArguments, options: readonly string[]): string | undefined {
  const idle = options.find((name) => args.text(name) !== undefined || args.flag(name));
  return idle === undefined ? undefined : `--${idle} does not go with --config: what the file says is what counts`;
}

type FlagType = { readonly type: "string" | "boolean"; readonly multiple?: boolean };
type Raw = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/** The arguments of a command, texts as they were given. */
export interface FieldArguments {
  text(name: string): string | undefined;
  /** Of an option that may be given several times, in order. */
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  readonly positionals: readonly string[];
}

/** Takes arguments apart; `more` are options of the command alone. Negative numbers are values, not options. */
export function fieldArguments(
  args: readonly string[],
  more: Readonly<Record<string, FlagType>>,
): Result<FieldArguments, string> {
  // A mark before what would look like an option, taken off again below.
  const marked = args.map((arg) => (/^-\.?\d/.test(arg) ? `\u0000${arg}` : arg));
  const unmarked = (text: string): string => text.replace("\u0000", "");
  try {
    const read = parseArgs({ args: marked, options: { ...OPTIONS, ...more }, allowPositionals: true });
    const values: Raw = read.values;
    return ok({
      text(name) {
        const value = values[name];
        return typeof value === "string" ? unmarked(value) : undefined;
      },
      texts(name) {
        const value = values[name];
        return Array.isArray(value) ? value.map((one) => unmarked(String(one))) : [];
      },
      flag: (name) => values[name] === true,
      positionals: read.positionals.map(unmarked),
    });
  } catch (error) {
    const known = Object.keys({ ...OPTIONS, ...more }).map((name) => `--${name}`);
    return err(unmarked(argumentFault(error, known.join(" "))));
  }
}

/** A whole number of an option, or what is wrong with it. */
export function wholeNumber(
  args: FieldArguments,
  name: string,
  min: number,
  max: number,
): Result<number | undefined, string> {
  const text = args.text(name);
  if (text === undefined) return ok(undefined);
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return ok(number);
  return err(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
}

/** Options whose text is a number in the configuration; what is no number is left to the schema to refuse. */
function numberOrText(text: string): Json {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** `connections.NAME` from the options. `ways`: those that this command has to say where the device is. */
export function connectionOf(
  args: FieldArguments,
  ways = "--host HOST[:PORT], --serial PATH, --config FILE",
): Result<JsonObject, string> {
  const host = args.text("host");
  const serial = args.text("serial");
  if ((host === undefined) === (serial === undefined)) return err(`where is the device? One of ${ways}`);
  const timeout = args.text("timeout");
  const framing = args.text("framing");
  const common = {
    ...(timeout === undefined ? {} : { responseTimeoutMs: numberOrText(timeout) }),
    ...(framing === undefined ? {} : { framing }),
  };
  if (host !== undefined) return networkOf(host, args, common);
  if (args.text("line") === undefined)
    return err('--serial needs --line: baud rate, data bits, parity, stop bits, such as --line "19200 8E1"');
  const echo = args.flag("local-echo") ? { echo: true } : {};
  return ok({ ...common, ...echo, transport: "serial", path: serial ?? "", line: args.text("line") ?? "" });
}

/** `plc`, `plc:1502`, `10.0.0.7`, `::1`, `[::1]:1502`. */
const ENDPOINT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;

function networkOf(text: string, args: FieldArguments, common: JsonObject): Result<JsonObject, string> {
  const bareIpv6 = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
  const [, bracketed, plain, port] = bareIpv6 ? [text, text] : (ENDPOINT.exec(text) ?? []);
  const host = bracketed ?? plain;
  if (host === undefined) return err(`--host ${text}: write HOST or HOST:PORT, such as plc.local:502`);
  const files = [
    ["caPath", args.text("ca")],
    ["certPath", args.text("cert")],
    ["keyPath", args.text("key")],
    ["serverName", args.text("server-name")],
  ].filter((entry): entry is [string, string] => entry[1] !== undefined);
  const transport = args.text("transport") ?? (files.length > 0 ? "tls" : "tcp");
  return ok({
    ...common,
    transport,
    host,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(files.length > 0 ? { tls: Object.fromEntries(files) } : {}),
  });
}

/** Keys of a point from the options: how its registers are read. */
export function meaningOf(args: FieldArguments): JsonObject {
  const keys = ["type", "scale", "offset", "decimals", "length"].flatMap((name) => {
    const text = args.text(name);
    return text === undefined ? [] : [[name, name === "type" ? text : numberOrText(text)] as const];
  });
  return Object.fromEntries(keys);
}
