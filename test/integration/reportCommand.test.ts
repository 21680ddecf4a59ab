import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "../../src/cli/report";
import { runCommand } from "../support/commandLine";
import { freePort } from "../support/foreignServer";
import { startModbusSerial } from "../support/nodeServers";
import { type Image, imageAnswer, type PduServer, startPduServer } from "../support/pduServer";

/** `report` on devices of the test and of modbus-serial. */
let server: PduServer;
let image: Image;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  image = { registers: new Map([...Array(20).keys()].map((n) => [n, 100 * n])), coils: new Map() };
  image.registers.set(11, 1101);
  server = await startPduServer(image);
  server.answer = (unit, pdu) => {
    if (unit === 8) return undefined;
    if (unit === 9) return `${((pdu[0] ?? 0) | 0x80).toString(16)}0b`;
    return pdu[0] === 17 ? "110341422d" : imageAnswer(image, pdu);
  };
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-report-"));
});

afterEach(async () => {
  await server.close();
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  rmSync(folder, { recursive: true });
});

const point = { table: "holding", address: 3, type: "uint16" };

function site(more: object = {}, connections: object = {}): string {
  const file = join(folder, "site.json");
  const plant = { transport: "tcp", host: "127.0.0.1", port: server.port, responseTimeoutMs: 150 };
  const boiler = {
    connection: "plant",
    unitId: 7,
    points: {
      supply: { ...point, scale: 0.1, unit: "degreeCelsius", title: "<i>Supply</i>" },
      alarm: { ...point, address: 4, max: 100 },
      missing: { ...point, address: 500 },
      setpoint: { ...point, address: 5, access: "readWrite", writeMin: 10, writeMax: 80 },
      reset: { ...point, address: 6, access: "write" },
      energy: { ...point, address: 8, type: "uint64" },
    },
  };
  const document = {
    schemaVersion: 1,
    connections: { plant, ...connections },
    devices: { boiler, ...more },
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

test("a device: values with their quality, identity, latency, what may be written; nothing is written", async () => {
  const { code, out } = await runCommand(report, [site(), "--json"]);
  expect(code).toBe(0);
  expect(out).toContain('"energy":{"value":225183846904628301');
  const { devices, writes, connections } = JSON.parse(out);
  expect(devices.boiler).toMatchObject({
    state: "degraded",
    reason: expect.stringMatching(/^1 of 5 points could not be read\. unit 7 at .*addresses here count from 0/),
    identity: { serverId: { text: "AB-" } },
    failures: expect.any(Number),
    latencyMs: { usual: expect.any(Number) },
    points: {
      supply: { value: 30, unit: "degreeCelsius" },
      alarm: { bad: "outOfRange" },
      missing: { bad: "exception:2" },
      setpoint: { value: 500 },
      reset: { detail: "only written, never read" },
    },
  });
  expect(devices.boiler.points.reset).not.toHaveProperty("value");
  expect(writes).toMatchObject([{ point: "setpoint", limits: "10 … 80" }, { point: "reset" }]);
  expect(connections).toMatchObject([{ name: "plant", points: 6 }]);
  const functions = new Set(server.requests.map((request) => request.split(":")[1]?.slice(0, 2)));
  expect([...functions].sort()).toEqual(["03", "11", "2b"]);
});

test("a device that answers under another unit id, as its configuration allows", async () => {
  server.answersAs = 1;
  const strict = { connection: "plant", unitId: 12, points: { x: point } };
  const stateOf = async (boiler: object) => {
    const { out } = await runCommand(report, [site({ boiler }), "--json"]);
    return JSON.parse(out).devices.boiler;
  };
  expect(await stateOf({ ...strict, lenientUnitId: true })).toMatchObject({
    ...{ state: "online", identity: { serverId: { text: "AB-" } } },
  });
  expect(await stateOf(strict)).toMatchObject({ state: "offline" });
});

test("who is away is there with the reason, beside who is not; exit 1", async () => {
  const more = {
    silent: { connection: "plant", unitId: 8, points: { x: point } },
    absent: { connection: "plant", unitId: 9, points: { x: point } },
    spare: { connection: "plant", unitId: 10, enabled: false, points: { x: point } },
    far: { connection: "nowhere", unitId: 1, points: { x: point } },
    deaf: { connection: "plant", unitId: 11, points: { x: { ...point, access: "write" } } },
  };
  const file = site(more, { nowhere: { transport: "tcp", host: "127.0.0.1", port: 1 } });
  const { code, out } = await runCommand(report, [file]);
  expect(code).toBe(1);
  expect(out).toContain("- Devices: **1 of 5 online**");
  expect(out).toMatch(/- State: \*\*offline: unit 8 at 127\.0\.0\.1:\d+ gave no answer within 150 ms/);
  expect(out).toMatch(/- State: \*\*offline: unit 9 .* exception 11 \(gateway target device failed to respond\)/);
  expect(out).toMatch(/- State: \*\*offline: .*nothing listens on port 1/);
  expect(out).toContain("- State: disabled: switched off in the configuration");
  expect(out).toContain("- State: unknown: none of its points can be read");
  expect(out).toMatch(
    /\| supply +\| holding 3 \(400004\) +\| +30 \| degreeCelsius \| good +\| \\<i\\>Supply\\<\/i\\> +\|/,
  );
});

test("a page for printing, into a file; of a server of modbus-serial", async () => {
  const port = await freePort();
  const foreign = await startModbusSerial("tcp", port);
  closing.push(() => foreign.close());
  const file = site(
    { other: { connection: "plc", unitId: 1, points: { x: point } } },
    { plc: { transport: "tcp", host: "127.0.0.1", port } },
  );
  const args = [file, "--device", "other", "--html", "--out", "sheet.html", "--title", "Plant <7>", "--no-identify"];
  const { code, files, out } = await runCommand(report, args);
  expect({ code, out }).toEqual({ code: 0, out: "" });
  const html = files.get("sheet.html") ?? "";
  expect(html).toMatch(/^<!DOCTYPE html>/);
  expect(html).toContain("<h1>Plant &lt;7&gt;</h1>");
  expect(html).toContain('<td class="good">online</td>');
  expect(html).not.toContain("boiler (unit 7");
  expect(server.requests).toEqual([]);
});

test("of a running module: its status instead of a visit, also in the envelope of a method", async () => {
  const status = {
    devices: {
      boiler: {
        state: "online",
        reason: "",
        requests: 90,
        failures: 2,
        latencyMs: 4.2,
        bad: { missing: "exception:2" },
      },
    },
  };
  const answer = join(folder, "status.json");
  writeFileSync(answer, JSON.stringify({ status: 200, payload: status }));
  const { code, out } = await runCommand(report, [site(), "--from-status", answer]);
  expect(code).toBe(0);
  expect(server.requests).toEqual([]);
  expect(out).toContain("no device was asked");
  expect(out).toMatch(/\| boiler +\| plant +\| +7 \| online +\| +4\.2 ms \| +2 of 90 \|/);
  expect(out).toContain("Its points were not read for this sheet.");
  writeFileSync(answer, "[1]");
  const wrong = await runCommand(report, [site(), "--from-status", answer]);
  expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('has no "devices"') });
});

