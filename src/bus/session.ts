import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { LinkOpener } from "./link";
import { LinkSession } from "./linkSession";
import type { RtuSuspects } from "./rtuSuspects";
import type { Transactor } from "./transactor";

/**
 * `connecting`: the first attempt is under way. `open`: requests can be sent. `closed`: the last attempt failed, the
 * connection was lost, or the session was closed; unless closed it goes on trying.
 */
export type SessionState = "connecting" | "open" | "closed";

export interface SessionPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly openLink: LinkOpener;
  /**
   * Called on every change, and with `open` again when a link that the other end dropped while it was idle has been
   * opened anew; `reason` is for people, empty while connecting and when open.
   */
  onState(state: SessionState, reason: string): void;
  /** What earlier sessions to the same place have left unanswered. Default: nothing. */
  readonly suspects?: RtuSuspects | undefined;
  /** Numbers in [0, 1) for jitter and the first transaction id. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A connection that keeps itself open. While it is not, `transact` fails at once (`offline`, with the reason). */
export interface Session extends Transactor {
  readonly state: SessionState;
  /** Why it is not open, for people; empty when it is. */
  readonly reason: string;
  /** Links opened so far. */
  readonly opens: number;
  /** Waits until it is open: `true`; `false` when the signal aborts or the session is closed first. */
  whenOpen(signal: AbortSignal): Promise<boolean>;
  /** Fails what is under way and closes the link. Memoised; never rejects. */
  close(): Promise<void>;
}

export function createSession(connection: ConnectionConfig, ports: SessionPorts): Session {
  return new LinkSession(connection, ports);
}
