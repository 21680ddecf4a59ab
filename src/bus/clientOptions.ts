import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { ClientOptions } from "./client";
import { RtuSuspects } from "./rtuSuspects";
import { createTransactionIds } from "./transactionIds";

/** Calls that may wait on one connection. */
export const QUEUE_LIMIT = 512;

/** What outlives the links of a session. */
export interface SessionMemory {
  /** What earlier sessions to the same place have left unanswered. Absent: nothing. */
  readonly suspects?: RtuSuspects | undefined;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly clock: Clock;
}

/**
 * Options of the clients of a connection, one after another: the same for all of them, since ids and suspects go on from
 * one to the next. Written out rather than spread, as they are kept a thousand times over.
 */
export function clientOptions(connection: ConnectionConfig, memory: SessionMemory): ClientOptions {
  const { responseTimeoutMs, requestGapMs, framing } = connection;
  const queueLimit = QUEUE_LIMIT;
  if (framing === "mbap") {
    const { maxInFlight = 1 } = connection;
    const ids = createTransactionIds(memory.random);
    return { responseTimeoutMs, requestGapMs, queueLimit, framing, ids, maxInFlight };
  }
  const suspects = memory.suspects ?? new RtuSuspects(memory.clock);
  if (connection.transport !== "serial") return { responseTimeoutMs, requestGapMs, queueLimit, framing, suspects };
  const { framing: ofLine, line, echo = false } = connection;
  return { responseTimeoutMs, requestGapMs, queueLimit, framing: ofLine, line, echo, suspects };
}
