import type { Clock, Timer } from "../../kernel/clock";
import { later, type MonotonicMs } from "../../kernel/units";
import { MAX_WAITING_BYTES } from "./byteStream";
import type { FaultDice } from "./faultDice";
import type { ReplyFraming } from "./reply";
import { type Ending, type Transmission, transmissionOf } from "./transmission";

export interface FaultLinePorts {
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly dice: FaultDice;
  readonly random: () => number;
  readonly framing: ReplyFraming;
  /** Bytes that come within this time of each other are one message; 0: what arrives in one piece. */
  readonly gatherMs: number;
}

export interface FaultLineEnd {
  write(bytes: Uint8Array): void;
  /** The source sends nothing more, and everything has been delivered. */
  ended(): void;
  fault(ending: Ending): void;
}

interface Due {
  readonly at: MonotonicMs;
  readonly size: number;
  run(): void;
}

/** One direction of a connection: messages in, pieces of them out, in order and at their time. */
export class FaultLine {
  private gathered: Uint8Array[] = [];
  private gathering: Timer | undefined;
  private readonly due: Due[] = [];
  private alarm: Timer | undefined;
  /** Held until the other direction speaks. */
  private readonly held: Uint8Array[] = [];
  private readonly stragglers = new Set<Timer>();
  private waitingBytes = 0;
  private stopped = false;
  /** Bytes dropped since too many waited. */
  droppedBytes = 0;

  constructor(
    private readonly ports: FaultLinePorts,
    private readonly out: FaultLineEnd,
  ) {}

  push(bytes: Uint8Array): void {
    if (this.stopped) return;
    if (this.waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.droppedBytes += bytes.length;
      return;
    }
    // The bytes may be kept only until the call returns.
    this.gathered.push(Uint8Array.from(bytes));
    this.waitingBytes += bytes.length;
    if (this.ports.gatherMs === 0) {
      this.flush();
      return;
    }
    this.gathering?.cancel();
    this.gathering = this.ports.clock.setTimer(this.ports.gatherMs, () => this.flush());
  }

  /** The source has sent its last byte. */
  end(): void {
    this.flush();
    this.schedule(this.lastAt(), 0, () => this.out.ended());
  }

  /** The other direction has spoken: what was held for this comes now, before anything newer. */
  release(): void {
    for (const bytes of this.held.splice(0)) this.deliver(bytes);
  }

  stop(): void {
    this.stopped = true;
    this.gathering?.cancel();
    this.alarm?.cancel();
    for (const timer of this.stragglers) timer.cancel();
    this.due.length = 0;
    this.held.length = 0;
  }

  private flush(): void {
    this.gathering?.cancel();
    const message = this.gathered.length === 1 ? this.gathered[0] : Buffer.concat(this.gathered);
    this.gathered = [];
    if (message === undefined || message.length === 0) return;
    this.waitingBytes -= message.length;
    const { dice, framing, random } = this.ports;
    this.transmit(transmissionOf(message, dice.next(), framing, random));
  }

  private transmit({ delayMs, pieces, later: stragglers, ending }: Transmission): void {
    let at = this.lastAt(delayMs);
    for (const { bytes, afterMs } of pieces) {
      at = later(at, afterMs);
      this.schedule(at, bytes.length, () => this.out.write(bytes));
    }
    for (const { bytes, afterMs } of stragglers) this.straggle(bytes, afterMs);
    if (ending !== undefined) this.schedule(at, 0, () => this.out.fault(ending));
  }

  private straggle(bytes: Uint8Array, afterMs: number | undefined): void {
    if (afterMs === undefined) {
      this.held.push(bytes);
      return;
    }
    const timer = this.ports.clock.setTimer(afterMs, () => {
      this.stragglers.delete(timer);
      this.deliver(bytes);
    });
    this.stragglers.add(timer);
  }

  private deliver(bytes: Uint8Array): void {
    if (!this.stopped) this.out.write(bytes);
  }

  /** The instant `delayMs` from now, but not before what is scheduled already. */
  private lastAt(delayMs = 0): MonotonicMs {
    const wanted = later(this.ports.clock.monotonic(), delayMs);
    const last = this.due.at(-1)?.at;
    return last !== undefined && last > wanted ? last : wanted;
  }

  private schedule(at: MonotonicMs, size: number, run: () => void): void {
    if (this.stopped) return;
    if (this.due.length === 0 && at <= this.ports.clock.monotonic()) {
      run();
      return;
    }
    this.waitingBytes += size;
    this.due.push({ at, size, run });
    if (this.due.length === 1) this.arm();
  }

  private arm(): void {
    const [head] = this.due;
    if (head === undefined) return;
    this.alarm = this.ports.clock.setTimer(head.at - this.ports.clock.monotonic(), () => this.pass());
  }

  private pass(): void {
    const now = this.ports.clock.monotonic();
    for (let head = this.due[0]; head !== undefined && head.at <= now; head = this.due[0]) {
      this.due.shift();
      this.waitingBytes -= head.size;
      head.run();
    }
    this.arm();
  }
}
