import type { Fact, Section, Sheet, SheetTable } from "./sheet";

/** Readable as it is, in a terminal too: the columns of tables are aligned. */
export function sheetMarkdown({ title, facts, sections }: Sheet): string {
  const parts = [`# ${escaped(title)}`, factLines(facts), ...sections.flatMap(sectionParts)];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function sectionParts({ title, level, facts, table, empty }: Section): readonly string[] {
  const rows = table === undefined || table.rows.length === 0 ? escaped(empty ?? "") : tableText(table);
  return [`${"#".repeat(level)} ${escaped(title)}`, factLines(facts), rows];
}

function factLines(facts: readonly Fact[]): string {
  return facts.map(({ name, text, tone }) => `- ${escaped(name)}: ${toned(escaped(text), tone)}`).join("\n");
}

function toned(text: string, tone: Fact["tone"]): string {
  return tone === "bad" && text !== "" ? `**${text}**` : text;
}

function tableText({ columns, rows }: SheetTable): string {
  const texts = rows.map((row) => row.map(({ text, tone }) => toned(escaped(text), tone)));
  const heads = columns.map(({ title }) => escaped(title));
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...texts.map((row) => [...(row[column] ?? "")].length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => padded(text, widths[column] ?? 0, columns[column]?.align)).join(" | ")} |`;
  const rule = columns.map(({ align }, column) => {
    const width = widths[column] ?? 3;
    return align === "right" ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
  });
  return [line(heads), `| ${rule.join(" | ")} |`, ...texts.map(line)].join("\n");
}

function padded(text: string, width: number, align: "right" | undefined): string {
  const room = " ".repeat(Math.max(0, width - [...text].length));
  return align === "right" ? `${room}${text}` : `${text}${room}`;
}

/** Nothing that a device or a document says becomes markup, or breaks a line of a table. */
function escaped(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/[\\`*_[\]<>|#~]/g, (mark, at: number) => (isInsideWord(mark, text, at) ? mark : `\\${mark}`))
    .replace(/&(?=#?\w+;)/g, "\\&");
}

/** An underscore inside a word means nothing to Markdown. */
function isInsideWord(mark: string, text: string, at: number): boolean {
  return mark === "_" && /\w/.test(text[at - 1] ?? "") && /\w/.test(text[at + 1] ?? "");
}
