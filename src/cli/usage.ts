import { didYouMean } from "../core/config/nearest";
import { err, ok, type Result } from "../kernel/result";
import type { CliIo } from "./io";

/** What is wrong with the arguments, how they go, and where the rest stands. `usage`: a help text, `Usage:` first. */
export function usageError(error: string, usage: string): string {
  const [head = ""] = usage.split("\n\n");
  const name = /^Usage: (modbus-edge \S+)/.exec(usage)?.[1] ?? "modbus-edge";
  return `${error}\n\n${head}\n"${name} --help" explains them.\n`;
}

/**
 * Why the arguments can't be taken apart, in a sentence of ours: what `parseArgs` of Node threw.
 *
 * @param usage the help text, or the options themselves: what could have been meant.
 */
export function argumentFault(error: unknown, usage: string): string {
  const text = String((error as { readonly message?: unknown } | undefined)?.message ?? error);
  const unknown = /^Unknown option '(-[^']*)'/.exec(text)?.[1];
  if (unknown !== undefined) {
    const known = new Set(usage.match(/--[a-z][a-z-]*/g));
    return `there is no option ${unknown}${didYouMean(unknown, known).replaceAll('"', "")}`;
  }
  const lacking = /^Option '(?:-\w, )?(--[^ ']+)[^']*' argument (?:missing|is ambiguous)/.exec(text)?.[1];
  if (lacking !== undefined) return `${lacking} needs a value behind it`;
  const needless = /^Option '(?:-\w, )?(--[^ ']+)[^']*' does not take an argument/.exec(text)?.[1];
  if (needless !== undefined) return `${needless} takes no value`;
  const extra = /^Unexpected argument '(.*)'\. This command/.exec(text)?.[1];
  return extra === undefined
    ? (text.split("\n")[0] ?? text)
    : `"${extra}" is too much: this command takes options only`;
}

/**
 * What the arguments of a command ask for; or, where they ask for help or are wrong, its exit code: the text has been
 * printed then.
 *
 * @param read takes the arguments apart; may throw what `parseArgs` does
 */
export function settingsFrom<T>(
  args: string[],
  io: Pick<CliIo, "out" | "err">,
  usage: string,
  read: (args: string[]) => Result<T, string>,
): Result<T, 0 | 2> {
  if (args.includes("--help") || args.includes("-h")) {
    io.out(usage);
    return err(0);
  }
  const settings = attempted(args, usage, read);
  if (settings.ok) return settings;
  io.err(usageError(settings.error, usage));
  return err(2);
}

/** The one file that a command is about. @param what it is called */
export function oneFile(positionals: readonly string[], what: "file" | "configuration"): Result<string, string> {
  const [file, ...more] = positionals;
  if (file === undefined) return err(`which ${what}?`);
  return more.length === 0 ? ok(file) : err(`one ${what} at a time`);
}

function attempted<T>(args: string[], usage: string, read: (args: string[]) => Result<T, string>): Result<T, string> {
  try {
    return read(args);
  } catch (error) {
    return err(argumentFault(error, usage));
  }
}

/** The command was called rightly; the file that it is about is no good: exit code 1. */
export interface BadFile {
  readonly badFile: string;
}

/** Says why a command does nothing. `explained` adds what helps somebody who called it wrongly. Returns the exit code. */
export function refuse(io: Pick<CliIo, "err">, error: string | BadFile, explained: (error: string) => string): 1 | 2 {
  if (typeof error === "string") {
    io.err(explained(error));
    return 2;
  }
  io.err(`${error.badFile}\n`);
  return 1;
}
