import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { deferred, within } from "../kernel/wait";

const START_MS = 3000;
const PTY_LINE = /PTY is (\S+)/g;

export interface SocatPair {
  readonly a: string;
  readonly b: string;
  close(): Promise<void>;
}

/** Resolves with the two paths, or with why there are none. socat names its terminals on stderr (`-d -d`). */
function firstTwoPaths(child: ChildProcess): Promise<Result<[string, string], string>> {
  const outcome = deferred<Result<[string, string], string>>();
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-4096);
    const [a, b] = [...text.matchAll(PTY_LINE)].map((match) => match[1]);
    if (a !== undefined && b !== undefined) outcome.resolve(ok([a, b]));
  });
  child.once("error", (error) => outcome.resolve(err(`socat does not start: ${error.message}`)));
  child.once("exit", (code) => outcome.resolve(err(`socat ended (${code ?? "signal"}): ${text.trim().slice(-200)}`)));
  return outcome.promise;
}

/** A pair of connected pseudo terminals held by a socat process (Debian package socat). */
export async function openSocatPair(
  clock: Pick<Clock, "setTimer">,
  command = "socat",
): Promise<Result<SocatPair, string>> {
  const child = spawn(command, ["-d", "-d", "pty,raw,echo=0", "pty,raw,echo=0"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = deferred<void>();
  child.once("exit", () => exited.resolve());
  child.once("error", () => exited.resolve());
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    if (
      (await within(
        clock,
        START_MS,
        exited.promise.then(() => true),
      )) === undefined
    )
      child.kill("SIGKILL");
  };
  const paths = await within(clock, START_MS, firstTwoPaths(child));
  if (paths?.ok === true) return ok({ a: paths.value[0], b: paths.value[1], close });
  if (child.pid !== undefined) await close();
  return err(paths?.error ?? `socat named no terminals within ${START_MS} ms`);
}
