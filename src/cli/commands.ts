import type { Command } from "./io";

/** A row of the table of commands. */
export interface CommandEntry {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Loads the code of this command only: the others cost neither time nor memory. */
  load(): Promise<Command>;
}

/** What `modbus-edge` can do, in the order of its help. */
export const COMMANDS: readonly CommandEntry[] = [];
