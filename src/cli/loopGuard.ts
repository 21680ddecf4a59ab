import { spawn } from "node:child_process";
import type { Log } from "../kernel/log";

/** Looks without a beat, 15 s each, before the process is ended. */
const LOOKS = 8;
const LOOK_S = 15;

/**
 * Nobody inside a process can end it when its event loop hangs: a companion does it, a shell of 2.6 MB with its child (a
 * thread of Node would take 10). It ends with the module, whose death closes its input; signals of the terminal are not
 * for it, and its child goes when it has gone. It counts looks of its own, so that a machine that slept or a clock that
 * stepped raises no false alarm; a beat takes the count back to nothing.
 */
const SCRIPT = `
( looks=0
  trap 'looks=0' USR1
  while [ $looks -lt $2 ]; do sleep $3 2> /dev/null; kill -0 $$ 2> /dev/null || exit; looks=$((looks+1)); done
  echo "<3> $(date -u '+%Y-%m-%d %H:%M:%S').000 +00:00 [ERR] - the event loop hangs: the process is ended" >&2
  kill -9 $1 2> /dev/null ) < /dev/null &
watcher=$!
while read -r beat; do kill -USR1 $watcher 2> /dev/null || exit; done
kill $watcher 2> /dev/null
`;

export interface LoopGuard {
  /** The event loop turns. */
  beat(): void;
  close(): void;
}

/** @param pid the process to end. */
export function startLoopGuard(pid: number, log: Pick<Log, "warn">, looks = LOOKS, lookS = LOOK_S): LoopGuard {
  const shell = spawn("/bin/sh", ["-c", SCRIPT, "loop-guard", String(pid), String(looks), String(lookS)], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true,
  });
  let lost = false;
  const onLost = (error: Error): void => {
    if (!lost) log.warn("a hanging event loop would not be noticed: no companion", { error: error.message });
    lost = true;
  };
  shell.on("error", onLost);
  shell.stdin.on("error", onLost);
  shell.unref();
  return {
    beat() {
      if (!lost && shell.stdin.writableLength === 0) shell.stdin.write("beat\n");
    },
    close() {
      lost = true;
      shell.stdin.end();
    },
  };
}
