import { refuseUnlessInteger } from "../core/modbus/argument";
import { failure, type ModbusFailure, unsent } from "../core/modbus/failure";
import { encodeRequest, isBroadcastable, type ModbusRequest } from "../core/modbus/pdu";
import { err, type Result } from "../kernel/result";
import { monotonicMs } from "../kernel/units";
import type { Abortable, AbortWatch } from "./abortWatch";
import { tellSoon } from "./telling";
import type { Outcome, OutcomeSink, TransactOptions } from "./transactor";

/** What the connection says where a call does not. */
export interface CallDefaults {
  readonly responseTimeoutMs: number;
  readonly requestGapMs: number;
}

/** Of a call that is refused before it is sent. */
export const NO_PDU = new Uint8Array(0);

const UNSENT = monotonicMs(Number.NEGATIVE_INFINITY);

/** One request from its acceptance to its only outcome. */
export class Call implements Abortable {
  /** When it was sent, and when its answer must be there; set by who sends it. */
  sentAt = UNSENT;
  dueAt = UNSENT;
  /** On MODBUS/TCP: what its answer will say. */
  transactionId = 0;
  private done = false;
  private outcome: Outcome | undefined;
  private wake: (() => void) | undefined;
  private watched: Set<Abortable> | undefined;
  /** False from when on nobody wants it any more: see `TransactOptions`. */
  isStillWanted: (() => boolean) | undefined;
  /** An answer of another unit is taken too. */
  lenientUnitId = false;

  constructor(
    readonly unitId: number,
    readonly request: ModbusRequest,
    /** Whoever has sent it, and will not again, may take it out: it is not to be kept until the answer is there. */
    public pdu: Uint8Array,
    readonly timeoutMs: number,
    readonly gapMs: number,
    private readonly sink: OutcomeSink,
  ) {}

  get settled(): boolean {
    return this.done;
  }

  /** Ended by this signal, while it is not settled. */
  endWith(signal: AbortSignal, watch: AbortWatch): void {
    this.watched = watch.add(signal, this);
  }

  /** The first outcome counts; whatever comes after it is dropped. */
  settle(outcome: Outcome): void {
    if (this.done) return;
    this.done = true;
    this.watched?.delete(this);
    this.outcome = outcome;
    tellSoon(this);
    this.wake?.();
  }

  /** Hands the outcome over: see `telling.ts`. */
  tell(): void {
    if (this.outcome !== undefined) this.sink.settled(this.outcome);
  }

  fail(reason: ModbusFailure): void {
    this.settle(err(reason));
  }

  abort(): void {
    const reason = failure("aborted", "given up by the caller");
    this.fail(this.sentAt === UNSENT ? unsent(reason) : reason);
  }

  /** Who is to know at once that the call has been settled (one listener). */
  onSettled(wake: () => void): void {
    this.wake = wake;
  }
}

/** What must hold before a request may wait for its turn. Everything outside its range is refused here. */
export function admit(
  unitId: number,
  request: ModbusRequest,
  options: TransactOptions | undefined,
  medium: "network" | "serial",
): Result<Uint8Array, ModbusFailure> {
  const wrong =
    refuseUnit(unitId, request, medium) ??
    refuseDuration("timeoutMs", options?.timeoutMs) ??
    refuseDuration("gapMs", options?.gapMs);
  if (wrong !== undefined) return err(wrong);
  if (options?.signal?.aborted === true) return err(unsent(failure("aborted", "given up by the caller")));
  return encodeRequest(request);
}

function refuseUnit(unitId: number, request: ModbusRequest, medium: "network" | "serial"): ModbusFailure | undefined {
  if (medium === "network") return refuseUnlessInteger("unit id", unitId, 0, 255) ?? refuseSerialOnly(request);
  const wrong = refuseUnlessInteger("unit id on a serial line", unitId, 0, 247);
  if (wrong !== undefined || unitId !== 0 || isBroadcastable(request)) return wrong;
  return failure("argument", "unit id 0 on a serial line is broadcast: nobody answers, so nothing can be read");
}

function refuseSerialOnly(request: ModbusRequest): ModbusFailure | undefined {
  if (request.kind !== "diagnostics") return undefined;
  return failure("argument", "diagnostics (function 8) exists on serial lines only, not on MODBUS/TCP");
}

function refuseDuration(name: string, value: number | undefined): ModbusFailure | undefined {
  return value === undefined ? undefined : refuseUnlessInteger(name, value, 0, 86_400_000);
}

/** Calls that wait for their turn, in order of arrival. Bounded: more are refused and counted. */
export class CallQueue {
  private readonly calls: Call[] = [];
  private refusedCount = 0;

  constructor(private readonly limit: number) {}

  get refused(): number {
    return this.refusedCount;
  }

  get isEmpty(): boolean {
    return this.calls.length === 0;
  }

  /** Takes the call in, or fails it: too many wait already. */
  push(call: Call): void {
    if (this.calls.length >= this.limit) this.dropSettled();
    if (this.calls.length < this.limit) {
      this.calls.push(call);
      return;
    }
    this.refusedCount++;
    call.fail(unsent(failure("aborted", `not sent: ${this.limit} requests wait for this connection already`)));
  }

  /** The next call that still wants an answer. It stays at the head until `shift`. */
  peek(): Call | undefined {
    for (let head = this.calls[0]; head !== undefined; head = this.calls[0]) {
      if (!head.settled) return head;
      this.calls.shift();
    }
    return undefined;
  }

  shift(): Call | undefined {
    const head = this.peek();
    if (head !== undefined) this.calls.shift();
    return head;
  }

  /**
   * The first call of those whose unit has to wait least, by `heldMs` (0: not at all). Calls of a unit stay in order, and
   * those behind a broadcast, which is for all units, behind it.
   */
  shiftLeastHeld(rests: { heldMs(unitId: number): number }): Call | undefined {
    const head = this.peek();
    if (head === undefined) return undefined;
    let least = rests.heldMs(head.unitId);
    let at = 0;
    for (let index = 1; least > 0 && index < this.calls.length; index++) {
      const call = this.calls[index] as Call;
      if (head.unitId === 0 || call.unitId === 0) break;
      const held = call.settled ? least : rests.heldMs(call.unitId);
      if (held >= least) continue;
      least = held;
      at = index;
    }
    return this.calls.splice(at, 1)[0];
  }

  /** A call that was taken out gives way: it is the first again. */
  putBack(call: Call): void {
    this.calls.unshift(call);
  }

  failAll(reason: ModbusFailure): void {
    for (const call of this.calls.splice(0)) call.fail(unsent(reason));
  }

  private dropSettled(): void {
    const waiting = this.calls.filter((call) => !call.settled);
    this.calls.splice(0, this.calls.length, ...waiting);
  }
}
