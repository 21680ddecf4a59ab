import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";

/** The bundle's `read` and `write` against the bundle's simulator: TCP and a pseudo serial line. */
const example = join(__dirname, "../../examples/boiler.json");
let folder: string;
let config: string;
let simulator: ModuleProcess;
let served: { hall: { path: string }; plant: { port: number } };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-field-"));
  config = join(folder, "simulated.json");
  simulator = startModule(["simulate", example, "--write-config", config, "--json"]);
  await eventually(
    "the simulator serves",
    () => simulator.out().includes('"served"') && existsSync(config),
    simulator.err,
  );
  served = JSON.parse(simulator.out().split("\n")[0] ?? "").served;
}, 30_000);

afterAll(async () => {
  simulator.kill("SIGTERM");
  await simulator.ended;
  rmSync(folder, { recursive: true });
});

async function run(
  ...args: string[]
): Promise<{ readonly code: number | string; readonly out: string; readonly err: string }> {
  const command = startModule(args);
  const code = await command.ended;
  return { code, out: command.out(), err: command.err() };
}

test("the points of a device on a serial line, and a set point written there", async () => {
  const { code, out, err } = await run("read", "--config", config, "boiler", "supplyTemperature", "setpoint", "--json");
  expect([code, err]).toEqual([0, ""]);
  const { values } = JSON.parse(out);
  expect(values.map(({ point }: { point: string }) => point)).toEqual(["supplyTemperature", "setpoint"]);
  expect(values[0].value).toBeCloseTo(values[0].registers[0] * 0.1, 9);

  const written = await run("write", "--config", config, "boiler", "setpoint=33.5");
  expect([written.code, written.err]).toEqual([0, ""]);
  expect(written.out).toContain(
    "holding 200 (400201) = 33.5 degreeCelsius (0043), read back 33.5 degreeCelsius (0043): verified",
  );
  const direct = ["--serial", served.hall.path, "--line", "19200 8E1", "--unit", "7", "40201"];
  expect((await run("read", ...direct)).out).toContain("holding 200 (400201)  0043  67        67");
}, 30_000);

test("registers over TCP, with their candidates, as the profile reads them", async () => {
  const { out, code } = await run("read", "--config", config, "mainMeter", "voltageL1", "--json");
  expect(code).toBe(0);
  const [{ table, address, registers }] = JSON.parse(out).values;
  expect(registers).toHaveLength(2);
  const where = ["--host", `127.0.0.1:${served.plant.port}`, "--table", table, String(address)];
  const raw = JSON.parse((await run("read", ...where, "--count", "2", "--json")).out);
  expect(raw.values[0]).toMatchObject({ table, address, candidates: { "0": { "float32 ABCD": expect.any(Number) } } });
}, 30_000);

test("nobody there: a sentence, exit 1", async () => {
  const where = ["--serial", served.hall.path, "--line", "19200 8E1", "--unit", "99", "--timeout", "100"];
  const { code, err } = await run("read", ...where, "40001");
  expect(code).toBe(1);
  expect(err).toMatch(
    /^unit 99 on \/dev\/pts\/\d+ gave no answer within \d+ ms\. Wrong unit id, wrong baud rate or parity/,
  );
}, 30_000);
