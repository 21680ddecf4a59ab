import type { Fact, Section, Sheet, SheetTable, Tone } from "./sheet";

/** One file that needs nothing else: no scripts, no fonts, no pictures. Made to be printed on A4. */
export function sheetHtml(sheet: Sheet): string {
  const title = escaped(sheet.title);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
${factList(sheet.facts)}${sheet.sections.map(sectionHtml).join("")}</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light; }
body { font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; color: #1c2430; max-width: 68rem; margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem; border-bottom: 2px solid #d5dbe3; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.2rem; margin: 0 0 .8rem; }
dt { color: #5a6675; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #e3e8ee; overflow-wrap: anywhere; }
th { color: #5a6675; font-weight: 600; border-bottom-color: #b9c3cf; }
.right { text-align: right; }
.good { color: #14713a; }
.warning { color: #8a5200; }
.bad { color: #b3141d; font-weight: 600; }
p { color: #5a6675; }
@page { size: A4; margin: 15mm; }
@media print {
  body { font-size: 10px; margin: 0; padding: 0; max-width: none; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
}
`;

function sectionHtml({ title, level, facts, table, empty }: Section): string {
  const rows = table === undefined || table.rows.length === 0 ? note(empty) : tableHtml(table);
  return `<h${level}>${escaped(title)}</h${level}>\n${factList(facts)}${rows}`;
}

function note(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `<p>${escaped(text)}</p>\n`;
}

function factList(facts: readonly Fact[]): string {
  if (facts.length === 0) return "";
  const rows = facts.map(
    ({ name, text, tone }) => `<dt>${escaped(name)}</dt><dd${classOf(tone)}>${escaped(text)}</dd>\n`,
  );
  return `<dl>\n${rows.join("")}</dl>\n`;
}

function tableHtml({ columns, rows }: SheetTable): string {
  const heads = columns.map(({ title, align }) => `<th${classOf(align)}>${escaped(title)}</th>`);
  const lines = rows.map((row) => {
    const cells = row.map(({ text, tone }, at) => `<td${classOf(columns[at]?.align, tone)}>${escaped(text)}</td>`);
    return `<tr>${cells.join("")}</tr>\n`;
  });
  return `<table>\n<thead><tr>${heads.join("")}</tr></thead>\n<tbody>\n${lines.join("")}</tbody>\n</table>\n`;
}

function classOf(...names: readonly ("right" | Tone | undefined)[]): string {
  const given = names.filter((name) => name !== undefined);
  return given.length === 0 ? "" : ` class="${given.join(" ")}"`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Nothing that a device or a document says becomes markup. */
function escaped(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (mark) => (/\s/.test(mark) ? " " : "\ufffd"))
    .replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);
}
