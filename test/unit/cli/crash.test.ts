import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { lastWords, sourceStack } from "../../../src/cli/crash";

const at = new Date("2026-11-23T10:15:30.123Z");
const bug = Object.assign(new Error("two\nlines"), { stack: "Error: two\nlines\n    at f (/x/y.js:1:2)" });

test("in a container: one line of priority 3, the stack as JSON", () => {
  const line = lastWords(bug, { isTerminal: false, json: false, at });
  expect(line).toBe(
    '<3> 2026-11-23 10:15:30.123 +00:00 [ERR] - Ended by a bug of its own: two lines {"stack":"Error: two\\nlines\\n    at f (/x/y.js:1:2)"}\n',
  );
});

test("as JSON: one object with level and time", () => {
  expect(JSON.parse(lastWords("thrown text", { isTerminal: false, json: true, at }))).toEqual({
    level: 60,
    time: 1795428930123,
    msg: "Ended by a bug of its own: thrown text",
    stack: "thrown text",
  });
});

test("a stack of the bundle is told in the places of the sources, where the map is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-crash-"));
  try {
    const source = "// first line\nexport const a = 1;\nexport function broken() {\n  throw new Error('x');\n}\n";
    const { code, map } = transformSync(source, {
      minify: true,
      format: "cjs",
      sourcemap: "external",
      sourcefile: "../src/a.ts",
    });
    const column = code.indexOf("throw") + 1;
    writeFileSync(join(folder, "main.cjs.map"), map);
    expect(sourceStack(`at f (${folder}/main.cjs:1:${column})`)).toBe("at f (src/a.ts:4:3)");
    expect(sourceStack(`at f (${folder}/workshop.cjs:1:${column})`)).toBe(`at f (${folder}/workshop.cjs:1:${column})`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
