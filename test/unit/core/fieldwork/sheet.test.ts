import { cell, fact, type Sheet } from "../../../../src/core/fieldwork/sheet";
import { sheetHtml } from "../../../../src/core/fieldwork/sheetHtml";
import { sheetMarkdown } from "../../../../src/core/fieldwork/sheetMarkdown";

const HOSTILE = `<script>alert("1")</script> & 'x' | **b** [a](javascript:b) \`c\`\n# d &lt;\u001b[31m\u0000\u2028e\\`;

function sheet(text: string): Sheet {
  return {
    title: text,
    facts: [fact(text, text, "bad")],
    sections: [
      {
        title: text,
        level: 2,
        facts: [],
        table: { columns: [{ title: text }, { title: "n", align: "right" }], rows: [[cell(text), cell(text, "good")]] },
      },
      { title: "nothing", level: 3, facts: [], empty: text },
    ],
  };
}

test("HTML: whatever is said stays text; nothing is fetched, nothing runs", () => {
  const html = sheetHtml(sheet(HOSTILE));
  expect(html).not.toMatch(/<script|<\/script|(?!\n)\p{Cc}/u);
  expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;");
  expect(html).toContain("&amp;lt;");
  expect(html).not.toMatch(/(?:src|href|url)\s*[=(]/);
  expect(html).toContain("default-src 'none'");
  const tags = [...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag);
  const known = "html head meta title style body h1 h2 h3 dl dt dd table thead tbody tr th td p".split(" ");
  expect(tags.filter((tag) => !known.includes(tag ?? ""))).toEqual([]);
});

test("Markdown: whatever is said stays text, and a row stays a row", () => {
  const text = sheetMarkdown(sheet(HOSTILE));
  const lines = text.split("\n");
  expect(text).not.toMatch(/(?!\n)\p{Cc}|\p{Zl}/u);
  expect(text).not.toMatch(/(?<!\\)[<>`]/);
  const rows = lines.filter((line) => line.startsWith("|"));
  expect(rows).toHaveLength(3);
  for (const row of rows) expect(row.match(/(?<!\\)\|/g)).toHaveLength(3);
  expect(lines.filter((line) => line.startsWith("#"))).toHaveLength(3);
  expect(text).toContain("\\*\\*b\\*\\* \\[a\\](javascript:b)");
});

test("columns are aligned, numbers to the right", () => {
  const table = {
    columns: [{ title: "Point" }, { title: "Value", align: "right" as const }],
    rows: [
      [cell("supply_temperature"), cell("1.5")],
      [cell("x"), cell("100", "bad")],
    ],
  };
  const text = sheetMarkdown({ title: "T", facts: [], sections: [{ title: "S", level: 2, facts: [], table }] });
  expect(text).toBe(`# T

## S

| Point              |   Value |
| ------------------ | ------: |
| supply_temperature |     1.5 |
| x                  | **100** |
`);
});
