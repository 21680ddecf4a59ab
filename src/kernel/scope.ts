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

async function afterwards(before: Promise<CloseErrors>, run: () => Promise<CloseErrors>): Promise<CloseErrors> {
  return [...(await before), ...(await run())];
}

export function createScope(): Scope {
  const controller = new AbortController();
  const disposers: Disposer[] = [];
  let closing: Promise<CloseErrors> | undefined;

  async function run(): Promise<CloseErrors> {
    const errors: unknown[] = [];
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
      // An entry of its own: the same function may be registered twice, and removed once.
      const entry: Disposer = () => dispose();
      disposers.push(entry);
      if (closing !== undefined) closing = afterwards(closing, run);
      return () => {
        const at = disposers.indexOf(entry);
        if (at >= 0) disposers.splice(at, 1);
      };
    },
    child() {
      const child = createScope();
      const remove = scope.defer(async () => {
        const errors = await child.close();
        if (errors.length > 0) throw new AggregateError(errors, "closing a child scope");
      });
      // Until the child has closed to the end, this scope waits for it.
      child.signal.addEventListener("abort", () => void child.close().then(remove), { once: true });
      if (controller.signal.aborted) void child.close();
      return child;
    },
    close() {
      if (closing !== undefined) return closing;
      // Known before anything else runs: a listener or disposer that closes the scope again starts no second round.
      closing = Promise.resolve().then(run);
      controller.abort();
      return closing;
    },
  };
  return scope;
}