test("a configuration with problems: what is good is visited, the rest is named; exit 1", async () => {
  const file = site({ bad: { connection: "plnt", unitId: 1, points: { x: point } } });
  const { code, out } = await runCommand(report, [file, "--no-identify"]);
  expect(code).toBe(1);
  expect(out).toMatch(/## Problems\n\n(\|.*\n){2}\| \/devices\/bad/);
  expect(out).toContain("### boiler");
});

test("stopped, it ends with what there is", async () => {
  const stop = new AbortController();
  const answer = server.answer;
  server.answer = (unit, pdu) => {
    stop.abort();
    return answer(unit, pdu);
  };
  const file = site({ second: { connection: "plant", unitId: 12, points: { x: point } } });
  const { out } = await runCommand(report, [file], { signal: stop.signal });
  expect(out).toContain("stopped before the end");
  expect(out).toContain("not visited: it was stopped");
});

test.each<[string[], number, RegExp]>([
  [[], 2, /which configuration/],
  [["a", "b"], 2, /one configuration/],
  [["a", "--html", "--json"], 2, /either/],
  [["a", "--bogus"], 2, /bogus/],
  [["-", "--from-status", "-"], 2, /standard input/],
  [["/nonexistent.json"], 1, /nonexistent/],
  [["/bin/sh"], 1, /./],
])("%j is answered in a sentence", async (args, expected, reason) => {
  const { code, err, out } = await runCommand(report, args);
  expect(code).toBe(expected);
  expect(err).toMatch(reason);
  expect(err).not.toMatch(/ {4}at /);
  expect(out).toBe("");
});

test("a device that the configuration does not have", async () => {
  const { code, err } = await runCommand(report, [site(), "--device", "bolier"]);
  expect(code).toBe(1);
  expect(err).toContain('did you mean "boiler"');
});
