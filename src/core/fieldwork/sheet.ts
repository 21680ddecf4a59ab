/** A page for people, before it becomes Markdown or HTML. All texts are plain: whoever renders escapes. */
export interface Sheet {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

export type Tone = "good" | "warning" | "bad";

export interface Fact {
  readonly name: string;
  readonly text: string;
  readonly tone?: Tone;
}

export interface Section {
  readonly title: string;
  /** Under the section before, where that is of level 2. */
  readonly level: 2 | 3;
  readonly facts: readonly Fact[];
  readonly table?: SheetTable;
  /** Shown where the table has no rows, or there is none. */
  readonly empty?: string;
}

export interface SheetTable {
  readonly columns: readonly { readonly title: string; readonly align?: "right" }[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
}

export function cell(text: string, tone?: Tone): Cell {
  return tone === undefined ? { text } : { text, tone };
}

export function fact(name: string, text: string, tone?: Tone): Fact {
  return tone === undefined ? { name, text } : { name, text, tone };
}
