import { createScope } from "../../../src/kernel/scope";
import { deferred } from "../../../src/kernel/wait";

describe("a scope", () => {
  test("closes last in, first out, one after the other", async () => {
    const scope = createScope();
    const events: string[] = [];
    const slow = deferred<void>();
    scope.defer(() => void events.push("first opened"));
    scope.defer(async () => {
      events.push("second begins");
      await slow.promise;
      events.push("second ends");
    });
    const closed = scope.close();
    await Promise.resolve();
    await Promise.resolve();
    expect(events).toEqual(["second begins"]);
    slow.resolve();
    await closed;
    expect(events).toEqual(["second begins", "second ends", "first opened"]);
  });

  test("aborts its signal before anything is disposed, and at once", () => {
    const scope = createScope();
    let abortedAtDisposal: boolean | undefined;
    scope.defer(() => {
      abortedAtDisposal = scope.signal.aborted;
    });
    const closed = scope.close();
    expect(scope.signal.aborted).toBe(true);
    return closed.then(() => expect(abortedAtDisposal).toBe(true));
  });

  test("goes on after a disposer that throws and hands all errors to everyone who closes it", async () => {
    const scope = createScope();
    const events: string[] = [];
    scope.defer(() => void events.push("last"));
    scope.defer(async () => {
      throw new RangeError("asynchronous");
    });
    scope.defer(() => {
      throw new TypeError("synchronous");
    });
    const [one, two] = await Promise.all([scope.close(), scope.close()]);
    expect(one.map(String)).toEqual(["TypeError: synchronous", "RangeError: asynchronous"]);
    expect(two).toBe(one);
    expect(events).toEqual(["last"]);
  });

  test("disposes of each thing once, however often it is closed, also from inside", async () => {
    const scope = createScope();
    const events: string[] = [];
    const slow = deferred<void>();
    scope.signal.addEventListener("abort", () => void scope.close());
    scope.defer(() => void events.push("a"));
    scope.defer(async () => {
      void scope.close();
      events.push("b begins");
      await slow.promise;
      events.push("b ends");
    });
    const closed = Promise.all([scope.close(), scope.close()]);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(events).toEqual(["b begins"]);
    slow.resolve();
    await closed;
    expect(events).toEqual(["b begins", "b ends", "a"]);
  });

  test("what is registered after the end is disposed of at once, and its error is told", async () => {
    const scope = createScope();
    scope.defer(() => {
      throw new RangeError("early");
    });
    await scope.close();
    let disposed = false;
    scope.defer(() => {
      disposed = true;
      throw new RangeError("late");
    });
    const errors = await scope.close();
    expect(disposed).toBe(true);
    expect(errors.map(String)).toEqual(["RangeError: early", "RangeError: late"]);
  });

  test("what is registered while it closes is disposed of before the end", async () => {
    const scope = createScope();
    const events: string[] = [];
    scope.defer(() => {
      scope.defer(() => void events.push("inner"));
      events.push("outer");
    });
    await scope.close();
    expect(events).toEqual(["outer", "inner"]);
  });

  test("a removed disposer does not run; of two equal ones the right one is removed, once", async () => {
    const scope = createScope();
    let count = 0;
    const dispose = (): void => {
      count += 1;
    };
    const remove = scope.defer(dispose);
    scope.defer(dispose);
    remove();
    remove();
    await scope.close();
    expect(count).toBe(1);
  });
});

describe("a child scope", () => {
  test("closes with its parent, whose other disposers wait for it", async () => {
    const parent = createScope();
    const events: string[] = [];
    parent.defer(() => void events.push("parent"));
    const child = parent.child();
    child.defer(() => void events.push("child"));
    await parent.close();
    expect(events).toEqual(["child", "parent"]);
    expect(child.signal.aborted).toBe(true);
  });

  test("its errors arrive at the parent", async () => {
    const parent = createScope();
    parent.child().defer(() => {
      throw new RangeError("of the child");
    });
    const [error] = await parent.close();
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(["RangeError: of the child"]);
  });

  test("that closes on its own leaves nothing behind", async () => {
    const parent = createScope();
    let closes = 0;
    const child = parent.child();
    child.defer(() => {
      closes += 1;
      throw new RangeError("told to whoever closed the child");
    });
    expect(await child.close()).toHaveLength(1);
    expect(parent.signal.aborted).toBe(false);
    expect(await parent.close()).toEqual([]);
    expect(closes).toBe(1);
  });

  test("that is still closing is waited for: nothing outlives its owner", async () => {
    const parent = createScope();
    const child = parent.child();
    const slow = deferred<void>();
    child.defer(() => slow.promise);
    void child.close();
    let parentClosed = false;
    const closed = parent.close().then(() => {
      parentClosed = true;
    });
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(parentClosed).toBe(false);
    slow.resolve();
    await closed;
  });

  test("of a closed parent is closed from the start", async () => {
    const parent = createScope();
    await parent.close();
    const child = parent.child();
    expect(child.signal.aborted).toBe(true);
    await child.close();
  });
});
