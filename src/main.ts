import { createInterface } from "node:readline";
import { addAbortSignal } from "node:stream";
import { COMMANDS } from "./cli/commands";
import { lastWords } from "./cli/crash";
import { dispatch } from "./cli/dispatch";
import { readFileText, reasonOf, replaceFile, streamText } from "./cli/fileText";
import type { CliIo } from "./cli/io";
import { err, type Result } from "./kernel/result";
import { createSystemClock } from "./kernel/systemClock";
import { VERSION } from "./version";

/** What a command may take to return after its signal, when nobody reads its output any more. */
const QUIET_END_MS = 3000;
const clock = createSystemClock();
const ending = new AbortController();
const uncaughtHandlers = new Set<(error: unknown) => boolean>();

main();

async function main(): Promise<void> {
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => onSignal(signal));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", onOutputError);
  const code = await dispatch(process.argv.slice(2), processIo(), COMMANDS, VERSION);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
}

/**
 * The first signal ends in good order, the second at once (128 + number of the signal, as shells count). A terminal that
 * is closed sends SIGHUP several times, from its shell and from the system: that is no impatience.
 */
function onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
  if (ending.signal.aborted && signal !== "SIGHUP") process.exit(signal === "SIGINT" ? 130 : 143);
  ending.abort();
}

/** The reader of our output is gone (`| head`): that is its way to say "enough". */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") {
    crash(error);
    return;
  }
  ending.abort();
  clock.setTimer(QUIET_END_MS, () => process.exit(0));
}

function crash(error: unknown): void {
  for (const handler of uncaughtHandlers) if (handler(error)) return;
  const isTerminal = process.stderr.isTTY === true;
  const json = process.env["LOG_FORMAT"] === "json";
  process.stderr.write(lastWords(error, { isTerminal, json, at: new Date(clock.epoch()) }), () => process.exit(70));
}

function processIo(): CliIo {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    errorsToTerminal: process.stderr.isTTY === true,
    size: () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 }),
    readFile: readText,
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, signal: ending.signal }),
    writeFile: (path, text) => replaceFile(path, text, process.pid),
    pid: process.pid,
    onUncaught(handler) {
      uncaughtHandlers.add(handler);
      return () => uncaughtHandlers.delete(handler);
    },
    signal: ending.signal,
  };
}

async function readText(path: string, mostBytes?: number): Promise<Result<string, string>> {
  if (path !== "-") return readFileText(path, mostBytes);
  try {
    const text = await streamText(addAbortSignal(ending.signal, process.stdin), mostBytes);
    return text.ok ? text : err(`standard input: ${text.error}`);
  } catch (error) {
    return err(`standard input: ${ending.signal.aborted ? "interrupted" : reasonOf(error)}`);
  }
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}
