/** What a signal can end. */
export interface Abortable {
  abort(): void;
}

interface Watched {
  readonly waiting: Set<Abortable>;
  readonly stop: () => void;
}

/** Signals without a call that waits, kept for the next call with the same signal. */
const MOST_IDLE_SIGNALS = 8;

/**
 * The signals of a connection's calls, with one listener each. Callers tend to pass the same signal with every
 * request: adding and removing a listener each time would cost more than all checks of an answer.
 */
export class AbortWatch {
  private readonly signals = new Map<AbortSignal, Watched>();

  /** From now on the signal ends the call. Returns the set to take it out of when it has been settled. */
  add(signal: AbortSignal, call: Abortable): Set<Abortable> {
    const { waiting } = this.signals.get(signal) ?? this.listen(signal);
    waiting.add(call);
    return waiting;
  }

  /** For good: no listener is left. */
  dispose(): void {
    for (const { stop } of this.signals.values()) stop();
    this.signals.clear();
  }

  private listen(signal: AbortSignal): Watched {
    if (this.signals.size >= MOST_IDLE_SIGNALS) this.dropIdle();
    const waiting = new Set<Abortable>();
    const onAbort = (): void => {
      this.signals.delete(signal);
      for (const call of [...waiting]) call.abort();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const watched = { waiting, stop: () => signal.removeEventListener("abort", onAbort) };
    this.signals.set(signal, watched);
    return watched;
  }

  private dropIdle(): void {
    for (const [signal, { waiting, stop }] of this.signals) {
      if (waiting.size > 0) continue;
      stop();
      this.signals.delete(signal);
    }
  }
}
