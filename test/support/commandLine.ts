import { readFile } from "node:fs/promises";
import type { CliIo, Command } from "../../src/cli/io";
import { err, ok } from "../../src/kernel/result";

/** What came of a command. */
export interface Spoken {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Files that it wrote, by path. */
  readonly files: ReadonlyMap<string, string>;
}

export interface Surroundings {
  readonly signal?: AbortSignal;
  readonly isTerminal?: boolean;
  /** Standard input: each line is taken when it is asked for. */
  readonly lines?: () => AsyncIterable<string>;
}

/** Runs a command in this process; files are read from the disk and written to memory. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  { signal, isTerminal = false, lines }: Surroundings = {},
): Promise<Spoken> {
  const spoken = { out: "", err: "" };
  const files = new Map<string, string>();
  const io: CliIo = {
    out: (text) => {
      spoken.out += text;
    },
    err: (text) => {
      spoken.err += text;
    },
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal,
    errorsToTerminal: isTerminal,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: (path) =>
      readFile(path, "utf8").then(
        (text) => ok(text),
        (error: unknown) => err(`${path}: ${String(error)}`),
      ),
    async writeFile(path, text) {
      files.set(path, text);
      return ok(undefined);
    },
    ...(lines === undefined ? {} : { lines }),
    signal: signal ?? new AbortController().signal,
  };
  return { code: await command([...args], io), ...spoken, files };
}
