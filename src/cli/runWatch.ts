import type { Translator } from "../app";
import type { EdgeHub } from "../cloud/edgeHub";
import { isSdkFault } from "../cloud/sdkFault";
import type { SupervisedHub } from "../cloud/supervisedHub";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { deferred } from "../kernel/wait";
import { watchProgress } from "../runtime/progressWatch";
import { sourceStack } from "./crash";
import type { CliIo } from "./io";
import { startLoopGuard } from "./loopGuard";

/** The watchdog of `run`: polling inside the process, the event loop from outside. */
export interface RunWatch {
  /** Resolves with what has stopped moving; never, where all is well. */
  readonly stalled: Promise<string>;
  close(): void;
}

export function watchRun(translator: Pick<Translator, "pulses">, io: CliIo, clock: Clock, log: Log): RunWatch {
  const stalled = deferred<string>();
  const guard = io.pid === undefined ? undefined : startLoopGuard(io.pid, log);
  const watch = watchProgress({
    clock,
    pulses: () => translator.pulses(),
    tick: () => guard?.beat(),
    stalled(what) {
      log.error(`no progress: ${what} hangs; the process ends to be started anew`);
      stalled.resolve(what);
    },
  });
  return {
    stalled: stalled.promise,
    close() {
      watch.close();
      guard?.close();
    },
  };
}

/** An error that the SDK threw where nobody could catch it costs the session, not the process. */
export function containSdkFault(error: unknown, hub: EdgeHub | SupervisedHub, log: Pick<Log, "error">): boolean {
  const stack = sourceStack(error instanceof Error ? (error.stack ?? "") : "");
  if (!("discard" in hub) || !isSdkFault(stack)) return false;
  log.error("the SDK failed where nobody could catch it; the session with the hub is built anew", { stack });
  hub.discard(`the SDK failed: ${error instanceof Error ? error.message : "no error"}`);
  return true;
}
