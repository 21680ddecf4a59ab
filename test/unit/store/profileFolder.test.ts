import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProfileFolder } from "../../../src/store/profileFolder";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "profiles-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test("an absent folder is an empty one", async () => {
  expect(await readProfileFolder(join(root, "none"))).toEqual(new Map());
});

test("every NAME.json is handed on as text, unread, by its name and in order; other files are not", async () => {
  await writeFile(join(root, "b-meter.json"), '{"title":"B"}');
  await writeFile(join(root, "a-meter.json"), "{ broken");
  await writeFile(join(root, "notes.txt"), "x");
  expect([...(await readProfileFolder(root))]).toEqual([
    ["a-meter", { ok: true, value: "{ broken" }],
    ["b-meter", { ok: true, value: '{"title":"B"}' }],
  ]);
});

test("what can't be read costs only itself, and says why", async () => {
  await mkdir(join(root, "folder.json"));
  execFileSync("mkfifo", [join(root, "pipe.json")]);
  await writeFile(join(root, "huge.json"), "x".repeat(1024 * 1024 + 1));
  await writeFile(join(root, "good.json"), "{}");
  const texts = await readProfileFolder(root);
  expect(texts.get("good")).toEqual({ ok: true, value: "{}" });
  expect(texts.get("folder")).toEqual({ ok: false, error: `${root}/folder.json is not a file` });
  expect(texts.get("pipe")).toEqual({ ok: false, error: `${root}/pipe.json is not a file` });
  expect(texts.get("huge")).toEqual({
    ok: false,
    error: `${root}/huge.json has 1048577 bytes; a profile has at most 1048576`,
  });
});

test("a file in place of the folder is said", async () => {
  const path = join(root, "file");
  await writeFile(path, "x");
  const texts = await readProfileFolder(path);
  expect([...texts.keys()]).toEqual([""]);
  expect(texts.get("")).toMatchObject({ ok: false, error: expect.stringContaining(path) });
});
