import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IMAGE_FLAGS } from "./imageFlags";

const MAIN = join(__dirname, "../../dist/main.cjs");

/** The bundle, running as a process of its own. */
export interface ModuleProcess {
  readonly pid: number;
  /** Everything it has written so far. */
  out(): string;
  err(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly running: boolean;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts `modbus-edge ARGS` in an empty folder with nothing but `env` (and PATH) in its environment. `asOfTerminal`: signals
 * go to its whole group, as those of a terminal do.
 */
export function startModule(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { asOfTerminal = false } = {},
): ModuleProcess {
  if (!existsSync(MAIN)) throw new Error("dist/main.cjs is missing: npm run build");
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-test-"));
  const child: ChildProcess = spawn(process.execPath, [...IMAGE_FLAGS, MAIN, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", MODBUS_EDGE_DATA: join(folder, "data"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: asOfTerminal,
  });
  let out = "";
  let err = "";
  let running = true;
  child.stdout?.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on("close", (code, signal) => {
      running = false;
      rmSync(folder, { recursive: true, force: true });
      resolve(code ?? signal ?? "unknown");
    });
  });
  return {
    pid: child.pid ?? -1,
    out: () => out,
    err: () => err,
    ended,
    get running() {
      return running;
    },
    kill(signal) {
      if (asOfTerminal) process.kill(-(child.pid ?? 0), signal);
      else child.kill(signal);
    },
  };
}

/** Waits until `probe` gives something; fails with `what` and `context` when it has not after 30 s. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  context: () => string = () => "",
): Promise<T> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`it never came true that ${what}\n${context()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
