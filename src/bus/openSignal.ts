/** Lets others wait for a state that comes and goes. */
export class OpenSignal {
  private readonly waiting = new Set<(open: boolean) => void>();

  /** How many wait. */
  get size(): number {
    return this.waiting.size;
  }

  /** `true` when `announce(true)` comes; `false` when the signal aborts first, or `announce(false)` says never. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (open: boolean): void => {
        this.waiting.delete(done);
        signal.removeEventListener("abort", onAbort);
        resolve(open);
      };
      const onAbort = (): void => done(false);
      this.waiting.add(done);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  announce(open: boolean): void {
    for (const done of [...this.waiting]) done(open);
  }
}
