import { find } from "../../src/cli/find";
import { runCommand } from "../support/commandLine";
import { type Image, imageAnswer, type PduServer, startPduServer } from "../support/pduServer";

/** `find` against a server of the test. */
let server: PduServer;
let image: Image;

/** A float of the device, low word first, at 100; beside it what agrees by chance; holes around. */
function show(value: number): void {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  image.registers.set(100, view.getUint16(2));
  image.registers.set(101, view.getUint16(0));
}

beforeEach(async () => {
  const addresses = [...Array(40).keys()].concat([90, 91, 100, 101, 150]);
  image = { registers: new Map(addresses.map((address) => [address, 3 * address])), coils: new Map() };
  image.registers.set(90, 4998);
  show(49.98);
  server = await startPduServer(image);
  // A device with holding registers alone.
  server.answer = (_unit, pdu) => (pdu[0] === 4 ? "8401" : imageAnswer(image, pdu));
});

afterEach(() => server.close());

const at = (): string[] => ["--host", `127.0.0.1:${server.port}`, "--timeout", "500"];

test("what shows the number, around what is refused, the simplest first; nothing is ever written", async () => {
  const { code, out } = await runCommand(find, [...at(), "--expect", "49.98", "--range", "0-199"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^holding 90 \(400091\) +uint16 \(or int16\) +0\.01 +49\.98$/m);
  expect(out).toMatch(/^holding 100 \(400101\) +float32 +CDAB +49\.98/m);
  expect(out).toContain('"measured": { "table": "holding", "address": 90, "type": "uint16", "scale": 0.01 }');
  expect(out).toMatch(
    /modbus-edge read --host 127\.0\.0\.1:\d+ .*--table holding 90 --type uint16 --scale 0\.01 --watch/,
  );
  expect(out).toContain("2 candidates are left");
  expect(new Set(server.requests.map((request) => request.split(":")[1]?.slice(0, 2)))).toEqual(new Set(["03", "04"]));
  expect(server.requests.filter((request) => request.startsWith("1:04"))).toHaveLength(1);
});

test("further numbers leave what followed them, and only that is read again", async () => {
  let asked = 0;
  server.answer = (_unit, pdu) => {
    if (pdu[0] === 4) return "8401";
    const answer = imageAnswer(image, pdu);
    if (pdu.readUInt16BE(1) + pdu.readUInt16BE(3) === 102 && pdu[0] === 3 && answer.startsWith("03")) {
      asked += 1;
      show(51.25);
    }
    return answer;
  };
  const more = ["--expect", "49.98", "--expect", "51.25", "--every", "1ms", "--range", "90-110", "--json"];
  const { code, out } = await runCommand(find, [...at(), ...more]);
  expect(code).toBe(0);
  const found = JSON.parse(out);
  expect(found.rounds[1]).toEqual({ expected: 51.25, candidates: 1 });
  expect(found.point).toEqual({ table: "holding", address: 100, type: "float32", order: "CDAB" });
  expect(asked).toBe(2);
  expect(server.requests.slice(-2)).toEqual(["1:03005a0001", "1:0300640002"]);
});

test("numbers typed in: what is none is asked for again, what leaves nothing does not end it", async () => {
  async function* typed() {
    yield "abc";
    yield "7.77";
    show(50.5);
    yield "50.50";
    yield "never read";
  }
  const args = [...at(), "--expect", "49.98", "--range", "90-110", "--interactive"];
  const spoken = await runCommand(find, args, { lines: typed });
  expect(spoken.code).toBe(0);
  expect(spoken.err).toContain('"abc" is no number');
  expect(spoken.err).toContain("The last ones stay");
  expect(spoken.out.match(/^holding/gm)).toHaveLength(1);
  expect(spoken.out).toContain('"address": 100, "type": "float32", "order": "CDAB"');
});

test("nothing that follows, nothing there, nobody there: a sentence each, exit 1", async () => {
  const nothing = await runCommand(find, [...at(), "--expect", "123456.7", "--range", "0-39"]);
  expect(nothing).toMatchObject({ code: 1, out: "" });
  expect(nothing.err).toContain("Nothing there follows");
  const empty = await runCommand(find, [...at(), "--expect", "1", "--range", "5000-5063"]);
  expect(empty.code).toBe(1);
  expect(empty.err).toContain("has no registers there");
  server.answer = () => undefined;
  const silent = await runCommand(find, [...at(), "--timeout", "40", "--expect", "1"]);
  expect(silent.code).toBe(1);
  expect(silent.err).toContain("gave no answer within 40 ms");
});

test("stopped, it ends with what there is", async () => {
  const stop = new AbortController();
  server.answer = (_unit, pdu) => {
    if (pdu.readUInt16BE(1) >= 64) stop.abort();
    return imageAnswer({ ...image, registers: new Map([...Array(999).keys()].map((n) => [n, n])) }, pdu);
  };
  const spoken = await runCommand(find, [...at(), "--expect", "17", "--table", "holding"], { signal: stop.signal });
  expect(spoken.code).toBe(0);
  expect(spoken.out).toContain("holding 17 (400018)");
  expect(spoken.err).toContain("stopped");
});

test.each([
  [["--expect", "x"], /no number/],
  [[], /what does the display show/],
  [["--expect", "1", "--type", "uint16"], /finds out: leave it out/],
  [["--expect", "1", "--range", "9-2"], /addresses from 0 to 65535/],
  [["--expect", "1", "--table", "coil"], /registers are in input or holding/],
  [["--expect", "1", "--every", "soon"], /no time/],
  [["--expect", "1", "--tolerance", "-"], /a number such as/],
  [["--expect", "1", "40001"], /--range/],
  [["--expect", "1", "--bogus"], /bogus/],
])("%j is refused in a sentence", async (args, reason) => {
  const spoken = await runCommand(find, [...at(), ...args]);
  expect(spoken.code).toBe(2);
  expect(spoken.err).toMatch(reason);
  expect(spoken.err).not.toMatch(/ {4}at /);
});

test("a file that is none", async () => {
  const spoken = await runCommand(find, ["--config", "/bin/sh", "x", "--expect", "1"]);
  expect(spoken.code).toBe(1);
  expect(spoken.err.split("\n")[0]?.length).toBeLessThan(400);
});
