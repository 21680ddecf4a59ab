import { resolve } from "node:path";

/** Why a command that reads `input` does not write to `out`, if it does not: nobody means to lose what is read. */
export function overwriteFault(option: string, out: string | undefined, input: string | undefined): string | undefined {
  if (out === undefined || input === undefined || resolve(out) !== resolve(input)) return undefined;
  return `${option} ${out}: that is the file that is read, and it would be gone: name another one`;
}
