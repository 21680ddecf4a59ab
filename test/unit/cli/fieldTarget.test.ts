import type { FieldArguments } from "../../../src/cli/fieldOptions";
import { connectionOf, fieldArguments } from "../../../src/cli/fieldOptions";
import { placeOf, targetOfOptions } from "../../../src/cli/fieldTarget";

function given(text: string): FieldArguments {
  const args = fieldArguments(text.split(" "), { count: { type: "string" } });
  if (!args.ok) throw new Error(args.error);
  return args.value;
}

describe("addresses", () => {
  test.each([
    ["40001", undefined, { table: "holding", address: 0 }],
    ["400200", undefined, { table: "holding", address: 199 }],
    ["30010", undefined, { table: "input", address: 9 }],
    ["10001", undefined, { table: "discrete", address: 0 }],
    ["00017", undefined, { table: "coil", address: 16 }],
    ["40001", "holding", { table: "holding", address: 40001 }],
    ["0xC7", "input", { table: "input", address: 199 }],
  ])("%s with table %s", (text, table, place) => {
    expect(placeOf(text, table)).toEqual({ ok: true, value: place });
  });

  test.each([
    ["199", undefined, /without --table an address is a reference/],
    ["20001", undefined, /reference/],
    ["70000", "holding", /from 0 to 65535/],
    ["-1", "holding", /from 0 to 65535/],
    ["1.5", "holding", /from 0 to 65535/],
    ["0", "holdign", /one of coil, discrete, input, holding; did you mean "holding"/],
  ])("%s with table %s is refused", (text, table, reason) => {
    expect(placeOf(text, table)).toEqual({ ok: false, error: expect.stringMatching(reason) });
  });
});

describe("connections", () => {
  test.each([
    ["--host plc", { transport: "tcp", host: "plc" }],
    ["--host plc:1502", { transport: "tcp", host: "plc", port: 1502 }],
    ["--host ::1", { transport: "tcp", host: "::1" }],
    ["--host [::1]:1502", { transport: "tcp", host: "::1", port: 1502 }],
    [
      "--host plc --framing rtu --timeout 300",
      { transport: "tcp", host: "plc", framing: "rtu", responseTimeoutMs: 300 },
    ],
    ["--host plc --ca ca.pem", { transport: "tls", host: "plc", tls: { caPath: "ca.pem" } }],
    ["--host plc --transport udp", { transport: "udp", host: "plc" }],
    ["--serial /dev/ttyUSB0 --line 9600_8N1", { transport: "serial", path: "/dev/ttyUSB0", line: "9600_8N1" }],
  ])("%s", (text, connection) => {
    expect(connectionOf(given(text))).toEqual({ ok: true, value: connection });
  });

  test.each([
    ["40001", /where is the device\?/],
    ["--host a --serial b", /where is the device\?/],
    ["--serial b", /needs --line/],
    ["--host http://plc/", /write HOST or HOST:PORT/],
  ])("%s is refused", (text, reason) => {
    expect(connectionOf(given(text))).toEqual({ ok: false, error: expect.stringMatching(reason) });
  });
});

describe("what is read", () => {
  const target = (text: string, count = 1) =>
    targetOfOptions(given(`--host plc ${text}`), [{ table: "holding", address: 10 }], count, "read");

  test("values of a type follow one another; the order suits each length", () => {
    const found = target("--type uint64 --order CDAB --scale 0.001", 3);
    expect(found.ok && found.value.points.map(({ address, count, order }) => [address, count, order])).toEqual([
      [10, 4, [6, 7, 4, 5, 2, 3, 0, 1]],
      [14, 4, [6, 7, 4, 5, 2, 3, 0, 1]],
      [18, 4, [6, 7, 4, 5, 2, 3, 0, 1]],
    ]);
  });

  test("without a type there are no points, and the unit is known", () => {
    const found = target("--unit 7");
    expect(found.ok && [found.value.points, found.value.device.unitId]).toEqual([[], 7]);
  });

  test.each([
    ["--type flaot32", /--type: .*did you mean "float32"/],
    ["--type float32 --order ABC", /--order: .*4 bytes/],
    ["--type string", /--length|"length" is missing/],
    ["--unit 256", /--unit must be a whole number from 0 to 255/],
    ["--timeout soon", /--timeout/],
    ["--framing asci", /--framing/],
    ["--type uint16 --scale nought", /--scale/],
  ])("%s is refused by its option", (text, reason) => {
    expect(target(text)).toEqual({ ok: false, error: expect.stringMatching(reason) });
  });
});

test("negative numbers are values, unknown options are named", () => {
  expect(given("40001 -5 -.5 --offset -40").positionals).toEqual(["40001", "-5", "-.5"]);
  expect(given("40001 --offset -40").text("offset")).toBe("-40");
  expect(fieldArguments(["--untit", "7"], {})).toEqual({ ok: false, error: expect.stringContaining("--untit") });
});
