import type { PointValue } from "../../../../src/core/points/point";
import { splitBySkew } from "../../../../src/core/telemetry/batch";
import { pnpMessages } from "../../../../src/core/telemetry/envelope";
import { runsOf, type Sample, samplesOf } from "../../../../src/core/telemetry/sample";
import { epochMs } from "../../../../src/kernel/units";
import { decimal, pointOf } from "../points/pointFixture";

function good(name: string, at: number, value: PointValue): Sample {
  return { point: pointOf({ name }), at: epochMs(at), reading: { value } };
}

function bad(name: string, at: number): Sample {
  return { point: pointOf({ name }), at: epochMs(at), reading: { bad: "timeout" } };
}

function names(samples: readonly Sample[], maxSkewMs = 1000): string[] {
  const parts = splitBySkew(runsOf(samples), maxSkewMs).map(samplesOf);
  return parts.map((part) => part.map((sample) => sample.point.name).join(" "));
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
    expect(names([good("a", 0, 1), bad("b", 5000), good("c", 800, 1)])).toEqual(["a b c"]);
  });

  test("a clock that stepped back separates too", () => {
    expect(names([good("a", 100_000, 1), good("b", 5, 1)])).toEqual(["a", "b"]);
  });

  test("another limit, and nothing at all", () => {
    expect(names([good("a", 0, 1), good("b", 11, 1)], 10)).toEqual(["a", "b"]);
    expect(names([])).toEqual([]);
  });
});

describe("pnpMessages", () => {
  test("the good telemetry values, each with every digit, at the time of the last of them", () => {
    const samples = [
      good("supplyTemperature", 10, 61.5),
      good("energy", 30, decimal("18446744073709551.615")),
      bad("returnTemperature", 90),
      good("doorOpen", 20, false),
      good("state", 20, 'a "b"'),
    ];
    const messages = pnpMessages(runsOf(samples));
    const body = '{"supplyTemperature":61.5,"energy":18446744073709551.615,"doorOpen":false,"state":"a \\"b\\""}';
    expect(messages).toEqual([{ body, at: 30, bytes: body.length }]);
  });

  test("no good value, no message", () => {
    expect(pnpMessages([])).toEqual([]);
    expect(pnpMessages(runsOf([bad("a", 1)]))).toEqual([]);
  });

  test("numbers of any size are JSON that says the same number", () => {
    const values = [
      0, -0, 1, -7, 0.1, 230.2, -40.25, 1e-7, 5e-324, 123456.789, 1e21, 3.4028235e38, 9007199254740991,
      0.30000000000000004,
    ];
    const [message] = pnpMessages(runsOf(values.map((value, i) => good(`n${i}`, 1, value))));
    expect(Object.values(JSON.parse(message?.body ?? "{}"))).toEqual(values.map((value) => (value === 0 ? 0 : value)));
  });
});

describe("messages of at most so many bytes", () => {
  const samples = Array.from({ length: 100 }, (_, i) => good(`point${i}`, i, i / 7));

  test("carry everything, each value once, in order, none larger", () => {
    const messages = pnpMessages(runsOf(samples), 300);
    expect(messages.length).toBeGreaterThan(5);
    for (const { body, bytes } of messages) {
      expect(bytes).toBe(Buffer.byteLength(body));
      expect(bytes).toBeLessThanOrEqual(300);
    }
    const joined = Object.assign({}, ...messages.map(({ body }) => JSON.parse(body)));
    expect(Object.entries(joined)).toEqual(samples.map((_, i) => [`point${i}`, i / 7]));
    expect(messages.at(-1)?.at).toBe(99);
    expect(messages[0]?.at).toBeLessThan(99);
  });

  test("a value that is larger by itself goes alone", () => {
    const samples = [good("a", 1, 1), good("long", 1, "x".repeat(500)), good("b", 1, 2)];
    const messages = pnpMessages(runsOf(samples), 100);
    expect(messages.map(({ body }) => body.length)).toEqual([7, 511, 7]);
  });

  test("are counted in UTF-8", () => {
    const [message] = pnpMessages(runsOf([good("name", 1, "€🔥")]));
    expect(message?.bytes).toBe(Buffer.byteLength('{"name":"€🔥"}'));
  });
});

test("numbers that a double cannot keep become texts of digits where they are asked for", () => {
  const samples = [good("a", 1, decimal("18446744073709551615")), good("b", 1, 1.5)];
  expect(pnpMessages(runsOf(samples), 1000, { bigIntegers: "string" })[0]?.body).toBe(
    '{"a":"18446744073709551615","b":1.5}',
  );
});
