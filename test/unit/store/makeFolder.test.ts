import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../src/store/makeFolder";

const folder = mkdtempSync(join(tmpdir(), "make-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("makes what is missing, leaves what is there, also for several at once", async () => {
  const deep = join(folder, "a", "b", "c");
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder, "a", "d"))]);
  await makeFolder(deep);
  expect(statSync(deep).isDirectory()).toBe(true);
});

test("where there can be none it says so and ends", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  await expect(makeFolder(file)).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(file, "x", "y"))).rejects.toMatchObject({ code: "ENOTDIR" });
  if (existsSync("/proc/self")) await expect(makeFolder("/proc/nope/data")).rejects.toMatchObject({ code: "ENOENT" });
});
