import type { Clock } from "../kernel/clock";
import { later } from "../kernel/units";
import { type Deferred, deferred } from "../kernel/wait";
import { Deadline, type Rung } from "./deadline";
import { OpenSignal } from "./openSignal";

/** Whose link is closed. */
export interface IdleOwner {
  closeIdle(): void;
}

/**
 * Closes a link that nobody has used for a while (`idleCloseMs`) and lets requests wait until it has been opened again.
 * While it is closed for this reason it is asleep: for others the connection counts as open.
 */
export class IdleClose implements Rung {
  private underWay = 0;
  /** There is a link to close. A request may end after the link that it failed by. */
  private isOpen = false;
  /** There where links are closed for idleness. */
  private readonly deadline: Deadline | undefined;
  /** There as soon as a request has waited. */
  private awake: OpenSignal | undefined;
  /** Resolves when a request wants the link; there while asleep. */
  private demand: Deferred<void> | undefined;
  private disposed = false;

  /** @param idleMs 0: never. */
  constructor(
    private readonly clock: Pick<Clock, "monotonic" | "setTimer">,
    private readonly idleMs: number,
    private readonly owner: IdleOwner,
  ) {
    if (idleMs > 0) this.deadline = new Deadline(clock, this);
  }

  get isAsleep(): boolean {
    return this.demand !== undefined;
  }

  /** Requests that wait for the link. */
  get waiting(): number {
    return this.awake?.size ?? 0;
  }

  requestBegins(): void {
    this.underWay++;
    this.deadline?.clear();
  }

  requestEnds(): void {
    this.underWay--;
    this.count();
  }

  /** The link can be used: time counts from here. */
  opened(): void {
    this.isOpen = true;
    this.demand = undefined;
    this.awake?.announce(true);
    this.count();
  }

  /** The link is gone, or could not be opened: who waits for it hears that. */
  failed(): void {
    this.isOpen = false;
    this.deadline?.clear();
    this.demand = undefined;
    this.awake?.announce(false);
  }

  /** The other end has closed a link that nobody was using. Requests wait for the next one; `atOnce`: so do we. */
  dropped(atOnce: boolean): void {
    if (this.disposed) return;
    this.isOpen = false;
    this.deadline?.clear();
    this.demand ??= deferred<void>();
    if (atOnce) this.demand.resolve();
  }

  /** Asks for the link; `false` when it could not be opened, or the signal aborted first. */
  wake(signal: AbortSignal): Promise<boolean> {
    this.awake ??= new OpenSignal();
    const opened = this.awake.wait(signal);
    this.demand?.resolve();
    return opened;
  }

  /** Resolves when a request asks for the link; at once when not asleep. */
  wanted(): Promise<void> {
    return this.demand?.promise ?? Promise.resolve();
  }

  /** For good. */
  dispose(): void {
    this.disposed = true;
    this.deadline?.dispose();
    this.demand?.resolve();
    // Whoever asks from now on is not to wait for a link that never comes.
    this.demand = undefined;
    this.awake?.announce(false);
  }

  private count(): void {
    if (!this.isOpen || this.underWay > 0 || this.disposed) return;
    this.deadline?.set(later(this.clock.monotonic(), this.idleMs));
  }

  /** Falls asleep. */
  ring(): void {
    this.isOpen = false;
    this.demand = deferred<void>();
    this.owner.closeIdle();
  }
}
