import type { Point, PointValue } from "../../../../src/core/points/point";
import { splitBySkew } from "../../../../src/core/telemetry/batch";
import { pnpMessage } from "../../../../src/core/telemetry/envelope";
import type { Sample } from "../../../../src/core/telemetry/sample";
import { epochMs } from "../../../../src/kernel/units";
import { decimal, pointOf } from "../points/pointFixture";

function good(name: string, at: number, value: PointValue, kind: Point["kind"] = "telemetry"): Sample {
  return { point: pointOf({ name, kind }), at: epochMs(at), reading: { value } };
}

function bad(name: string, at: number): Sample {
  return { point: pointOf({ name }), at: epochMs(at), reading: { bad: "timeout" } };
}

function names(samples: readonly Sample[], maxSkewMs?: number): string[] {
  return splitBySkew(samples, maxSkewMs).map((part) => part.map((sample) => sample.point.name).join(" "));
}

describe("splitBySkew", () => {
  test("values at most a second apart share a message", () => {
    expect(names([good("a", 0, 1), good("b", 400, 1), good("c", 1000, 1)])).toEqual(["a b c"]);
  });

  test("values further apart do not, and the order is kept", () => {
    expect(
      names([good("a", 0, 1), good("b", 900, 1), good("c", 1001, 1), good("d", 1900, 1), good("e", 2002, 1)]),
    ).toEqual(["a b", "c d", "e"]);
  });

  test("what no message carries splits nothing", () => {
    expect(names([good("a", 0, 1), bad("b", 5000), good("p", 9000, 1, "property"), good("c", 800, 1)])).toEqual([
      "a b p c",
    ]);
  });

  test("a clock that stepped back separates too", () => {
    expect(names([good("a", 100_000, 1), good("b", 5, 1)])).toEqual(["a", "b"]);
  });

  test("another limit, and nothing at all", () => {
    expect(names([good("a", 0, 1), good("b", 11, 1)], 10)).toEqual(["a", "b"]);
    expect(names([])).toEqual([]);
  });
});

describe("pnpMessage", () => {
  test("the good telemetry values, each with every digit, at the time of the last of them", () => {
    const message = pnpMessage([
      good("supplyTemperature", 10, 61.5),
      good("energy", 30, decimal("18446744073709551.615")),
      bad("returnTemperature", 90),
      good("setpoint", 95, 20, "property"),
      good("raw", 96, 20, "none"),
      good("doorOpen", 20, false),
      good("state", 20, 'a "b"'),
    ]);
    expect(message).toEqual({
      body: '{"supplyTemperature":61.5,"energy":18446744073709551.615,"doorOpen":false,"state":"a \\"b\\""}',
      at: 30,
    });
  });

  test("no good value, no message", () => {
    expect(pnpMessage([])).toBeUndefined();
    expect(pnpMessage([bad("a", 1), good("b", 1, 1, "property")])).toBeUndefined();
  });

  test("numbers of any size are JSON that says the same number", () => {
    const values = [
      0, -0, 1, -7, 0.1, 230.2, -40.25, 1e-7, 5e-324, 123456.789, 1e21, 3.4028235e38, 9007199254740991,
      0.30000000000000004,
    ];
    const message = pnpMessage(values.map((value, i) => good(`n${i}`, 1, value)));
    expect(Object.values(JSON.parse(message?.body ?? "{}"))).toEqual(values.map((value) => (value === 0 ? 0 : value)));
  });
});
