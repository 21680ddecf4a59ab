/** What a scope's disposers threw while it closed, in the order of closing. */
export type CloseErrors = readonly unknown[];

type Disposer = () => void | Promise<void>;

/** Owner of resources: who opens something registers how to close it. Closing runs the disposers last in, first out, once. */
export interface Scope {
  /** Aborted as the first act of `close`. */
  readonly signal: AbortSignal;
  /** Registers a disposer; on a closed scope it runs at once (nothing can outlive its owner). Returns its removal. */
  defer(dispose: Disposer): () => void;
  /** A scope that closes with this one, or earlier on its own. */
  child(): Scope;
  /** Memoised: every caller gets the same outcome. Never rejects. */
  close(): Promise<CloseErrors>;
}

export function createScope(): Scope {
  const controller = new AbortController();
  const disposers: Disposer[] = [];
  let closing: Promise<CloseErrors> | undefined;

  async function run(): Promise<CloseErrors> {
    const errors: unknown[] = [];
    controller.abort();
    for (let dispose = disposers.pop(); dispose !== undefined; dispose = disposers.pop()) {
      try {
        await dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }

  const scope: Scope = {
    signal: controller.signal,
    defer(dispose) {
      disposers.push(dispose);
      if (controller.signal.aborted && closing !== undefined) closing = closing.then(run);
      return () => {
        const at = disposers.lastIndexOf(dispose);
        if (at >= 0) disposers.splice(at, 1);
      };
    },
    child() {
      const child = createScope();
      const remove = scope.defer(async () => {
        const errors = await child.close();
        if (errors.length > 0) throw new AggregateError(errors, "closing a child scope");
      });
      child.signal.addEventListener("abort", remove, { once: true });
      return child;
    },
    close() {
      closing ??= run();
      return closing;
    },
  };
  return scope;
}
