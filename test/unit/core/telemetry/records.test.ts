import { runSlicesOf } from "../../../../src/core/telemetry/inParts";
import { RecordsBody } from "../../../../src/core/telemetry/records";
import { runsOf, type Sample, samplesOf } from "../../../../src/core/telemetry/sample";
import { epochMs } from "../../../../src/kernel/units";
import { decimal, pointOf } from "../points/pointFixture";

const T = Date.UTC(2026, 10, 23, 10, 15, 30, 123);
const good = (name: string, value: string | number, at = T): Sample => ({
  point: pointOf({ name }),
  at: epochMs(at),
  reading: { value },
});
const bad = (name: string, at = T): Sample => ({
  point: pointOf({ name }),
  at: epochMs(at),
  reading: { bad: "exception:2" },
});

const NUMBERS = { bigIntegers: "number" } as const;

/** One body of what these devices yielded, one after another. */
function bodyOf(...devices: readonly (readonly Sample[])[]) {
  const body = new RecordsBody();
  for (const samples of devices) expect(body.append("boiler", runsOf(samples), 100_000, NUMBERS)).toBe(0);
  return body.isEmpty ? undefined : body.take();
}

test("a record has the device, the time of its last good response, values and what is bad", () => {
  expect(bodyOf([good("t", 61.5, T - 9), good("name", "€"), bad("doorOpen", T + 500)])?.body).toBe(
    '[{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{"t":61.5,"name":"€"},"bad":{"doorOpen":"exception:2"}}]',
  );
});

test("without a good value its time is that of the last failure", () => {
  expect(bodyOf([bad("a", T - 5), bad("b", T)])?.body).toBe(
    '[{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{},"bad":{"a":"exception:2","b":"exception:2"}}]',
  );
  expect(bodyOf([])).toBeUndefined();
});

test("an array of records knows where their instants stand, and its length", () => {
  const text = bodyOf([good("name", "a €🔥\u0007")], [], [good("x", 1, T + 1000)], [good("y", -5, -T - 0.5)]);
  expect(text?.places.map((place) => text.body.slice(place, place + 24))).toEqual([
    "2026-11-23T10:15:30.123Z",
    "2026-11-23T10:15:31.123Z",
    new Date(-T - 0.5).toISOString(),
  ]);
  expect(JSON.parse(text?.body ?? "")).toHaveLength(3);
  expect(text?.bytes).toBe(Buffer.byteLength(text?.body ?? ""));
});

test("a body begins anew when it was taken", () => {
  const body = new RecordsBody();
  body.append("a", runsOf([good("x", "ü")]), 1000, NUMBERS);
  const first = body.take();
  expect(body.isEmpty).toBe(true);
  body.append("a", runsOf([good("x", "ü")]), 1000, NUMBERS);
  expect(body.take()).toEqual(first);
});

test("what does not fit leaves the body as it was, and says how long it would have been", () => {
  const body = new RecordsBody();
  body.append("a", runsOf([good("x", "€")]), 150, NUMBERS);
  const more = runsOf([good("y", "€".repeat(20)), bad("z")]);
  const needed = body.append("b", more, 150, NUMBERS);
  const both = new RecordsBody();
  both.append("a", runsOf([good("x", "€")]), 1000, NUMBERS);
  expect(both.append("b", more, needed, NUMBERS)).toBe(0);
  expect(both.take().bytes).toBe(needed);
  expect(body.take().body).toBe('[{"device":"a","at":"2026-11-23T10:15:30.123Z","values":{"x":"€"},"bad":{}}]');
});

test("a sample that is larger by itself has a body by itself", () => {
  const body = new RecordsBody();
  const large = runsOf([good("x", "x".repeat(500))]);
  expect(body.append("a", large, 100, NUMBERS)).toBe(0);
  expect(body.append("a", large, 100, NUMBERS)).toBeGreaterThan(1000);
  expect(JSON.parse(body.take().body)).toHaveLength(1);
});

test("several samples that are too large together have no body together, not even an empty one", () => {
  const body = new RecordsBody();
  const large = runsOf([good("x", "x".repeat(500)), good("y", 1)]);
  expect(body.append("a", large, 100, NUMBERS)).toBeGreaterThan(500);
  expect(body.isEmpty).toBe(true);
});

test("slices have each sample once, in order, and are two at least", () => {
  const samples = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? bad(`p${i}`, T + i) : good(`p${i}`, i)));
  for (const [bytes, most] of [
    [401, 400],
    [4000, 400],
    [1e6, 1],
  ] as const) {
    const slices = runSlicesOf(runsOf(samples), bytes, most);
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.flatMap(samplesOf)).toEqual(samples);
  }
});

test("long numbers as asked", () => {
  const sample = {
    point: pointOf({ name: "e" }),
    at: epochMs(T),
    reading: { value: decimal("18446744073709551.615") },
  };
  const body = new RecordsBody();
  body.append("m", runsOf([sample]), 1000, { bigIntegers: "string" });
  body.append("m", runsOf([sample]), 1000, NUMBERS);
  const { body: text } = body.take();
  expect(text).toContain('"values":{"e":"18446744073709551.615"}');
  expect(text).toContain('"values":{"e":18446744073709551.615}');
});

test("what a bug breaks off leaves nothing of itself: the records of others before and behind it are whole", () => {
  const body = new RecordsBody();
  const broken = runsOf([good("y", 1, Number.NaN)]);
  body.append("a", runsOf([good("x", "ü")]), 1000, NUMBERS);
  expect(() => body.append("b", broken, 1000, NUMBERS)).toThrow(RangeError);
  body.append("c", runsOf([good("x", "ä")]), 1000, NUMBERS);
  expect(() => body.append("b", broken, 1000, NUMBERS)).toThrow(RangeError);
  const text = body.take();
  expect((JSON.parse(text.body) as { device: string }[]).map(({ device }) => device)).toEqual(["a", "c"]);
  expect(text.bytes).toBe(Buffer.byteLength(text.body));
  expect(text.places.map((place) => text.body.slice(place, place + 4))).toEqual(["2026", "2026"]);
});
