import { frameGapMs } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import type { RtuSuspects } from "./rtuSuspects";

/** A late answer must have this much time at least to pass before the same unit is asked again. */
const MIN_HOLD_OFF_MS = 100;
const LONG_AGO_MS = -86_400_000;

/** How long an answer that did not come within `timeoutMs` may still come: a quarter of that, at least 100 ms. */
export function holdOffMs(timeoutMs: number): number {
  return Math.max(timeoutMs / 4, MIN_HOLD_OFF_MS);
}

/** When the next frame may be sent on a serial line: silence, rests, and hold-offs after answers that did not come. */
export class LineQuiet {
  private readonly gapMs: number;
  /** The last character on the line, ours or another's. */
  private lastCharacter: MonotonicMs;
  /** The end of the last transaction. */
  private lastEnd: MonotonicMs;
  /** Nobody is to be asked before (turn-around after a broadcast). */
  private lineHeldUntil: MonotonicMs;

  constructor(
    private readonly clock: Pick<Clock, "monotonic">,
    private readonly suspects: Pick<RtuSuspects, "heldUntil">,
    baudRate: number,
  ) {
    this.gapMs = frameGapMs(baudRate);
    // What the line did before we came is unknown: t3.5 counts from here.
    this.lastCharacter = clock.monotonic();
    this.lastEnd = later(this.lastCharacter, LONG_AGO_MS);
    this.lineHeldUntil = this.lastEnd;
  }

  /** Characters came in, or our own will have left at `at`. */
  busy(at: MonotonicMs = this.clock.monotonic()): void {
    if (at > this.lastCharacter) this.lastCharacter = at;
  }

  transactionEnded(): void {
    this.lastEnd = this.clock.monotonic();
  }

  holdLine(forMs: number): void {
    this.lineHeldUntil = later(this.clock.monotonic(), forMs);
  }

  /** The instant from which this unit may be asked, `restMs` after the last transaction at the earliest. */
  freeAt(unitId: number, restMs: number): MonotonicMs {
    const held = this.suspects.heldUntil(unitId) ?? this.lineHeldUntil;
    const silent = later(this.lastCharacter, this.gapMs);
    const rested = later(this.lastEnd, restMs);
    // Times are compared as numbers; `later` gives the brand back.
    return later(held, Math.max(0, silent - held, rested - held, this.lineHeldUntil - held));
  }
}
