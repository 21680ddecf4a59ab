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
import { checkOf, type Held, heldValue, patient, readBack } from "./writeReadBack";
import type { Obstacle, StepSource } from "./writeSource";
import { otherScale, refusalOf, unreadBefore, unverified, type Verdict, verdictOf } from "./writeVerdict";

/** Values on their way to a device. */
export interface WriteJob {
  readonly lane: Pick<ConnectionRunner, "command">;
  readonly device: DeviceConfig;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly steps: StepSource;
  /** Why it may not be written any more: asked again before each request, for turns on the bus take time. */
  obstacle(): Obstacle | undefined;
  /** `minWriteIntervalMs`. Absent: none of the points has one. */
  readonly intervals?: StepIntervals;
  /** Another value follows soon: what came of one whose answer was lost is not worth asking. */
  readonly isPassing?: true;
  /** What was read back. */
  onHeld(held: readonly Held[]): void;
}

/** When points may be written again. */
export interface StepIntervals {
  /** How long until all points of the step may be written, ms. */
  restMs(step: WriteStep): number;
  /** It is being sent. The function takes that back, for one that was not sent after all. */
  sending(step: WriteStep): () => void;
}

/** What became of a job. Steps that were not begun have no results, and `stopped` says why, where it is known. */
export interface WriteRun {
  readonly results: Map<string, WriteResult>;
  readonly stopped: Obstacle | undefined;
}

/** A step that may have reached the device. */
interface Sent {
  readonly step: WriteStep;
  readonly startedAt: number;
  /** Why the answer was not one that confirms. */
  readonly lost: ModbusFailure | undefined;
}

/**
 * Carries the steps out, in order, each at most once and each read back before the next; stops at the first that
 * fails. A lost answer is never met by sending again: what the device holds decides. All in one turn on the bus, but
 * for the rests that `verifyDelayMs` and `minWriteIntervalMs` ask for: during these the connection serves others.
 */
export async function carryOut(job: WriteJob): Promise<WriteRun> {
  // What has been sent is looked after even when the caller's time is over, but not for ever: an answer is awaited.
  const care = delayedSignal(job.clock, job.signal, CARE_MS);
  const run = new StepRun(job, care.signal);
  let restMs: number | undefined = 0;
  while (restMs !== undefined) {
    if (restMs > 0 && (await wait(job.clock, restMs, job.signal)) === "aborted") run.timeIsOver();
    const signal = run.isWaiting ? care.signal : job.signal;
    restMs = await job.lane.command((bus) => run.turn(bus), signal, job.device.unitId);
  }
  run.giveUpReading(care.signal.aborted ? TIME_OVER : "the connection was closed");
  care.done();
  return run;
}

/** With the 25 s that a method may take at most this stays inside the 30 s that IoT Central waits. */
const CARE_MS = 4000;
const TIME_OVER = "the time was over before it was due";
/** `minWriteIntervalMs` asks for more rest than the caller has time for. */
export const TOO_SOON: Obstacle = { status: 409, reason: "its minWriteIntervalMs was not over in time" };

class StepRun implements WriteRun {
  readonly results = new Map<string, WriteResult>();
  stopped: Obstacle | undefined;
  #sent: Sent | undefined;

  constructor(
    private readonly job: WriteJob,
    private readonly care: AbortSignal,
  ) {}

  /** Something has been sent and not been read back. */
  get isWaiting(): boolean {
    return this.#sent !== undefined;
  }

