import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type PduServer, startPduServer } from "../support/pduServer";
import { readSource, sourceFiles } from "../support/sourceFacts";

/** `modbus-edge/client` as somebody gets it who installs the package: packed, unpacked elsewhere, used by name. */
const root = join(__dirname, "../..");
const run = promisify(execFile);
let folder: string;
let server: PduServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-client-"));
  const npm = process.env["npm_execpath"];
  const [command, first] = npm?.endsWith(".js") === true ? [process.execPath, [npm]] : ["npm", []];
  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  execFileSync(command, [...first, ...args], { cwd: root, stdio: "pipe" });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("tar", ["xzf", join(folder, archive), "-C", folder]);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(folder, "package"), join(folder, "node_modules/modbus-edge"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  server = await startPduServer({ registers: new Map([[7, 4711]]), coils: new Map() });
}, 60_000);

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const USE = `
  const client = await open({ transport: "tcp", host: "127.0.0.1", port: ${"PORT"} });
  const [value] = await client.read(1, "holding", 7, 1);
  const error = await client.read(1, "holding", 8, 1).catch((reason) => reason);
  const fault = await open({ transport: "tcp" }).catch((reason) => reason);
  await client.close();
  console.log(JSON.stringify([value, error instanceof ModbusError, error.exceptionName, fault.kind, fault.problems[0].path]));
`;
const EXPECTED = [4711, true, "illegal data address", "configuration", "/host"];

async function use(file: string, text: string): Promise<unknown> {
  writeFileSync(join(folder, file), text.replace("PORT", String(server.port)));
  const { stdout, stderr } = await run(process.execPath, [join(folder, file)], { cwd: folder, timeout: 15_000 });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("by import", async () => {
  const text = `import { ModbusError, open } from "modbus-edge/client";\n${USE}`;
  expect(await use("by-import.mjs", text)).toEqual(EXPECTED);
});

test("by require", async () => {
  const text = `const { ModbusError, open } = require("modbus-edge/client");\n(async () => {${USE}})();`;
  expect(await use("by-require.cjs", text)).toEqual(EXPECTED);
});

test("by both: one client, one class of errors", async () => {
  const text = `import { createRequire } from "node:module";
import * as imported from "modbus-edge/client";
const required = createRequire(import.meta.url)("modbus-edge/client");
console.log(JSON.stringify([Object.keys(required).sort(), imported.open === required.open, imported.ModbusError === required.ModbusError]));`;
  expect(await use("both.mjs", text)).toEqual([["ModbusError", "isModbusError", "open"], true, true]);
});

const CONSUMER = `import { type ConnectionOptions, isModbusError, type ModbusClient, open } from "modbus-edge/client";
const connection: ConnectionOptions = { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8E1" };
export async function use(): Promise<number> {
  const client: ModbusClient = await open(connection, { signal: AbortSignal.timeout(1000) });
  const registers: number[] = await client.read(1, "holding", 0, 2, { timeoutMs: 100, retries: 1 });
  const bits: boolean[] = await client.read(1, "coil", 0, 2);
  const fifo = await client.request(1, { kind: "readFifoQueue", address: 1 } as const);
  const count: number = fifo.registers.length;
  client.onState((state, reason) => state === "closed" && reason.length > 0);
  // @ts-expect-error coils are no numbers
  await client.write(1, "coil", 0, 1);
  // @ts-expect-error input registers can't be written
  await client.write(1, "input", 0, 1);
  // @ts-expect-error a serial line needs its settings
  await open({ transport: "serial", path: "/dev/ttyUSB0" }).catch((error) => isModbusError(error) && error.exceptionCode);
  await client.close();
  return registers.length + bits.length + count;
}
`;

test.each([
  ["consumer.mts", "nodenext"],
  ["consumer.cts", "nodenext"],
  ["consumer.ts", "bundler"],
])("types: %s with resolution %s", async (file, moduleResolution) => {
  writeFileSync(join(folder, file), CONSUMER);
  const module = moduleResolution === "bundler" ? "preserve" : "nodenext";
  const compilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, target: "es2022", module, moduleResolution },
    ...{ typeRoots: [join(root, "node_modules/@types")], types: ["node"], skipLibCheck: false },
  };
  const project = join(folder, `${file}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await run(process.execPath, [tsc, "-p", project], { cwd: folder, timeout: 60_000 }).catch(
    (error: { readonly stdout: string }) => error,
  );
  // Types of Node are not ours.
  expect(stdout.split("\n").filter((line) => line.includes("error") && !line.includes("@types"))).toEqual([]);
});

test("no Azure, and nothing of the module but the wire, in its bundle", () => {
  const map = JSON.parse(readFileSync(join(root, "dist/client.cjs.map"), "utf8")) as { readonly sources: string[] };
  const rooms = new Set(map.sources.flatMap((path) => /^\.\.\/src\/(\w+)/.exec(path)?.[1] ?? []));
  expect([...rooms].sort()).toEqual(["bus", "client", "core", "kernel"]);
  const packages = new Set(map.sources.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  expect(
    [...packages].filter(
      (name) => !/^(@serialport\/|serialport$|zod$|debug$|ms$|supports-color$|has-flag$)/.test(name),
    ),
  ).toEqual([]);
});

test("no Azure in the graph of its sources", () => {
  const source = join(root, "src");
  const files = new Map(sourceFiles(source).map((file) => [readSource(file, source).path, readSource(file, source)]));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const waiting = ["client"];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { target, specifier } of files.get(path)?.imports ?? []) {
      if (target === undefined) packages.add(specifier);
      else waiting.push(target);
    }
  }
  const foreign = [...packages].filter((name) => !name.startsWith("node:"));
  expect(foreign.filter((name) => !/^(zod|serialport|@serialport\/.*)$/.test(name))).toEqual([]);
  expect([...seen].filter((path) => /^(cloud|runtime|operator|store|cli|app)(\/|$)/.test(path))).toEqual([]);
  expect(seen.size).toBeGreaterThan(30);
});
