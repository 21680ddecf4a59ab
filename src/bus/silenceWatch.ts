import type { Clock } from "../kernel/clock";
import { between, type MonotonicMs, monotonicMs } from "../kernel/units";

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
  /** The unit that answered last, and when; of the others that answered their last request too, likewise. */
  private unitId: number | undefined;
  private at = monotonicMs(0);
  private others: Map<number, MonotonicMs> | undefined;

  constructor(
    private readonly clock: Pick<Clock, "monotonic">,
    private readonly failuresBeforeReopen: number,
  ) {}

  /** Any answer, an exception too. */
  answered(unitId: number): void {
    this.failures = 0;
    this.fruitless = 0;
    if (this.unitId !== unitId) this.changeTo(unitId);
    this.at = this.clock.monotonic();
  }

  /** Most connections have one unit only: then there are no others. */
  private changeTo(unitId: number): void {
    if (this.unitId !== undefined) {
      this.others ??= new Map();
      this.others.set(this.unitId, this.at);
    }
    // Also where none came before it: what it was among the others is over, and must not shield anybody.
    this.others?.delete(unitId);
    this.unitId = unitId;
  }

  /** A request that nobody answered. Returns how many in a row it is when the connection is to be opened anew. */
  failed(unitId: number): number | undefined {
    if (this.unitId === unitId) this.unitId = undefined;
    else this.others?.delete(unitId);
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
    if (this.unitId !== undefined && between(this.at, now) < SHIELD_MS) return true;
    for (const at of this.others?.values() ?? []) if (between(at, now) < SHIELD_MS) return true;
    return false;
  }
}
