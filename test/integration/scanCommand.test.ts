import { scan } from "../../src/cli/scan";
import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair } from "../../src/simulator/pty";
import { runCommand } from "../support/commandLine";
import { freePort } from "../support/foreignServer";
import { startModbusSerial } from "../support/nodeServers";
import { type Image, imageAnswer, type PduServer, startPduServer } from "../support/pduServer";

/** `scan` against servers of the test and of modbus-serial. */
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

const image: Image = { registers: new Map([[0, 7]]), coils: new Map() };

async function gateway(answer: PduServer["answer"]): Promise<PduServer> {
  const server = await startPduServer(image);
  server.answer = answer;
  closing.push(() => server.close());
  return server;
}

const refusal = (pdu: Buffer, code: string): string => `${((pdu[0] ?? 0) | 0x80).toString(16)}${code}`;
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const object = (id: number, text: string): string => `0${id}${text.length.toString(16).padStart(2, "0")}${ascii(text)}`;

/** FC 43/14 with vendor and product code. */
const identification = (category: string, vendor: string, product: string): string =>
  `2b0e${category}01000002${object(0, vendor)}${object(1, product)}`;

/** Units: 1 a register, 2 exceptions, 5 says who it is; 3 no path, 4 no answer behind the gateway, others 0B. */
function behindGateway(unit: number, pdu: Buffer): string | undefined {
  const identifies = pdu[0] === 43;
  if (unit === 1) return identifies ? refusal(pdu, "01") : imageAnswer(image, pdu);
  if (unit === 2) return refusal(pdu, "02");
  if (unit === 3) return refusal(pdu, "0a");
  if (unit === 4) return undefined;
  if (unit !== 5) return refusal(pdu, "0b");
  // A basic identification alone: the richer categories are refused.
  if (identifies) return pdu[2] === 1 ? identification("01", "Eastron", "SDM630 V2") : refusal(pdu, "03");
  return pdu[0] === 17 ? `1103${ascii("abc")}` : refusal(pdu, "01");
}

test("a gateway: who answers, an exception too, is there; 0A, 0B and silence are nobody. Nothing is written", async () => {
  const server = await gateway(behindGateway);
  const args = [`127.0.0.1:${server.port}`, "--units", "1-12", "--timeout", "150", "--json"];
  const { code, out, err } = await runCommand(scan, args);
  expect(code).toBe(0);
  const { connections, document } = JSON.parse(out);
  expect(connections).toHaveLength(1);
  expect(connections[0]).toMatchObject({
    complete: true,
    answersEveryUnit: false,
    nobody: { "10": 1, "11": 7 },
    units: [
      { unitId: 1, said: "holding 0" },
      { unitId: 2, said: "exception 2 (illegal data address)" },
      {
        unitId: 5,
        identification: { vendorName: "Eastron", productCode: "SDM630 V2" },
        serverId: { hex: "616263", text: "abc" },
        profile: "eastron-sdm630",
      },
    ],
  });
  expect(applyDocument(undefined, document, builtInProfiles).problems).toEqual([]);
  expect(document.devices.unit5).toMatchObject({ unitId: 5, profile: "eastron-sdm630" });
  const functions = new Set(server.requests.map((request) => request.split(":")[1]?.slice(0, 2)));
  expect([...functions].sort()).toEqual(["01", "03", "04", "11", "2b"]);
  expect(err).toContain("Ctrl-C ends with what was found");
});

test("for people, and the configuration into a file", async () => {
  const server = await gateway(behindGateway);
  const args = [`127.0.0.1:${server.port}`, "--units", "1-6", "--timeout", "150", "--out", "found.json"];
  const { code, out, files } = await runCommand(scan, args);
  expect(code).toBe(0);
  expect(out).toMatch(/: 3 units \(6 questions\)/);
  expect(out).toMatch(/^5 +exception 1 \(illegal function\), \d+ ms +Eastron SDM630 V2 +eastron-sdm630$/m);
  expect(out).toContain("found.json is a configuration to begin with");
  expect(JSON.parse(files.get("found.json") ?? "").schemaVersion).toBe(1);
});

