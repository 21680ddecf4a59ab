import type { Clock } from "../kernel/clock";
import { between, type MonotonicMs } from "../kernel/units";

/** A unit that answered its last request shields the connection for so long: later nobody can say that it still would. */
const SHIELD_MS = 600_000;
/** Each opening anew that brought no answer doubles the failures until the next, so many times. */
const MOST_DOUBLINGS = 2;

/**
 * Decides when silence means that the connection itself is dead, so that opening it anew may help. Rules:
 *
 * - `failuresBeforeReopen` requests in a row, of whatever units, that nobody answered.
 * - Not while some unit has answered the last request that it was sent: behind a gateway one unit is silent when its
 *   cable is, and opening anew would take the others' connection away. When the connection dies, each of the others
 *   shows it by its own next request.
 * - A unit alone (or all of them silent) does lead to opening anew; for nobody else is disturbed by it. Since it did
 *   not help the last time either, it takes twice as many failures the next, up to four times as many.
 */
export class SilenceWatch {
  private failures = 0;
  private fruitless = 0;
  /** When a unit answered, of those that answered their last request. At most an entry a unit id. */
  private readonly answering = new Map<number, MonotonicMs>();

  constructor(
    private readonly clock: Pick<Clock, "monotonic">,
    private readonly failuresBeforeReopen: number,
  ) {}

  /** Any answer, an exception too. */
  answered(unitId: number): void {
    this.failures = 0;
    this.fruitless = 0;
    this.answering.set(unitId, this.clock.monotonic());
  }

  /** A request that nobody answered. Returns how many in a row it is when the connection is to be opened anew. */
  failed(unitId: number): number | undefined {
    this.answering.delete(unitId);
    this.failures++;
    const needed = this.failuresBeforeReopen * 2 ** Math.min(this.fruitless, MOST_DOUBLINGS);
    if (this.failures < needed || this.isShielded()) return undefined;
    const { failures } = this;
    this.failures = 0;
    this.fruitless++;
    return failures;
  }

  /** A new link: failures of the last one count no more. */
  opened(): void {
    this.failures = 0;
  }

  private isShielded(): boolean {
    const now = this.clock.monotonic();
    for (const at of this.answering.values()) if (between(at, now) < SHIELD_MS) return true;
    return false;
  }
}
