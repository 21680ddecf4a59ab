/** Something that was found, with its line (lists) or pointer (documents). */
export interface Note {
  readonly line?: number;
  readonly path?: string;
  readonly text: string;
}

/** What became of a file. */
export interface Migrated {
  /** Absent: nothing could be made of it. */
  readonly result?: object;
  readonly problems: readonly Note[];
  readonly warnings: readonly Note[];
  /** Sentences for people. */
  readonly summary: readonly string[];
}

/** A file of which nothing could be made. */
export function nothing(...problems: Note[]): Migrated {
  return { problems, warnings: [], summary: [] };
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
