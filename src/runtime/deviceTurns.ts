/** Who waits for one device at most; more are turned away. */
const MOST = 16;

/** A turn that came, until `done` is called; or why it did not. */
export type Turn = { readonly kind: "mine"; done(): void } | { readonly kind: "full" } | { readonly kind: "aborted" };

interface Waiting {
  begin(): void;
}

/**
 * What lasts longer than one request of a device (a command with its steps, a set point that is compared and written):
 * one after another, in the order in which it was asked for. Single requests do not need it.
 */
export class DeviceTurns {
  /** Who waits, by device; an entry without anybody in it: one is under way. */
  readonly #waiting = new Map<string, Waiting[]>();

  /** Resolves when it is this one's turn, the signal aborts, or at once where too many wait. */
  take(device: string, signal: AbortSignal): Promise<Turn> {
    const queue = this.#waiting.get(device);
    if (signal.aborted) return Promise.resolve({ kind: "aborted" });
    if (queue === undefined) {
      this.#waiting.set(device, []);
      return Promise.resolve(this.#turn(device));
    }
    if (queue.length >= MOST) return Promise.resolve({ kind: "full" });
    return new Promise((resolve) => {
      const onAbort = (): void => {
        queue.splice(queue.indexOf(entry), 1);
        resolve({ kind: "aborted" });
      };
      const entry: Waiting = {
        begin: () => {
          signal.removeEventListener("abort", onAbort);
          resolve(this.#turn(device));
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      queue.push(entry);
    });
  }

  #turn(device: string): Turn {
    let isDone = false;
    return {
      kind: "mine",
      done: () => {
        if (isDone) return;
        isDone = true;
        const next = this.#waiting.get(device)?.shift();
        if (next === undefined) this.#waiting.delete(device);
        else next.begin();
      },
    };
  }
}
