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
  private signals: Map<AbortSignal, Watched> | undefined;

  /** From now on the signal ends the call. Returns the set to take it out of when it has been settled. */
  add(signal: AbortSignal, call: Abortable): Set<Abortable> {
    const { waiting } = this.signals?.get(signal) ?? this.listen(signal);
    waiting.add(call);
    return waiting;
  }

  /** For good: no listener is left. */
  dispose(): void {
    for (const { stop } of this.signals?.values() ?? []) stop();
    this.signals = undefined;
  }

  private listen(signal: AbortSignal): Watched {
    this.signals ??= new Map();
    const { signals } = this;
    if (signals.size >= MOST_IDLE_SIGNALS) dropIdle(signals);
    const waiting = new Set<Abortable>();
    const onAbort = (): void => {
      signals.delete(signal);
      for (const call of [...waiting]) call.abort();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const watched = { waiting, stop: () => signal.removeEventListener("abort", onAbort) };
    signals.set(signal, watched);
    return watched;
  }
}

function dropIdle(signals: Map<AbortSignal, Watched>): void {
  for (const [signal, { waiting, stop }] of signals) {
    if (waiting.size > 0) continue;
    stop();
    signals.delete(signal);
  }
}
