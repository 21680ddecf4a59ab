/** A row of a table, and the line that it begins in (from 1). */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvTable {
  readonly rows: readonly CsvRow[];
  readonly delimiter: Delimiter;
  /** The line of a quote that is never closed. */
  readonly unclosed?: number;
}

const DELIMITERS = [";", "\t", ","] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/**
 * Takes a text apart into rows (RFC 4180: fields may be in double quotes, a quote inside is doubled), with the delimiter
 * that its first row has most of. Rows without any text, and those that begin with `#`, are left out.
 */
export function readCsv(source: string): CsvTable {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const delimiter = delimiterOf(text);
  const rows: CsvRow[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const row = readRow(text, at, delimiter);
    if (row.isOpen) return { rows, delimiter, unclosed: line };
    const [first = ""] = row.fields;
    if (row.fields.some((field) => field !== "") && !first.startsWith("#")) rows.push({ line, fields: row.fields });
    line += row.lines;
    at = row.end;
  }
  return { rows, delimiter };
}

interface Read {
  readonly fields: readonly string[];
  /** Where the next row begins. */
  readonly end: number;
  readonly lines: number;
  readonly isOpen: boolean;
}

function readRow(text: string, start: number, delimiter: string): Read {
  const fields: string[] = [];
  let field = "";
  let lines = 1;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at] as string;
    if (quoted) {
      if (character !== '"') {
        field += character;
        if (character === "\n") lines++;
      } else if (text[at + 1] === '"') {
        field += '"';
        at++;
      } else quoted = false;
    } else if (character === '"' && field.trim() === "") {
      quoted = true;
      field = "";
    } else if (character === delimiter) {
      fields.push(field.trim());
      field = "";
    } else if (character === "\n" || character === "\r") {
      const end = character === "\r" && text[at + 1] === "\n" ? at + 2 : at + 1;
      return { fields: [...fields, field.trim()], end, lines, isOpen: false };
    } else field += character;
  }
  return { fields: [...fields, field.trim()], end: text.length, lines, isOpen: quoted };
}

/** Which one stands most often in the first row that has any, outside of quotes. */
function delimiterOf(text: string): Delimiter {
  for (const line of text.split(/\r\n|\r|\n/, 50)) {
    if (line.trim() === "" || line.trimStart().startsWith("#")) continue;
    const plain = line.replaceAll(/"[^"]*"/g, "");
    const counts = DELIMITERS.map((delimiter) => plain.split(delimiter).length - 1);
    const most = Math.max(...counts);
    if (most > 0) return DELIMITERS[counts.indexOf(most)] ?? ",";
  }
  return ",";
}
