import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { COMMANDS } from "./cli/commands";
import { lastWords } from "./cli/crash";
import { dispatch } from "./cli/dispatch";
import type { CliIo } from "./cli/io";
import { err, ok, type Result } from "./kernel/result";
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

/** The first signal ends in good order, the second at once (128 + number of the signal, as shells count). */
function onSignal(signal: "SIGINT" | "SIGTERM" | "SIGHUP"): void {
  if (ending.signal.aborted) process.exit({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
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
    writeFile: replaceFile,
    pid: process.pid,
    onUncaught(handler) {
      uncaughtHandlers.add(handler);
      return () => uncaughtHandlers.delete(handler);
    },
    signal: ending.signal,
  };
}

async function readText(path: string): Promise<Result<string, string>> {
  try {
    return ok(path === "-" ? await standardInput() : await readFile(path, "utf8"));
  } catch (error) {
    return err(`${path === "-" ? "standard input" : path}: ${reasonOf(error)}`);
  }
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Whole or not at all: a new file takes the place of the old one. */
async function replaceFile(path: string, text: string): Promise<Result<void, string>> {
  const part = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(part, text);
    return ok(await rename(part, path));
  } catch (error) {
    return err(`${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const known = {
    ENOENT: "there is no such file",
    EACCES: "not allowed to",
    EISDIR: "is a folder",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
  };
  return known[code as keyof typeof known] ?? (error instanceof Error ? error.message : String(error));
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) resolve();
    else stream.write("", () => resolve());
  });
}
