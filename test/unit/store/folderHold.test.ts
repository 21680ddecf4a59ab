import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "../../../src/kernel/systemClock";
import { holdFolder } from "../../../src/store/folderHold";

const clock = createSystemClock();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hold-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function taken(name: string, at = folder) {
  const hold = await holdFolder(at, name, clock);
  if (!hold.ok) throw new Error(hold.error);
  return hold.value;
}

/** What a process leaves that was killed while it held the folder. */
async function abandoned(): Promise<void> {
  const path = join(folder, ".in-use.0a0a0a0a");
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.stdout.write("up"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((up) => child.stdout.once("data", up));
  child.kill("SIGKILL");
  await new Promise((ended) => child.once("exit", ended));
  expect(existsSync(path)).toBe(true);
}

test("one at a time, and who has it is named; free again afterwards, with nothing left behind", async () => {
  const first = await taken("process 12, since noon", join(folder, "made"));
  expect(await holdFolder(join(folder, "made"), "another", clock)).toEqual({
    ok: false,
    error: "process 12, since noon",
  });
  await first.release();
  const second = await taken("another", join(folder, "made"));
  await second.release();
  expect(readdirSync(join(folder, "made"))).toEqual([]);
});

test("what a killed process has left is in nobody's way", async () => {
  await abandoned();
  const hold = await taken("next");
  expect(await holdFolder(folder, "another", clock)).toEqual({ ok: false, error: "next" });
  await hold.release();
  expect(readdirSync(folder)).toEqual([]);
});

test("of many that come at once after such an end, one has it", async () => {
  for (let round = 0; round < 5; round++) {
    await abandoned();
    const all = await Promise.all(Array.from({ length: 6 }, (_, at) => holdFolder(folder, `number ${at}`, clock)));
    const holds = all.flatMap((one) => (one.ok ? [one.value] : []));
    expect(holds).toHaveLength(1);
    await holds[0]?.release();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("where it can't be told, nobody is kept out", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  await (await taken("a", file)).release();
  await (await taken("b", join(folder, "x".repeat(120)))).release();
  await (await taken("c", join(file, "below"))).release();
});