test("a server of modbus-serial, which is silent for other units", async () => {
  const port = await freePort();
  const server = await startModbusSerial("tcp", port);
  closing.push(() => server.close());
  const args = [`127.0.0.1:${port}`, "--units", "2-9,1,255", "--timeout", "150", "--json"];
  const { code, out } = await runCommand(scan, args);
  expect(code).toBe(0);
  expect(JSON.parse(out).connections[0].units).toMatchObject([{ unitId: 1, said: "holding 0" }]);
});

test("a serial line: the unit and the first setting at which it answers", async () => {
  const pair = await openPtyPair({ clock: createSystemClock() });
  if (!pair.ok) throw new Error(pair.error);
  const { a, b } = pair.value as unknown as { readonly a: string; readonly b: string };
  closing.push(() => pair.value.close());
  const server = await startModbusSerial("rtu", a);
  closing.push(() => server.close());
  const { code, out } = await runCommand(scan, [
    b,
    "--units",
    "1-3",
    "--line",
    "19200 8N1",
    "--timeout",
    "400",
    "--json",
  ]);
  expect(code).toBe(0);
  const { connections, document } = JSON.parse(out);
  expect(connections[0]).toMatchObject({ line: "19200 8N1", units: [{ unitId: 1, said: "holding 0" }] });
  expect(Object.values(document.connections)).toEqual([{ transport: "serial", path: b, line: "19200 8N1" }]);
});

test("a device of SunSpec says who it is, and its models", async () => {
  const registers = new Map<number, number>();
  const put = (at: number, ...values: number[]): void =>
    values.forEach((value, index) => void registers.set(at + index, value));
  const text = (at: number, count: number, value: string): void =>
    put(
      at,
      ...Array.from(
        { length: count },
        (_, i) => ((value.charCodeAt(2 * i) || 0) << 8) | (value.charCodeAt(2 * i + 1) || 0),
      ),
    );
  put(40_000, 0x5375, 0x6e53, 1, 66, ...new Array(66).fill(0), 64_001, 2, 0, 0, 0xffff, 0);
  text(40_004, 16, "ACME");
  text(40_020, 16, "Sun 10");
  text(40_052, 16, "S-77");
  const server = await gateway((unit, pdu) =>
    unit === 126 ? imageAnswer({ registers, coils: new Map() }, pdu) : undefined,
  );
  const args = [`127.0.0.1:${server.port}`, "--units", "125-126", "--timeout", "150", "--json"];
  const { out } = await runCommand(scan, args);
  const { connections, document } = JSON.parse(out);
  expect(connections[0].units[0].sunspec).toEqual({
    manufacturer: "ACME",
    model: "Sun 10",
    version: "",
    serialNumber: "S-77",
    models: [1, 64_001],
  });
  expect(applyDocument(undefined, document, builtInProfiles).problems).toEqual([]);
  expect(document.devices.unit126.profile).toBe("sunspec-common");
});

test("a server that hangs up on units that it does not have", async () => {
  const server = await gateway((unit, pdu) => {
    if (unit === 3) return imageAnswer(image, pdu);
    server.cut();
    return undefined;
  });
  const args = [`127.0.0.1:${server.port}`, "--units", "2-4", "--timeout", "300", "--json"];
  const { code, out } = await runCommand(scan, args);
  expect(code).toBe(0);
  expect(JSON.parse(out).connections[0].units).toMatchObject([{ unitId: 3, said: "holding 0" }]);
});

