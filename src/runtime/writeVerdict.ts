import { type ModbusFailure, wasNotSent } from "../core/modbus/failure";
import type { PlannedWrite } from "../core/planning/writePlan";
import type { Result } from "../kernel/result";
import type { WriteResult } from "./deviceAccess";
import type { Held } from "./writeReadBack";
import type { Obstacle } from "./writeSource";

/** What came of a value, without what it was. */
export type Verdict = Pick<WriteResult, "outcome" | "status" | "attempts"> & { readonly reason?: string };

/** A write that never began. */
export function notWritten(write: Pick<PlannedWrite, "value">, reason: string, status: number): WriteResult {
  return { outcome: "refused", requested: write.value, attempts: 0, ms: 0, status, reason };
}

/**
 * Exceptions that do not say that nothing was done: the device failed while it was at it (4), it has accepted and is
 * still at work (5), it did not answer the gateway that had asked it (11). What it holds decides, as after a lost answer.
 */
const UNDECIDED: readonly number[] = [4, 5, 11];

/** The device has refused, or nothing was sent: there is nothing to look for. */
export function refusalOf(failure: ModbusFailure): Verdict | undefined {
  if (wasNotSent(failure)) return { outcome: "refused", status: 504, attempts: 0, reason: failure.detail };
  if (failure.kind !== "exception" || UNDECIDED.includes(failure.code)) return undefined;
  return { outcome: "refused", status: 502, attempts: 1, reason: failure.detail };
}

/** The register around a part could not be read. */
export function unreadBefore(failure: ModbusFailure): Verdict {
  const reason = `its register could not be read before changing a part of it (${failure.detail}); nothing was written`;
  return { outcome: "refused", status: failure.kind === "exception" ? 502 : 504, attempts: 0, reason };
}

/** `held` absent: the echo is enough, and there was one. `isBlind`: of a point that is not meant to be read. */
export function verdictOf(
  lost: ModbusFailure | undefined,
  held: Result<Held, ModbusFailure> | undefined,
  isBlind: boolean,
): Verdict {
  if (held === undefined) {
    return lost === undefined ? { outcome: "acknowledged", status: 200, attempts: 1 } : unverified(lost, NEVER_READ);
  }
  if (!held.ok) return unverified(lost, held.error.detail);
  if (held.value.same) return { outcome: "verified", status: 200, attempts: 1 };
  return isBlind && lost !== undefined ? unverified(lost, NEVER_READ) : mismatch(lost);
}

const NEVER_READ = 'what stands at a point with "access": "write" need not be what was written';

function mismatch(lost: ModbusFailure | undefined): Verdict {
  if (lost?.kind === "exception" && lost.code === 4) return failed(lost);
  const reason =
    lost === undefined
      ? "the device acknowledged the write but holds another value"
      : `the write was not confirmed (${lost.detail}) and the device holds another value`;
  return { outcome: "mismatch", status: 502, attempts: 1, reason };
}

/** What is written means something else now than when it was sent. */
export function otherScale(lost: ModbusFailure | undefined, { status, reason }: Obstacle): Verdict {
  // Not encodable by the scale that stands there now; otherwise the scale could not be read.
  if (status !== 422) return unverified(lost, reason);
  const text = `what it is scaled by has changed while it was written (${reason})`;
  return { outcome: "mismatch", status: 502, attempts: 1, reason: text };
}

function failed({ detail }: ModbusFailure): Verdict {
  return { outcome: "refused", status: 502, attempts: 1, reason: detail };
}

/** The device said yes, or nobody knows: either way it could not be asked what it holds. */
export function unverified(lost: ModbusFailure | undefined, why: string): Verdict {
  const isExpected = lost?.kind === "exception" && lost.code === 5;
  if (lost === undefined || isExpected) {
    return { outcome: "acknowledged", status: 200, attempts: 1, reason: `not read back: ${why}` };
  }
  const reason = `the write was not confirmed (${lost.detail}) and could not be read back (${why})`;
  return { outcome: "unknown", status: 504, attempts: 1, reason };
}
