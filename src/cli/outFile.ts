import { resolve } from "node:path";
import type { CliIo } from "./io";

/** Why a command that reads `input` does not write to `out`, if it does not: nobody means to lose what is read. */
export function overwriteFault(option: string, out: string | undefined, input: string | undefined): string | undefined {
  if (out === undefined || input === undefined || resolve(out) !== resolve(input)) return undefined;
  return `${option} ${out}: that is the file that is read, and it would be gone: name another one`;
}

/** Writes what a command has made to its `--out`, else to standard output. Returns the exit code. */
export async function deliver(text: string, out: string | undefined, io: CliIo): Promise<0 | 1> {
  if (out === undefined) {
    io.out(text);
    return 0;
  }
  const written = await io.writeFile(out, text);
  if (!written.ok) io.err(`${written.error}\n`);
  return written.ok ? 0 : 1;
}
