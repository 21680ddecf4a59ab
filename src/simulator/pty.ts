import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { loadPtyBinding, type NativePty, openNativePty } from "./nativePty";
import { openSocatPair } from "./socatPty";

/**
 * A stand-in for a serial line: two terminal paths connected to each other, 8-bit clean, raw, no echo. It carries no
 * baud rate, parity or modem lines. Closing it is the unplugging of the adapter: who has a path open sees a hang-up.
 */
export interface PtyPair {
  readonly a: string;
  readonly b: string;
  readonly by: "node-pty" | "socat";
  /** Bytes lost because nobody read them at the other end. */
  readonly droppedBytes: number;
  /** Memoised. */
  close(): Promise<void>;
}

export interface PtyOptions {
  readonly clock: Pick<Clock, "setTimer">;
  /** Which ways to try, in this order. Default: both. */
  readonly ways?: readonly PtyPair["by"][];
  /** The socat program. Default `socat`, found in PATH. */
  readonly socat?: string;
}

async function openNativePair(clock: PtyOptions["clock"]): Promise<PtyPair> {
  const binding = await loadPtyBinding();
  const first = await openNativePty(binding, clock);
  let second: NativePty;
  try {
    second = await openNativePty(binding, clock);
  } catch (error) {
    await first.close();
    throw error;
  }
  first.onData((bytes) => second.write(bytes));
  second.onData((bytes) => first.write(bytes));
  return {
    a: first.path,
    b: second.path,
    by: "node-pty",
    get droppedBytes() {
      return first.droppedBytes + second.droppedBytes;
    },
    close: async () => {
      await Promise.all([first.close(), second.close()]);
    },
  };
}

async function tryNative(clock: PtyOptions["clock"]): Promise<Result<PtyPair, string>> {
  try {
    return ok(await openNativePair(clock));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return err(`the package @lydell/node-pty does not work here (${text.split("\n")[0]})`);
  }
}

async function trySocat(options: PtyOptions): Promise<Result<PtyPair, string>> {
  const pair = await openSocatPair(options.clock, options.socat);
  if (!pair.ok) return pair;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= pair.value.close();
    return closing;
  };
  return ok({ a: pair.value.a, b: pair.value.b, by: "socat", droppedBytes: 0, close });
}

/** Opens a pair by node-pty, else by socat, else says in words why there is none and what would help. */
export async function openPtyPair(options: PtyOptions): Promise<Result<PtyPair, string>> {
  const reasons: string[] = [];
  for (const way of options.ways ?? ["node-pty", "socat"]) {
    const pair = way === "node-pty" ? await tryNative(options.clock) : await trySocat(options);
    if (pair.ok) return pair;
    reasons.push(pair.error);
  }
  return err(`no pseudo terminal: ${reasons.join("; ")}. Installing socat would help.`);
}
