import type { Clock } from "../kernel/clock";
import type { CliIo } from "./io";

/** How far something long has come, on standard error: one line kept up to date on a terminal, else a line now and then. */
export interface Progress {
  show(text: string): void;
  /** A line that stays. */
  note(text: string): void;
  /** Takes the line away. */
  end(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 5000;

export function createProgress(io: CliIo, clock: Pick<Clock, "monotonic">): Progress {
  const live = io.errorsToTerminal === true;
  const everyMs = live ? REDRAW_MS : LINE_MS;
  let last = live ? Number.NEGATIVE_INFINITY : clock.monotonic();
  let isShown = false;
  const clear = (): void => {
    if (isShown) io.err("\r\u001b[K");
    isShown = false;
  };
  return {
    show(text) {
      const now = clock.monotonic();
      if (now - last < everyMs) return;
      last = now;
      if (!live) {
        io.err(`${text}\n`);
        return;
      }
      io.err(`\r\u001b[K${text.slice(0, (io.size().columns || 80) - 1)}`);
      isShown = true;
    },
    note(text) {
      clear();
      io.err(`${text}\n`);
    },
    end: clear,
  };
}
