import type { CharacterFormat } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import type { CallDefaults } from "./call";
import type { Link } from "./link";
import type { EndListener } from "./linkEnd";
import { MbapClient } from "./mbapClient";
import { RtuClient } from "./rtuClient";
import type { RtuSuspects } from "./rtuSuspects";
import type { TransactionIds } from "./transactionIds";
import type { Transactor } from "./transactor";

interface ClientCommon extends CallDefaults {
  /** Calls that may wait for their turn. */
  readonly queueLimit: number;
}

export interface MbapClientOptions extends ClientCommon {
  readonly framing: "mbap";
  readonly ids: TransactionIds;
  /** Requests that may be unanswered at the same time; 1 unless the server is known to bear more. */
  readonly maxInFlight: number;
}

export interface RtuClientOptions extends ClientCommon {
  readonly framing: "rtu" | "ascii";
  /** Absent: the frames go over a network. */
  readonly line?: CharacterFormat;
  /** The line gives back what is sent. */
  readonly echo?: boolean;
  /** What the links before this one left unanswered; absent: nothing. */
  readonly suspects?: RtuSuspects;
}

export type ClientOptions = MbapClientOptions | RtuClientOptions;

/** What a client saw since it was made; only grows. */
export interface ClientCounters {
  readonly sent: number;
  /** Frames (mbap) or bytes (rtu) that answered nothing. */
  readonly ignored: number;
  /** Answers that were refused since they did not fit the request. */
  readonly mismatches: number;
  /** Calls refused since too many were waiting. */
  readonly refused: number;
}

/**
 * Modbus transactions on one open link. It lives as long as the link: when that is lost, by the peer or since its
 * stream could no longer be trusted, every call fails and who listens is told.
 */
export interface Client extends Transactor {
  readonly counters: ClientCounters;
  /** Why nothing can be sent any more, for people; undefined while it can. */
  readonly ended: string | undefined;
  /** Tells the listener, there is one, when the link is gone: soon, where it is already. */
  onClosed(listener: EndListener): void;
  /** Resolves with the reason when the link is gone. */
  readonly closed: Promise<string>;
  /** Fails what is under way (`aborted`) and closes the link. Memoised; never rejects. */
  close(): Promise<void>;
}

export function createClient(link: Link, options: ClientOptions, clock: Clock): Client {
  return options.framing === "mbap" ? new MbapClient(link, options, clock) : new RtuClient(link, options, clock);
}
