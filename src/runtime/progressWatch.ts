import type { Clock } from "../kernel/clock";

const TICK_MS = 15_000;

/** Something that must move: `beat` differs from the last one when it has. */
export interface Pulse {
  readonly what: string;
  readonly beat: number;
  /** How long it may stand still. */
  readonly patienceMs: number;
}

export interface ProgressWatchPorts {
  readonly clock: Pick<Clock, "setTimer">;
  /** What should be moving now; what is not listed may rest. */
  pulses(): readonly Pulse[];
  /** The event loop turns: called on every tick. */
  tick(): void;
  /** `what` has not moved for longer than it may. Called once, then the watch is over. */
  stalled(what: string): void;
}

/**
 * Looks every 15 s whether everything that should move has moved. Time is counted in looks of its own, not by a clock:
 * a process that was stopped, a machine that slept and a clock that stepped count as one look.
 */
export function watchProgress(ports: ProgressWatchPorts): { close(): void } {
  const still = new Map<string, { readonly beat: number; readonly looks: number }>();

  function look(): string | undefined {
    const pulses = ports.pulses();
    const names = new Set(pulses.map(({ what }) => what));
    for (const what of still.keys()) if (!names.has(what)) still.delete(what);
    for (const { what, beat, patienceMs } of pulses) {
      const before = still.get(what);
      const looks = before?.beat === beat ? before.looks + 1 : 0;
      still.set(what, { beat, looks });
      if (looks * TICK_MS > patienceMs) return what;
    }
    return undefined;
  }

  let timer = ports.clock.setTimer(TICK_MS, function onTick() {
    ports.tick();
    const what = look();
    if (what === undefined) timer = ports.clock.setTimer(TICK_MS, onTick);
    else ports.stalled(what);
  });
  return { close: () => timer.cancel() };
}
