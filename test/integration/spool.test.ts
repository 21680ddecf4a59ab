import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOutbox, DEFAULT_BOUNDS, type Outbox } from "../../src/cloud/outbox";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createLevelStore } from "../../src/store/levelStore";
import { createQuarantineFolder } from "../../src/store/quarantineFolder";
import { createMemoryLog } from "../support/memoryLog";
import { eventually } from "../support/moduleProcess";
import { aMessage, createScriptedHub } from "../support/scriptedHub";

/** The outbox on real files (LevelDB). */
let folder: string;
const open: Outbox[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-spool-"));
});

afterEach(async () => {
  for (const outbox of open.splice(0)) await outbox.close();
  rmSync(folder, { recursive: true, force: true });
});

async function life(path = join(folder, "spool")) {
  const log = createMemoryLog();
  const hub = createScriptedHub();
  const store = createLevelStore(path, log);
  const outbox = createOutbox({ hub, clock: createSystemClock(), log, store, bounds: DEFAULT_BOUNDS });
  open.push(outbox);
  await outbox.start();
  const acknowledgeUntil = (count: number): Promise<true> =>
    eventually(`${count} messages are acknowledged`, () => {
      for (const send of [...hub.pending]) send.acknowledge();
      return hub.acknowledged.length >= count;
    });
  return { log, hub, outbox, acknowledgeUntil };
}

async function leave(count: number, body = "{}"): Promise<void> {
  const { outbox } = await life();
  for (let number = 0; number < count; number++)
    outbox.offer(`d${number % 5}`, { ...aMessage(`d${number % 5}-${String(number).padStart(5, "0")}`), body });
  await outbox.close();
}

function files(extension: string): string[] {
  return readdirSync(join(folder, "spool")).filter((name) => name.endsWith(extension));
}

test("what one life leaves the next delivers, each device in order; then nothing is left on the disk", async () => {
  await leave(1000, `{"text":"äöü€😀 ${"x".repeat(300)}"}`);
  const { hub, outbox, acknowledgeUntil } = await life();
  expect(outbox.status()).toMatchObject({ recovered: 1000 });
  await acknowledgeUntil(1000);
  for (let device = 0; device < 5; device++) {
    const own = hub.acknowledged.filter((id) => id.startsWith(`d${device}-`));
    expect(own).toEqual([...own].sort());
  }
  expect(new Set(hub.acknowledged).size).toBe(1000);
  await outbox.close();
  expect(existsSync(join(folder, "spool"))).toBe(false);
});

test("a body comes back as it was, every character", async () => {
  const body = `{"text":"ä€😀\\n\\u0000","big":18446744073709551.615}`;
  await leave(1, body);
  const { hub } = await life();
  const send = await eventually("it is sent", () => hub.pending[0]);
  expect(send.message).toEqual({ ...aMessage("d0-00000"), body });
});

test("a manifest that is damaged: the folder is set aside, a mended copy delivers what it holds", async () => {
  await leave(200, `{"x":"${"y".repeat(500)}"}`);
  for (const name of readdirSync(join(folder, "spool")).filter((one) => one.startsWith("MANIFEST")))
    writeFileSync(join(folder, "spool", name), "garbage garbage garbage");
  const { log, outbox, acknowledgeUntil } = await life();
  expect(outbox.status()).toMatchObject({ recovered: 200 });
  expect(log.lines.join("\n")).toMatch(/spool is damaged; it is set aside as .*spool\.bad-1/);
  expect(readdirSync(join(folder, "spool.bad-1")).length).toBeGreaterThan(0);
  await acknowledgeUntil(200);
});

test("the file CURRENT is missing: nothing is begun over what is left", async () => {
  await leave(50);
  rmSync(join(folder, "spool", "CURRENT"));
  const { outbox } = await life();
  expect(outbox.status()).toMatchObject({ recovered: 50 });
  expect(existsSync(join(folder, "spool.bad-1"))).toBe(true);
});

test("a damaged log: what can be read is delivered, the rest is said", async () => {
  await leave(400, `{"x":"${"y".repeat(500)}"}`);
  const [name] = files(".log");
  const file = join(folder, "spool", name ?? "");
  const bytes = readFileSync(file);
  bytes.fill(0x55, 100_000, 100_100);
  writeFileSync(file, bytes);
  const { log, outbox } = await life();
  const { recovered } = outbox.status();
  expect(recovered).toBeLessThan(400);
  expect(log.lines.join("\n")).toMatch(/a part of .*spool was damaged; messages in it are lost/);
});

