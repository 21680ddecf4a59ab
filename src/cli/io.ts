import type { SerialReader } from "../bus/serialDevice";
import type { Result } from "../kernel/result";

/** What a command may know of the process around it; `main.ts` alone reads `process`. */
export interface CliIo {
  /** Writes text to standard output as it is: a line brings its own newline. */
  out(text: string): void;
  /** The same to standard error. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What `MODBUS_EDGE_SERIAL_READER` asks for; `dispatch` reads it for every command. */
  readonly serialReader?: SerialReader;
  /** Standard output is a terminal: colours and live views are welcome. */
  readonly isTerminal: boolean;
  /** Standard error is one: a line that is written over and over is welcome. */
  readonly errorsToTerminal?: boolean;
  /** Size of the terminal as it is now; 80 × 24 where there is none. */
  size(): { readonly columns: number; readonly rows: number };
  /**
   * The text of a file, or why it can't be read, in words; `-` is standard input. More than `mostBytes` (32 MB where it
   * is left out) is refused unread.
   */
  readFile(path: string, mostBytes?: number): Promise<Result<string, string>>;
  /** Standard input line by line, as it comes; absent: `readFile("-")` has it whole. */
  lines?(): AsyncIterable<string>;
  /** Replaces a file, or says why it can't. */
  writeFile(path: string, text: string): Promise<Result<void, string>>;
  /** This process; absent where it is not ours to end. */
  readonly pid?: number;
  /**
   * Asks `handler` about errors that nobody caught, before they end the process: true where it has dealt with one.
   * Returns the end of it. Absent where the process is not ours.
   */
  onUncaught?(handler: (error: unknown) => boolean): () => void;
  /** Aborts on SIGINT and SIGTERM: the command cleans up and returns. */
  readonly signal: AbortSignal;
}

/** A command of the command line: its arguments without its name → the exit code (0 good, 1 bad, 2 usage). */
export type Command = (args: string[], io: CliIo) => Promise<number>;
