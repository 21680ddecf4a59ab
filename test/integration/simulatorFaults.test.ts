import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ModbusRTU from "modbus-serial";
import { simulate } from "../../src/cli/simulate";
import { err, ok } from "../../src/kernel/result";

/** `simulate --faults`, seen by a client that is not ours. */
const example = join(__dirname, "../../examples/boiler.json");
const folder = mkdtempSync(join(tmpdir(), "faults-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Served {
  readonly plant: { readonly port: number };
  readonly hall: { readonly path: string };
}

async function run(faults: string): Promise<{ served: Served; stop: () => Promise<number> }> {
  const controller = new AbortController();
  let say: (text: string) => void = () => undefined;
  const spoken = new Promise<string>((resolve) => {
    say = resolve;
  });
  const exit = simulate([example, "--json", "--faults", faults], {
    out: (text) => say(text),
    err: () => undefined,
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (existsSync(path) ? ok(readFileSync(path, "utf8")) : err(`${path}: no such file`)),
    writeFile: async () => ok(undefined),
    signal: controller.signal,
  });
  const stop = (): Promise<number> => {
    controller.abort();
    return exit;
  };
  const first = await Promise.race([spoken, exit]);
  if (typeof first === "number") throw new Error(`exit ${first}`);
  return { served: JSON.parse(first).served, stop };
}

async function outcomes(client: ModbusRTU, unit: number, count: number): Promise<readonly string[]> {
  client.setID(unit);
  client.setTimeout(2000);
  const seen: string[] = [];
  for (let turn = 0; turn < count; turn++) {
    const outcome = client.readInputRegisters(unit === 1 ? 0 : 100, unit === 1 ? 2 : 1).then(
      () => "value",
      (error: Error & { modbusCode?: number }) =>
        error.modbusCode === undefined ? error.message : `exception ${error.modbusCode}`,
    );
    seen.push(await outcome);
  }
  return seen;
}

test("on TCP: an exception in place of the second answer, the third never comes", async () => {
  const { served, stop } = await run("plant: exception=6 #2, drop #3");
  const client = new ModbusRTU();
  client.on("error", () => undefined);
  await client.connectTCP("127.0.0.1", { port: served.plant.port });
  expect(await outcomes(client, 1, 4)).toEqual(["value", "exception 6", "Timed out", "value"]);
  await new Promise<void>((resolve) => client.close(() => resolve()));
  expect(await stop()).toBe(0);
});

test("on a terminal, from a file: noise instead of a checksum", async () => {
  const file = join(folder, "faults.txt");
  writeFileSync(file, "# the hall only\nhall: badCrc #2\n");
  const { served, stop } = await run(file);
  const client = new ModbusRTU();
  client.on("error", () => undefined);
  await client.connectRTUBuffered(served.hall.path, { baudRate: 19_200, parity: "even" });
  const [first, second, third] = await outcomes(client, 7, 3);
  expect([first, third]).toEqual(["value", "value"]);
  expect(second).not.toBe("value");
  await new Promise<void>((resolve) => client.close(() => resolve()));
  expect(await stop()).toBe(0);
});

test("a connection that refuses always: the system says so", async () => {
  const { served, stop } = await run("*: refuse");
  const client = new ModbusRTU();
  client.on("error", () => undefined);
  await expect(client.connectTCP("127.0.0.1", { port: served.plant.port })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  expect(await stop()).toBe(0);
});

test.each([
  ["planet: drop", 1],
  ["/nonexistent/faults.txt", 1],
  ["plant: dorp", 1],
])("%s: exit code %d", async (faults, code) => {
  await expect(run(faults)).rejects.toThrow(`exit ${code}`);
});
