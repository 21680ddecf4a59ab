/** Lets others wait for a state that comes and goes. */
export class OpenSignal {
  private waiting: Set<(open: boolean) => void> | undefined;

  /** How many wait. */
  get size(): number {
    return this.waiting?.size ?? 0;
  }

  /** `true` when `announce(true)` comes; `false` when the signal aborts first, or `announce(false)` says never. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    this.waiting ??= new Set();
    const { waiting } = this;
    return new Promise((resolve) => {
      const done = (open: boolean): void => {
        waiting.delete(done);
        signal.removeEventListener("abort", onAbort);
        resolve(open);
      };
      const onAbort = (): void => done(false);
      waiting.add(done);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  announce(open: boolean): void {
    for (const done of [...(this.waiting ?? [])]) done(open);
  }
}
