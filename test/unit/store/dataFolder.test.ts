import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDataFolder } from "../../../src/store/dataFolder";
import { createMemoryLog } from "../../support/memoryLog";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "data-folder-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function setUp(path = join(root, "data")) {
  const log = createMemoryLog();
  return { path, log, data: createDataFolder(path, log) };
}

describe("a document", () => {
  test("survives a restart; the folder is made when it is needed", async () => {
    const { path, log, data } = setUp(join(root, "a", "b"));
    expect(await data.read("set-points")).toBeUndefined();
    await data.write("set-points", { boiler: { setpoint: "18446744073709551615" } });
    expect(await createDataFolder(path, log).read("set-points")).toEqual({
      boiler: { setpoint: "18446744073709551615" },
    });
    expect(await readdir(path)).toEqual(["set-points.json"]);
    expect(log.lines).toEqual([]);
  });

  test("is for our eyes only", async () => {
    const { path, data } = setUp();
    await data.write("secret", { a: 1 });
    expect((await stat(join(path, "secret.json"))).mode & 0o777).toBe(0o600);
  });

  test("of many written in a row the newest stands in the end, and each that stood was whole", async () => {
    const { path, data } = setUp();
    const seen: unknown[] = [];
    const writes: Promise<void>[] = [];
    for (let count = 1; count <= 50; count++) {
      writes.push(data.write("a", { count, filler: "x".repeat(10_000) }));
      if (count % 10 === 0) seen.push(await data.read("a"));
    }
    await Promise.all(writes);
    expect(JSON.parse(await readFile(join(path, "a.json"), "utf8"))).toMatchObject({ count: 50 });
    for (const document of seen) if (document !== undefined) expect(document).toHaveProperty("filler.length", 10_000);
    expect(await readdir(path)).toEqual(["a.json"]);
  });

  test("of those that wait for the disk only the newest is written", async () => {
    const { path, data } = setUp();
    const writes = [data.write("a", 1), data.write("a", 2), data.write("a", 3)];
    await writes[0];
    expect(await readFile(join(path, "a.json"), "utf8")).toBe("3");
    await data.write("a", 4);
    expect(await data.read("a")).toBe(4);
  });

  test("close waits for what is being written, of every name", async () => {
    const { path, data } = setUp();
    void data.write("a", 1);
    void data.write("a", 2);
    void data.write("b", 3);
    await data.close();
    expect(await readFile(join(path, "a.json"), "utf8")).toBe("2");
    expect(await readFile(join(path, "b.json"), "utf8")).toBe("3");
    await data.close();
  });
});

describe("a damaged document", () => {
  test.each(["", '{"a":', "\u0000\u0000\u0000"])(
    "%j is set aside, said, and gone for the next reader",
    async (text) => {
      const { path, log, data } = setUp();
      await mkdir(path);
      await writeFile(join(path, "a.json"), text);
      expect(await data.read("a")).toBeUndefined();
      expect(await data.read("a")).toBeUndefined();
      expect(log.lines).toEqual([`error: ${path}/a.json is damaged; it is set aside as ${path}/a.json.bad`]);
      expect(await readFile(join(path, "a.json.bad"), "utf8")).toBe(text);
      await data.write("a", { fine: true });
      expect(await data.read("a")).toEqual({ fine: true });
    },
  );

  test("what a crash left half written beside it does not count", async () => {
    const { path, data } = setUp();
    await data.write("a", { fine: true });
    await writeFile(join(path, "a.json.new"), '{"ha');
    expect(await data.read("a")).toEqual({ fine: true });
    await data.write("a", { fine: 2 });
    expect(await readdir(path)).toEqual(["a.json"]);
  });
});

describe("a folder that can't be written", () => {
  test("throws nowhere and is said once, until it has worked again", async () => {
    const { path, log, data } = setUp();
    await writeFile(path, "a file stands where the folder should be");
    expect(await data.read("a")).toBeUndefined();
    expect(await data.read("b")).toBeUndefined();
    await data.write("a", 1);
    await data.write("a", 2);
    await data.write("b", 3);
    const complaint = `error: the data folder ${path} can't be written: there is a file where the data folder should be; what is kept there will not survive a restart. MODBUS_EDGE_DATA names the folder (in a container: a volume at /data)`;
    expect(log.lines).toEqual([complaint]);
    expect(await data.read("a")).toBeUndefined();
    await rm(path);
    await data.write("a", 4);
    expect(await data.read("a")).toBe(4);
    await rm(path, { recursive: true });
    await writeFile(path, "again");
    await data.write("a", 5);
    expect(log.lines.filter((line) => line === complaint)).toHaveLength(2);
    await data.close();
  });

  test("is said at the first look, before anything is to be written", async () => {
    const { path, log, data } = setUp();
    await writeFile(path, "a file stands where the folder should be");
    expect(await data.read("a")).toBeUndefined();
    expect(log.lines).toEqual([expect.stringMatching(/^error: the data folder .* can't be written: there is a file/)]);
  });

  test("a document that is a folder is said and read as none", async () => {
    const { path, log, data } = setUp();
    await mkdir(join(path, "a.json"), { recursive: true });
    expect(await data.read("a")).toBeUndefined();
    expect(log.lines).toEqual([`error: ${path}/a.json can't be read`]);
  });
});
