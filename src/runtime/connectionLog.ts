import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { between, type MonotonicMs } from "../kernel/units";
import type { ConnectionState } from "./connectionRunner";

/** How long the same loss of a connection is news of level `debug` only. */
const SAME_MS = 10 * 60_000;

type Listener = (name: string, state: ConnectionState, reason: string) => void;

interface Told {
  readonly state: "open" | "closed";
  /** Of the last loss that was told; "" before the first. */
  readonly reason: string;
  readonly at: MonotonicMs;
}

/**
 * A line for each connection that is opened, lost or refused. What comes and goes for one reason (a server that takes
 * connections and never answers) is told every ten minutes; in between level `debug` shows it. One that stays down is
 * told at once even then: why it can't be opened is another reason than why it was lost.
 */
export function connectionLog(log: Log, clock: Pick<Clock, "monotonic">, next: Listener): Listener {
  const told = new Map<string, Told>();

  function tell(name: string, state: Told["state"], reason: string): void {
    const now = clock.monotonic();
    const last = told.get(name);
    const text = state === "open" ? `connection ${name} is open` : `connection ${name} is down: ${reason}`;
    const isKnown = state === "open" ? last?.state === "open" : isRecent(last, reason, now);
    if (isKnown) log.debug(text);
    else if (state === "open") log.info(text);
    else log.warn(text);
    if (isKnown) return;
    told.set(name, state === "open" ? { reason: "", at: now, ...last, state } : { state, reason, at: now });
  }

  return (name, state, reason) => {
    if (state !== "connecting") tell(name, state, reason);
    next(name, state, reason);
  };
}

function isRecent(last: Told | undefined, reason: string, now: MonotonicMs): boolean {
  return last?.reason === reason && between(last.at, now) < SAME_MS;
}
