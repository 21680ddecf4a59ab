import type { Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import type { ModbusRequest } from "../core/modbus/pdu";
import type { PlannedWrite } from "../core/planning/writePlan";
import { modifyRequest, type WriteStep } from "../core/planning/writeSteps";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { delayedSignal, wait } from "../kernel/wait";
import type { ConnectionRunner } from "./connectionRunner";
import { optionsFor } from "./cycle";
import type { WriteResult } from "./deviceAccess";
import { checkOf, type Held, heldValue, readBack } from "./writeReadBack";

/** Values on their way to a device. */
export interface WriteJob {
  readonly lane: Pick<ConnectionRunner, "command">;
  readonly device: DeviceConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether it may still be written: asked before each request, for turns on the bus take time. */
  mayWrite(): boolean;
  /** What was read back. */
  onHeld(held: readonly Held[]): void;
}

/** A step that may have reached the device. */
interface Sent {
  readonly step: WriteStep;
  readonly startedAt: number;
  /** Why the answer was not one that confirms. */
  readonly lost: ModbusFailure | undefined;
}

type Verdict = Pick<WriteResult, "outcome" | "status" | "attempts"> & { readonly reason?: string };

/**
 * Carries the steps out, in order, each at most once and each read back before the next; stops at the first that
 * fails. A lost answer is never met by sending again: what the device holds decides. All in one turn on the bus, but
 * for the rest that a `verifyDelayMs` asks for: during that the connection serves others. Of steps that were not begun
 * there is no result.
 */
export async function carryOut(job: WriteJob, steps: readonly WriteStep[]): Promise<Map<string, WriteResult>> {
  const results = new Map<string, WriteResult>();
  // What has been sent is looked after even when the caller's time is over, but not for ever: an answer is awaited.
  const care = delayedSignal(job.clock, job.signal, CARE_MS);
  const run = new StepRun(job, care.signal, steps, results);
  let restMs: number | undefined = 0;
  while (restMs !== undefined) {
    if (restMs > 0 && (await wait(job.clock, restMs, job.signal)) === "aborted") run.giveUpReading(TIME_OVER);
    restMs = await job.lane.command((bus) => run.turn(bus), run.isWaiting ? care.signal : job.signal);
  }
  run.giveUpReading(care.signal.aborted ? TIME_OVER : "the connection was closed");
  care.done();
  return results;
}

/** With the 25 s that a method may take at most this stays inside the 30 s that IoT Central waits. */
const CARE_MS = 4000;
const TIME_OVER = "the time was over before it was due";

class StepRun {
  #at = 0;
  #sent: Sent | undefined;

  constructor(
    private readonly job: WriteJob,
    private readonly care: AbortSignal,
    private readonly steps: readonly WriteStep[],
    private readonly results: Map<string, WriteResult>,
  ) {}

  /** Something has been sent and not been read back. */
  get isWaiting(): boolean {
    return this.#sent !== undefined;
  }

  /** Until a rest is needed (its length in ms) or everything is done (`undefined`). */
  async turn(bus: Transactor): Promise<number | undefined> {
    for (;;) {
      if (this.#sent !== undefined && !(await this.#verify(bus, this.#sent))) return undefined;
      const step = this.steps[this.#at];
      if (step === undefined || this.job.signal.aborted || !this.job.mayWrite()) return undefined;
      this.#at += 1;
      this.#sent = await this.#send(bus, step);
      if (this.#sent === undefined) return undefined;
      const restMs = Math.max(...step.writes.map((write) => restOf(write)));
      if (restMs > 0) return restMs;
    }
  }

  /** What was sent stays as it was answered. */
  giveUpReading(why: string): void {
    const sent = this.#sent;
    this.#sent = undefined;
    if (sent === undefined) return;
    this.#at = this.steps.length;
    for (const write of sent.step.writes) this.#settle(sent, write, unverified(sent.lost, why));
  }

  async #send(bus: Transactor, step: WriteStep): Promise<Sent | undefined> {
    const { device, clock, signal } = this.job;
    const startedAt = clock.monotonic();
    const refuse = (verdict: Verdict): undefined => {
      for (const write of step.writes) this.#settle({ step, startedAt, lost: undefined }, write, verdict);
    };
    const request = await requestOf(bus, this.job, step);
    if (!request.ok) return refuse({ ...refused(request.error), attempts: 0, reason: unread(request.error) });
    const answer = await bus.transact(device.unitId, request.value, optionsFor(device, signal));
    if (answer.ok) return { step, startedAt, lost: undefined };
    if (wasNotSent(answer.error)) return refuse({ ...refused(answer.error), status: 504, attempts: 0 });
    if (isRefusal(answer.error)) return refuse(refused(answer.error));
    return { step, startedAt, lost: answer.error };
  }

  /** False where the rest is not to be carried out. */
  async #verify(bus: Transactor, sent: Sent): Promise<boolean> {
    const { step, lost } = sent;
    const checks = step.writes.map((write) => checkOf(write, lost !== undefined));
    const held = await readBack({ ...this.job, bus, signal: this.care }, checks, lost?.kind === "lost");
    this.#sent = undefined;
    const seen: Held[] = [];
    let good = true;
    for (const [i, write] of step.writes.entries()) {
      const one = held[i];
      if (one?.ok) seen.push(one.value);
      const verdict = verdictOf(lost, one);
      good = good && verdict.status === 200;
      this.#settle(sent, write, verdict, one?.ok ? one.value : undefined);
    }
    this.job.onHeld(seen);
    return good;
  }

  #settle({ startedAt }: Sent, { point, value }: PlannedWrite, verdict: Verdict, held?: Held): void {
    const readBackValue = held === undefined ? undefined : heldValue(held);
    this.results.set(point.name, {
      ...verdict,
      requested: value,
      ms: this.job.clock.monotonic() - startedAt,
      ...(readBackValue === undefined ? {} : { readBack: readBackValue }),
    });
  }
}

function restOf({ point, check }: PlannedWrite): number {
  return check === undefined ? 0 : (point.write?.verifyDelayMs ?? 0);
}

/** The request of a step; a part of a register is put into what stands around it now. */
async function requestOf(
  bus: Transactor,
  { device, signal }: WriteJob,
  step: WriteStep,
): Promise<Result<ModbusRequest, ModbusFailure>> {
  if (step.kind === "send") return ok(step.request);
  const { address, count } = step;
  const answer = await bus.transact(
    device.unitId,
    { kind: "readRegisters", table: "holding", address, count } as const,
    optionsFor(device, signal),
  );
  return answer.ok ? ok(modifyRequest(step, [...answer.value.response.registers])) : err(answer.error);
}

/** A write that never began. */
export function notWritten(write: Pick<PlannedWrite, "value">, reason: string, status: number): WriteResult {
  return { outcome: "refused", requested: write.value, attempts: 0, ms: 0, status, reason };
}

function wasNotSent({ kind }: ModbusFailure): boolean {
  return kind === "argument" || kind === "offline" || kind === "absent";
}

/** Exception 5 (acknowledge) means accepted, still at work: what the device holds decides, as after a lost answer. */
function isRefusal(failure: ModbusFailure): boolean {
  return failure.kind === "exception" && failure.code !== 5;
}

function refused(failure: ModbusFailure): Verdict {
  return {
    outcome: "refused",
    status: failure.kind === "exception" ? 502 : 504,
    attempts: 1,
    reason: failure.detail,
  };
}

function unread({ detail }: ModbusFailure): string {
  return `its register could not be read before changing a part of it (${detail}); nothing was written`;
}

/** `held` absent: the echo is enough, and there was one. */
function verdictOf(lost: ModbusFailure | undefined, held: Result<Held, ModbusFailure> | undefined): Verdict {
  if (held === undefined) return { outcome: "acknowledged", status: 200, attempts: 1 };
  if (!held.ok) return unverified(lost, held.error.detail);
  return held.value.same ? { outcome: "verified", status: 200, attempts: 1 } : mismatch(lost);
}

function mismatch(lost: ModbusFailure | undefined): Verdict {
  const reason =
    lost === undefined
      ? "the device acknowledged the write but holds another value"
      : `the write was not confirmed (${lost.detail}) and the device holds another value`;
  return { outcome: "mismatch", status: 502, attempts: 1, reason };
}

/** The device said yes, or nobody knows: either way it could not be asked what it holds. */
function unverified(lost: ModbusFailure | undefined, why: string): Verdict {
  if (lost === undefined || lost.kind === "exception") {
    return { outcome: "acknowledged", status: 200, attempts: 1, reason: `not read back: ${why}` };
  }
  const reason = `the write was not confirmed (${lost.detail}) and could not be read back (${why})`;
  return { outcome: "unknown", status: 504, attempts: 1, reason };
}