test("a meter that does not say what it is, but shows mains where a profile has it, is a guess and no more", async () => {
  const registers = new Map([...Array(80).keys()].map((at) => [at, 0]));
  const put = (at: number, value: number): void => {
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value);
    registers.set(at, view.getUint16(0)).set(at + 1, view.getUint16(2));
  };
  for (const [at, value] of [
    [0, 230.1],
    [2, 229.8],
    [4, 231],
    [70, 49.98],
  ] as const)
    put(at, value);
  const server = await gateway((unit, pdu) => {
    if (unit !== 1 || pdu[0] !== 4) return refusal(pdu, unit === 1 ? "01" : "0b");
    return imageAnswer({ registers, coils: new Map() }, pdu);
  });
  const args = [`127.0.0.1:${server.port}`, "--units", "1-2", "--json"];
  const { connections, document } = JSON.parse((await runCommand(scan, args)).out);
  expect(connections[0].units[0].perhaps).toContain("eastron-sdm630");
  expect(connections[0].units[0]).not.toHaveProperty("profile");
  expect(document.devices.unit1).not.toHaveProperty("profile");
  put(0, 4e-12);
  expect(JSON.parse((await runCommand(scan, args)).out).connections[0].units[0]).not.toHaveProperty("perhaps");
});

test("nobody: exit 1, and no configuration", async () => {
  const server = await gateway((_unit, pdu) => refusal(pdu, "0b"));
  const { code, out } = await runCommand(scan, [`127.0.0.1:${server.port}`, "--units", "1-5", "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).not.toHaveProperty("document");
});

test("stopped in the middle: what was found is told", async () => {
  const stop = new AbortController();
  const server = await gateway((unit, pdu) => {
    if (unit === 3) stop.abort();
    return unit === 1 ? imageAnswer(image, pdu) : undefined;
  });
  const args = [`127.0.0.1:${server.port}`, "--timeout", "100", "--units", "1-247"];
  const { code, out } = await runCommand(scan, args, { signal: stop.signal });
  expect(code).toBe(0);
  expect(out).toContain("Not everything was asked for: it was stopped.");
  expect(out).toMatch(/^1 +holding 0/m);
});

test("its time over, it ends", async () => {
  const server = await gateway(() => undefined);
  const args = [`127.0.0.1:${server.port}`, "--timeout", "30", "--budget", "100ms", "--json"];
  const { code, out } = await runCommand(scan, args);
  expect(code).toBe(1);
  expect(JSON.parse(out).connections[0]).toMatchObject({ complete: false, ended: "its time was over (--budget)" });
});

test("with --thorough functions that a device ignores do not hide it", async () => {
  const server = await gateway((unit, pdu) => (unit === 2 && pdu[0] === 4 ? imageAnswer(image, pdu) : undefined));
  const args = [`127.0.0.1:${server.port}`, "--units", "1-2", "--timeout", "60", "--json"];
  expect((await runCommand(scan, args)).code).toBe(1);
  const { out } = await runCommand(scan, [...args, "--thorough"]);
  expect(JSON.parse(out).connections[0].units).toMatchObject([{ unitId: 2, said: "input 0" }]);
});

test.each([
  [[], /which connection/],
  [["127.0.0.1:1"], /nothing listens/, 1],
  [["/nonexistent/tty"], /nonexistent/, 1],
  [["127.0.0.1", "--units", "300"], /no range of unit ids/],
  [["127.0.0.1", "--line", "9600 8N1"], /for serial lines/],
  [["/dev/ttyUSB0", "--line", "fast"], /line/],
  [["127.0.0.1", "--budget", "x"], /no time/],
  [["127.0.0.1", "--unit", "3"], /--units/],
  [["127.0.0.1", "--timeout", "x"], /whole number/],
  [["--config", "/bin/sh"], /./, 1],
  [["--config", "/nonexistent.json"], /nonexistent/, 1],
  [["127.0.0.1", "--bogus"], /bogus/],
] as [string[], RegExp, number?][])("%j is answered in a sentence", async (args, reason, expected = 2) => {
  const { code, err, out } = await runCommand(scan, args);
  expect(code).toBe(expected);
  expect(err).toMatch(reason);
  expect(out).toBe("");
});
