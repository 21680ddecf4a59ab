/** A column of a table for people. */
export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** May be cut where the terminal is too narrow for the row. */
  readonly gives?: true;
}

const GAP = "  ";
const NARROWEST = 8;

/** Aligned lines, the titles first, indented by two; cut to `width` in the columns that give, widest first. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => (row[index] ?? "").length)));
  shrink(columns, widths, width - GAP.length * columns.length);
  return all.map((row) =>
    `${GAP}${columns.map(({ align }, index) => cell(row[index] ?? "", widths[index] ?? 0, align)).join(GAP)}`.trimEnd(),
  );
}

function shrink(columns: readonly Column[], widths: number[], room: number): void {
  for (let over = widths.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = columns.reduce(
      (best, { gives }, index) => (gives === true && (widths[index] ?? 0) > (widths[best] ?? NARROWEST) ? index : best),
      -1,
    );
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

function cell(text: string, width: number, align: Column["align"]): string {
  const fitting = text.length <= width ? text : `${text.slice(0, Math.max(width - 1, 0))}…`;
  return align === "right" ? fitting.padStart(width) : fitting.padEnd(width);
}

/** Words in lines of at most `width`; those after the first begin with `indent`. A word that is longer stands alone. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  const [start = ""] = /^ */.exec(text) ?? [];
  // A percent sign stays with its number, and so do the groups of its digits.
  for (const word of text.trimStart().split(/ (?!%)(?!(?<=\d )\d{3}\b)/)) {
    const longer = line === "" ? `${start}${word}` : `${line} ${word}`;
    if (longer.length <= width || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line].join("\n");
}
