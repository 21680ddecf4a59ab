import { fittedHelp } from "../../../src/cli/help";
import { tableLines, wrapped } from "../../../src/cli/textTable";

const HELP = `Usage: modbus-edge thing FILE [--with-a-very-long-option-that-nobody-would-wrap]

One sentence that was broken
where the editor's line ended.

  --short       says something
                in two lines
  --other TEXT  the second

A remark.
Exit code: 0 good.

Example: modbus-edge thing a-file-with-a-long-name.json
`;

test("on a narrow terminal paragraphs are wrapped anew, options keep their column, what is typed stays whole", () => {
  const narrow = { isTerminal: true, size: () => ({ columns: 40, rows: 24 }) };
  expect(
    fittedHelp(HELP, narrow),
  ).toBe(`Usage: modbus-edge thing FILE [--with-a-very-long-option-that-nobody-would-wrap]

One sentence that was broken where the
editor's line ended.

  --short       says something in two
                lines
  --other TEXT  the second

A remark.
Exit code: 0 good.

Example: modbus-edge thing a-file-with-a-long-name.json
`);
});

test("elsewhere a help stays as it is", () => {
  expect(fittedHelp(HELP, { isTerminal: false, size: () => ({ columns: 40, rows: 24 }) })).toBe(HELP);
  expect(fittedHelp(HELP, { isTerminal: true, size: () => ({ columns: 120, rows: 24 }) })).toBe(HELP);
});

test("a table is cut in the columns that give, the widest first, and never in the others", () => {
  const columns = [{ title: "name", gives: true }, { title: "where" }, { title: "n", align: "right" }] as const;
  const rows = [
    ["aRatherLongNameOfADevice", "holding 200 (400201)", "7"],
    ["b", "coil 8 (000009)", "12"],
  ];
  expect(tableLines(columns, rows, 42)).toEqual([
    "  name            where                  n",
    "  aRatherLongNa…  holding 200 (400201)   7",
    "  b               coil 8 (000009)       12",
  ]);
  expect(tableLines(columns, rows, 10).map((line) => line.length)).toEqual([36, 36, 36]);
  expect(tableLines(columns, rows, Number.POSITIVE_INFINITY)[1]).toContain("aRatherLongNameOfADevice");
});

test("a word longer than the line stands alone; a percent sign stays with its number", () => {
  expect(wrapped("a wordThatIsLongerThanTheLine b", 10, "  ")).toBe("a\n  wordThatIsLongerThanTheLine\n  b");
  expect(wrapped("  takes 136 % of it", 11, "")).toBe("  takes\n136 % of it");
  expect(wrapped("all of 32 768 bytes", 10, "")).toBe("all of\n32 768\nbytes");
});
