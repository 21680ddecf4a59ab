import type { Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import { type PlannedWrite, writeRequest } from "../core/planning/writePlan";
import type { PointValue } from "../core/points/point";
import { decodePoint, type PointData, sameRaw } from "../core/points/transform";
import type { Sample } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import { optionsFor, plannedRead } from "./cycle";
import type { WriteResult } from "./deviceAccess";

/** After the connection was lost under a write, the read-back waits this long for it to come back. */
const REOPEN_MS = 5000;
const REOPEN_POLL_MS = 250;

/** Turn of one write on the bus: nothing else uses the connection until it settles. */
export interface WriteTurn {
  readonly bus: Transactor;
  readonly device: DeviceConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What the device held afterwards, as a value and as it stood in the registers. */
interface ReadBack {
  readonly same: boolean;
  readonly sample: Sample;
}

export interface Written {
  readonly result: WriteResult;
  /** What was read back: enters telemetry. */
  readonly sample?: Sample;
}

type Verdict = Pick<WriteResult, "outcome" | "status"> & { readonly reason?: string };

/**
 * Writes one value, at most once, and reads it back before anything else happens on the connection. A lost answer is
 * never met by sending again: what the device holds decides.
 */
export async function writeOnce(turn: WriteTurn, write: PlannedWrite): Promise<Written> {
  const { bus, device, clock, signal } = turn;
  const start = clock.monotonic();
  const done = (verdict: Verdict, attempts: 0 | 1, readBack?: ReadBack): Written => {
    const value = readBack === undefined ? undefined : knownValue(readBack.sample);
    const result = { ...verdict, requested: write.value, attempts, ms: clock.monotonic() - start };
    return {
      result: value === undefined ? result : { ...result, readBack: value },
      ...(readBack === undefined ? {} : { sample: readBack.sample }),
    };
  };
  const answer = await bus.transact(device.unitId, writeRequest(write), optionsFor(device, signal));
  if (!answer.ok && wasNotSent(answer.error)) return done(refused(answer.error, 504), 0);
  if (!answer.ok && isRefusal(answer.error)) return done(refused(answer.error, 502), 1);
  if (answer.ok && write.point.write?.verify === "echo") return done({ outcome: "acknowledged", status: 200 }, 1);
  const lost = answer.ok ? undefined : answer.error;
  const held = await readBack(turn, write, lost);
  if (!held.ok) return done(unverified(lost, held.error), 1);
  return done(held.value.same ? { outcome: "verified", status: 200 } : mismatch(lost), 1, held.value);
}

/** A write that never began. */
export function notWritten(write: Pick<PlannedWrite, "value">, reason: string, status: number): WriteResult {
  return { outcome: "refused", requested: write.value, attempts: 0, ms: 0, status, reason };
}

function wasNotSent({ kind }: ModbusFailure): boolean {
  return kind === "argument" || kind === "offline";
}

/** Exception 5 (acknowledge) means accepted, still at work: what the device holds decides, as after a lost answer. */
function isRefusal(failure: ModbusFailure): boolean {
  return failure.kind === "exception" && failure.code !== 5;
}

function refused(failure: ModbusFailure, status: number): Verdict {
  return { outcome: "refused", status, reason: failure.detail };
}

function mismatch(lost: ModbusFailure | undefined): Verdict {
  const reason =
    lost === undefined
      ? "the device acknowledged the write but holds another value"
      : `the write was not confirmed (${lost.detail}) and the device holds another value`;
  return { outcome: "mismatch", status: 502, reason };
}

/** The device said yes, or nobody knows: either way it could not be asked what it holds. */
function unverified(lost: ModbusFailure | undefined, failure: ModbusFailure): Verdict {
  if (lost === undefined || lost.kind === "exception") {
    return { outcome: "acknowledged", status: 200, reason: `not read back: ${failure.detail}` };
  }
  const reason = `the write was not confirmed (${lost.detail}) and could not be read back (${failure.detail})`;
  return { outcome: "unknown", status: 504, reason };
}

function knownValue({ reading }: Sample): PointValue | undefined {
  return "value" in reading ? reading.value : undefined;
}

/** Not under the caller's signal: once something may have been written, what came of it is worth knowing. */
async function readBack(
  { bus, device, clock }: WriteTurn,
  { point, encoded }: PlannedWrite,
  lost: ModbusFailure | undefined,
): Promise<Result<ReadBack, ModbusFailure>> {
  const { table, address, count } = point;
  const { request } = plannedRead({ table, first: address, count, points: [point] });
  const waitsUntil = clock.monotonic() + (lost?.kind === "lost" ? REOPEN_MS : 0);
  for (;;) {
    const answer = await bus.transact(device.unitId, request, optionsFor(device));
    if (answer.ok) {
      const { response, at } = answer.value;
      const raw: PointData = "bits" in response ? response.bits : response.registers;
      return ok({ same: sameRaw(encoded, raw), sample: { point, at, reading: decodePoint(point, raw, 0) } });
    }
    if (answer.error.kind !== "offline" || clock.monotonic() >= waitsUntil) return err(answer.error);
    await wait(clock, REOPEN_POLL_MS, NEVER);
  }
}

const NEVER = new AbortController().signal;