test("a file where the data folder should be: said, and delivery goes on from memory", async () => {
  writeFileSync(join(folder, "data"), "not a folder");
  const { log, hub, outbox, acknowledgeUntil } = await life(join(folder, "data", "spool"));
  outbox.offer("a", aMessage("a1"));
  outbox.offer("a", aMessage("a2"));
  await eventually("the spool fails", () => outbox.status().spool.state === "failing");
  expect(outbox.status().spool.reason).toMatch(/there is a file where the data folder should be/);
  await acknowledgeUntil(2);
  expect(hub.acknowledged).toEqual(["a1", "a2"]);
  expect(log.lines).toHaveLength(1);
});

test("a full disk: said, delivery goes on", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status === 0;
  // Without the right to mount, a folder that can't be made stands for the disk; the test above has the rest.
  if (!mounted) writeFileSync(join(disk, "spool"), "");
  try {
    const { outbox, acknowledgeUntil } = await life(join(disk, mounted ? "spool" : "spool/below"));
    const body = `{"x":"${Array.from({ length: 2000 }, (_, at) => at).join()}"}`;
    for (let number = 0; number < 100; number++) outbox.offer(`d${number % 5}`, { ...aMessage(`d${number}`), body });
    await eventually("the spool fails", () => outbox.status().spool.state === "failing");
    if (mounted) expect(outbox.status().spool.reason).toMatch(/the disk is full/);
    await acknowledgeUntil(100);
    expect(outbox.status()).toMatchObject({ acknowledged: 100, dropped: 0 });
    await outbox.close();
  } finally {
    if (mounted) spawnSync("umount", [disk]);
  }
});

test("a disk that gets full under a long backlog: all of it is delivered while the disk is full", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status === 0;
  try {
    const { outbox, acknowledgeUntil } = await life(join(disk, "spool"));
    const body = `{"x":"${Array.from({ length: 2000 }, (_, at) => at).join()}"}`;
    const offer = (from: number, below: number): void => {
      for (let number = from; number < below; number++)
        outbox.offer(`d${number % 5}`, { ...aMessage(`d${number}`), body });
    };
    // 6 MB: memory keeps 2 of them.
    offer(0, 600);
    await eventually("the backlog is on the disk", () => outbox.status().spool.written > 600 * body.length);
    // Without the right to mount the disk does not get full, and the rest must hold all the same.
    const filler = ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=64k", "oflag=append", "conv=notrunc"];
    const fill = (): void => void (mounted && spawnSync("dd", filler, { stdio: "ignore" }));
    fill();
    offer(600, 700);
    let offered = 700;
    if (mounted)
      await eventually("the spool fails", () => {
        // LevelDB tidies up behind the backlog, which gives room back.
        fill();
        offer(offered, offered + 1);
        offered += 1;
        return outbox.status().spool.state === "failing";
      });
    await acknowledgeUntil(offered);
    expect(outbox.status()).toMatchObject({ acknowledged: offered, dropped: 0, queued: 0 });
    await outbox.close();
  } finally {
    if (mounted) spawnSync("umount", ["--lazy", disk]);
  }
}, 40_000);

test("a start on a full disk: what waits there is found and goes before what is new", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]).status === 0;
  try {
    const path = join(disk, "spool");
    const first = await life(path);
    const body = `{"x":"${"y".repeat(8000)}"}`;
    for (let number = 100; number < 200; number++) first.outbox.offer("d", { ...aMessage(`d${number}`), body });
    await first.outbox.close();
    if (mounted) spawnSync("dd", ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=4k"], { stdio: "ignore" });
    const { hub, outbox, acknowledgeUntil } = await life(path);
    expect(outbox.status()).toMatchObject({ recovered: 100 });
    outbox.offer("d", aMessage("d900"));
    await acknowledgeUntil(101);
    expect(hub.acknowledged).toEqual([...hub.acknowledged].sort());
    await outbox.close();
  } finally {
    if (mounted) spawnSync("umount", ["--lazy", disk]);
  }
}, 40_000);

test("another process that uses the folder is named", async () => {
  await leave(1);
  await life();
  const second = await life();
  expect(second.outbox.status().spool).toMatchObject({ state: "failing" });
  expect(second.outbox.status().spool.reason).toMatch(/another process uses the data folder/);
});

test("messages put aside are files; the newest fifty are kept", async () => {
  const quarantine = createQuarantineFolder(join(folder, "quarantine"), createMemoryLog());
  for (let number = 100; number < 160; number++) quarantine.keep(`2026-01-01T00:00:00.${number}Z-a/b`, { number });
  await quarantine.close();
  const names = readdirSync(join(folder, "quarantine"));
  expect(names).toHaveLength(50);
  expect(names.sort()[0]).toBe("2026-01-01T00_00_00.110Z-a_b.json");
});
