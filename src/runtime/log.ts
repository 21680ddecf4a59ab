import pino from "pino";
import type { LogLevel } from "../core/config/gatewayConfig";
import type { Log } from "../kernel/log";
import { withoutSecrets } from "./secrets";

/** `line`: what IoT Edge tools read; `json`: pino's own; `pretty`: for a terminal. */
export type LogFormat = "line" | "json" | "pretty";

/** The log of the process. The level may change while it runs (`module.logLevel`). */
export interface ProcessLog extends Log {
  setLevel(level: LogLevel): void;
}

/** Syslog priorities, as edgeAgent's log filter reads them (edge runtime page, "Log line"). */
const PRIORITY: Readonly<Record<number, readonly [number, string]>> = {
  20: [7, "DBG"],
  30: [6, "INF"],
  40: [4, "WRN"],
  50: [3, "ERR"],
};
const COLOURS: Readonly<Record<string, string>> = { DBG: "\u001b[2m", INF: "", WRN: "\u001b[33m", ERR: "\u001b[31m" };

/** Writes one line an event to `write` (each ends in a newline). */
export function createLog(options: { format: LogFormat; level: LogLevel; write(line: string): void }): ProcessLog {
  const destination = {
    write: (line: string) =>
      options.write(withoutSecrets(options.format === "json" ? line : render(line, options.format))),
  };
  const logger = pino({ level: options.level, base: null, timestamp: pino.stdTimeFunctions.epochTime }, destination);
  const at = (level: LogLevel) => (text: string, details?: Readonly<Record<string, unknown>>) => {
    if (details === undefined) logger[level](text);
    else logger[level](plain(details), text);
  };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    setLevel: (level) => {
      logger.level = level;
    },
  };
}

/** `RuntimeLogLevel` of IoT Edge (fatal … verbose, any case) as a level of ours; an unknown word means info. */
export function parseLogLevel(text: string | undefined): LogLevel {
  switch ((text ?? "").toLowerCase()) {
    case "fatal":
    case "error":
      return "error";
    case "warn":
    case "warning":
      return "warn";
    case "debug":
    case "verbose":
    case "trace":
      return "debug";
    default:
      return "info";
  }
}

/** Names that pino's line uses itself: a detail of that name would take the place of the event's own. */
const RESERVED = new Set(["level", "time", "msg"]);

/** Details as JSON can carry them: a 64-bit integer with every digit, an error as its text. */
function plain(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(details).map(([name, value]) => [
    RESERVED.has(name) ? `${name}_` : name,
    shown(value),
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function shown(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  return value instanceof Error ? (value.stack ?? String(value)) : value;
}

function render(line: string, format: "line" | "pretty"): string {
  const { level, time, msg, ...details } = JSON.parse(line) as { level: number; time: number; msg?: string };
  const [priority, name] = PRIORITY[level] ?? [6, "INF"];
  const stamp = new Date(time).toISOString();
  const more = Object.keys(details).length === 0 ? "" : ` ${JSON.stringify(details)}`;
  // A line break inside an event would make two events of it; other control characters play with the terminal.
  const text = (msg ?? "").replaceAll(/\s*[\p{Cc}\u2028\u2029]+\s*/gu, " ");
  if (format === "pretty") {
    const colour = COLOURS[name] ?? "";
    return `${stamp.slice(11, 23)} ${colour}${name} ${text}${colour === "" ? "" : "\u001b[0m"}\u001b[2m${more}\u001b[0m\n`;
  }
  return `<${priority}> ${stamp.slice(0, 10)} ${stamp.slice(11, 23)} +00:00 [${name}] - ${text}${more}\n`;
}
