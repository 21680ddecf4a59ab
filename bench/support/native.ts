import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The C sources of a bench, compiled into a folder of their own that `dispose` removes. */
export interface NativeTools {
  readonly folder: string;
  dispose(): void;
}

export function compile(sources: readonly string[], from: string): NativeTools {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-bench-"));
  for (const source of sources) {
    execFileSync("gcc", ["-O2", "-o", join(folder, source), join(from, `${source}.c`), "-lutil", "-lm"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
  }
  return { folder, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A program bound to one processor; ends when its standard input does. */
export function spawnPinned(cpu: number, command: readonly string[], ipc = false): ChildProcess {
  const stdio = ipc ? (["pipe", "inherit", "inherit", "ipc"] as const) : (["pipe", "pipe", "inherit"] as const);
  return spawn("taskset", ["-c", String(cpu), ...command], { stdio: [...stdio] });
}

/** The first line that a program prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (bytes: Buffer) => {
      text += bytes.toString();
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}

/** The next message of a worker. */
export function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a worker ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (value) => {
      child.removeListener("exit", onExit);
      resolve(value as T);
    });
  });
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
