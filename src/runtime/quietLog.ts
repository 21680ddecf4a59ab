import type { LogLevel } from "../core/config/gatewayConfig";
import type { Clock, Timer } from "../kernel/clock";
import type { ProcessLog } from "./log";

/** Lines of one text that are written in a minute; what comes beyond is counted. */
const MOST_EQUAL = 5;
const MINUTE_MS = 60_000;
/** Texts that are watched at the same time; others pass. */
const MOST_TEXTS = 500;

type Details = Readonly<Record<string, unknown>>;

/** One text in the minute that runs. */
interface Burst {
  readonly level: "error" | "warn" | "info";
  readonly text: string;
  written: number;
  hidden: number;
  /** Of the last one that was not written. */
  details: Details | undefined;
}

/** A log that says how often something was repeated, instead of repeating it. `close` says what is still to be said. */
export interface QuietLog extends ProcessLog {
  close(): void;
}

/**
 * Five lines of one text pass in a minute, then a line each minute says how many there were, until there are no more.
 * Equal is the text; details may differ. `debug` is not held back: who switches it on wants to see it all.
 */
export function quietLog(log: ProcessLog, clock: Pick<Clock, "setTimer">): QuietLog {
  const bursts = new Map<string, Burst>();
  let timer: Timer | undefined;

  function pass(level: Burst["level"], text: string, details: Details | undefined): void {
    const key = `${level} ${text}`;
    const burst = bursts.get(key) ?? { level, text, written: 0, hidden: 0, details: undefined };
    if (burst.written === 0 && burst.hidden === 0 && bursts.size < MOST_TEXTS) bursts.set(key, burst);
    if (burst.written >= MOST_EQUAL) {
      burst.hidden += 1;
      burst.details = details;
    } else {
      burst.written += 1;
      log[level](text, details);
    }
    timer ??= clock.setTimer(MINUTE_MS, turn);
  }

  function turn(): void {
    timer = undefined;
    for (const [key, burst] of bursts) {
      if (burst.hidden === 0) bursts.delete(key);
      else tell(burst);
    }
    if (bursts.size > 0) timer = clock.setTimer(MINUTE_MS, turn);
  }

  function tell(burst: Burst): void {
    log[burst.level](`${burst.text} (${burst.hidden} times more in the last minute)`, burst.details);
    burst.hidden = 0;
    burst.details = undefined;
  }

  const at = (level: Burst["level"]) => (text: string, details?: Details) => pass(level, text, details);
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: (text, details) => log.debug(text, details),
    setLevel: (level: LogLevel) => log.setLevel(level),
    close() {
      timer?.cancel();
      for (const burst of bursts.values()) if (burst.hidden > 0) tell(burst);
      bursts.clear();
    },
  };
}
