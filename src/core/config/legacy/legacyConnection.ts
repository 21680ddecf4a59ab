import type { JsonObject } from "../../../kernel/json";
import { show } from "../nearest";
import { CONNECTION_DEFAULTS } from "../schemaConnection";
import type { LegacyObject } from "./legacyObject";

/** How a slave of the archived module is reached, in the keys of the native format. */
export interface LegacyLink {
  /** Equal where one connection serves both: the same port of this machine, or the same endpoint. */
  readonly identity: string;
  /** What a name can be made of. */
  readonly title: string;
  readonly keys: JsonObject;
  readonly responseTimeoutMs: number;
}

/** The archived module waited for the product of both, by default 500 ms; shorter waits help nobody. */
const RETRIES = { count: 10, intervalMs: 50 };
const LEAST_TIMEOUT_MS = 500;
const MOST_TIMEOUT_MS = 600_000;

const MOST = { least: 0, most: 2_147_483_647 };

/** The connection of a slave; `undefined` after noting what is wrong. */
export function legacyLink(slave: LegacyObject): LegacyLink | undefined {
  const target = slave.required("SlaveConnection", "an IP address or host name, or a serial port such as /dev/ttyUSB0");
  const responseTimeoutMs = timeoutOf(slave);
  if (target === undefined) return undefined;
  return isSerial(target) ? serialLink(slave, target, responseTimeoutMs) : tcpLink(slave, target, responseTimeoutMs);
}

function timeoutOf(slave: LegacyObject): number {
  const count = slave.whole("RetryCount", "a number of retries", MOST) ?? RETRIES.count;
  const intervalMs = slave.whole("RetryInterval", "an interval in ms", MOST) ?? RETRIES.intervalMs;
  return Math.min(Math.max(count * intervalMs, LEAST_TIMEOUT_MS), MOST_TIMEOUT_MS);
}

function isSerial(target: string): boolean {
  return /^COM\d+$/i.test(target) || target.startsWith("/") || target.includes("/tty") || /^tty\w+$/.test(target);
}

function tcpLink(slave: LegacyObject, host: string, responseTimeoutMs: number): LegacyLink {
  const port = slave.whole("TcpPort", "a port", { least: 1, most: 65_535 }) ?? CONNECTION_DEFAULTS.port;
  const other = port === CONNECTION_DEFAULTS.port ? {} : { port };
  return {
    identity: `tcp ${host.toLowerCase()} ${port}`,
    title: `${/^[A-Za-z]/.test(host) ? "" : "net "}${host}${port === CONNECTION_DEFAULTS.port ? "" : ` ${port}`}`,
    keys: { transport: "tcp", host, ...other, responseTimeoutMs },
    responseTimeoutMs,
  };
}

function serialLink(slave: LegacyObject, target: string, responseTimeoutMs: number): LegacyLink | undefined {
  const path = /^tty\w+$/.test(target) ? `/dev/${target}` : target;
  const line = lineOf(slave);
  if (line === undefined) return undefined;
  return {
    identity: `serial ${path}`,
    title: path.split("/").at(-1) ?? path,
    keys: { transport: "serial", path, line, responseTimeoutMs },
    responseTimeoutMs,
  };
}

const PARITIES: ReadonlyMap<string, string> = new Map([
  ["none", "N"],
  ["0", "N"],
  ["odd", "O"],
  ["1", "O"],
  ["even", "E"],
  ["2", "E"],
]);
const STOP_BITS: ReadonlyMap<string, string> = new Map([
  ["1", "1"],
  ["one", "1"],
  ["2", "2"],
  ["two", "2"],
]);

function lineOf(slave: LegacyObject): string | undefined {
  if (!slave.has("BaudRate")) {
    return slave.fault("BaudRate", '"BaudRate" is missing: a wrong guess would be a dead line');
  }
  const baud = slave.whole("BaudRate", "a baud rate", { least: 50, most: 4_000_000 });
  const data = slave.whole("DataBits", "a number of data bits", { least: 7, most: 8 }) ?? 8;
  const parity = wordOf(slave, "Parity", PARITIES, "NONE, ODD or EVEN") ?? "N";
  const stop = wordOf(slave, "StopBits", STOP_BITS, "1 or 2") ?? "1";
  return baud === undefined ? undefined : `${baud} ${data}${parity}${stop}`;
}

function wordOf(
  slave: LegacyObject,
  key: string,
  words: ReadonlyMap<string, string>,
  expected: string,
): string | undefined {
  const text = slave.text(key)?.trim();
  if (text === undefined) return undefined;
  return words.get(text.toLowerCase()) ?? slave.fault(key, `${show(text)} does not fit: ${expected}`);
}