  /** Until a rest is needed (its length in ms) or everything is done (`undefined`). */
  async turn(bus: Transactor): Promise<number | undefined> {
    this.job.steps.newTurn();
    for (;;) {
      if (this.#sent !== undefined && !(await this.#verify(bus, this.#sent))) return undefined;
      const step = await this.#next(bus);
      if (step === undefined) return undefined;
      const early = this.job.intervals?.restMs(step) ?? 0;
      if (early > 0) return early;
      this.#sent = await this.#send(bus, step);
      if (this.#sent === undefined) return undefined;
      const restMs = Math.max(...step.writes.map((write) => restOf(write)));
      if (restMs > 0) return restMs;
    }
  }

  /** In the middle of a rest. */
  timeIsOver(): void {
    if (this.#sent === undefined) this.stopped ??= TOO_SOON;
    else this.giveUpReading(TIME_OVER);
  }

  /** What was sent stays as it was answered, and nothing else is sent. */
  giveUpReading(why: string): void {
    const sent = this.#sent;
    this.#sent = undefined;
    if (sent === undefined) return;
    this.stopped ??= { status: 504, reason: why };
    for (const write of sent.step.writes) this.#settle(sent, write, unverified(sent.lost, why));
  }

  async #next(bus: Transactor): Promise<WriteStep | undefined> {
    if (this.#isStopped()) return undefined;
    const next = await this.job.steps.next(bus);
    if (!next.ok) this.stopped ??= next.error;
    return next.ok ? next.value : undefined;
  }

  #isStopped(): boolean {
    this.stopped ??= this.job.obstacle();
    return this.stopped !== undefined || this.job.signal.aborted;
  }

  async #send(bus: Transactor, step: WriteStep): Promise<Sent | undefined> {
    const { device, clock, signal, steps, intervals } = this.job;
    const startedAt = clock.monotonic();
    const request = await requestOf(bus, this.job, step);
    if (!request.ok) return this.#refuse({ step, startedAt }, unreadBefore(request.error));
    // Asked again: reading what the values are scaled by, or what stands around them, takes time.
    if (this.#isStopped()) return undefined;
    steps.sent();
    const takeBack = intervals?.sending(step);
    const isStillWanted = (): boolean => this.job.obstacle() === undefined;
    const answer = await bus.transact(device.unitId, request.value, { ...optionsFor(device, signal), isStillWanted });
    if (answer.ok) return { step, startedAt, lost: undefined };
    const refusal = refusalOf(answer.error);
    if (refusal === undefined) return { step, startedAt, lost: answer.error };
    if (refusal.attempts === 0) takeBack?.();
    // Withdrawn while the request waited: that is the reason, and there is no result.
    if (refusal.attempts === 0 && this.#isStopped() && this.stopped !== undefined) return undefined;
    return this.#refuse({ step, startedAt }, refusal);
  }

  #refuse(sent: Omit<Sent, "lost">, verdict: Verdict): undefined {
    for (const write of sent.step.writes) this.#settle(sent, write, verdict);
  }

  /** False where the rest is not to be carried out. */
  async #verify(bus: Transactor, sent: Sent): Promise<boolean> {
    const { step, lost } = sent;
    if (this.job.isPassing && lost !== undefined) {
      this.giveUpReading("the next value follows");
      return false;
    }
    const again = patient(bus, this.job.clock, this.care, lost?.kind === "lost");
    const writes = await this.job.steps.asOfNow(again, step, this.care);
    this.#sent = undefined;
    if (!writes.ok) {
      const verdict = otherScale(lost, writes.error);
      for (const write of step.writes) this.#settle(sent, write, verdict);
      return verdict.status === 200;
    }
    const checks = writes.value.map((write) => checkOf(write, lost !== undefined, this.job.device));
    const held = await readBack({ ...this.job, bus: again, signal: this.care }, checks);
    const seen: Held[] = [];
    let good = true;
    for (const [i, write] of writes.value.entries()) {
      const one = held[i];
      if (one?.ok) seen.push(one.value);
      const verdict = verdictOf(lost, one, write.check === undefined && write.point.access === "write");
      good = good && verdict.status === 200;
      this.#settle(sent, write, verdict, one?.ok ? one.value : undefined);
    }
    this.job.onHeld(seen);
    return good;
  }

  #settle({ startedAt }: Omit<Sent, "lost">, { point, value }: PlannedWrite, verdict: Verdict, held?: Held): void {
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
