import { recordsBody, recordsOf } from "../../../../src/core/telemetry/records";
import { runsOf, type Sample } from "../../../../src/core/telemetry/sample";
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

const only = (samples: readonly Sample[], maxBytes = 100_000) =>
  recordsOf("boiler", runsOf(samples), maxBytes, { bigIntegers: "number" });

test("a record has the device, the time of its last good response, values and what is bad", () => {
  expect(only([good("t", 61.5, T - 9), good("name", "€"), bad("doorOpen", T + 500)]).map(({ text }) => text)).toEqual([
    '{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{"t":61.5,"name":"€"},"bad":{"doorOpen":"exception:2"}}',
  ]);
});

test("without a good value its time is that of the last failure", () => {
  expect(only([bad("a", T - 5), bad("b", T)])[0]?.text).toBe(
    '{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{},"bad":{"a":"exception:2","b":"exception:2"}}',
  );
  expect(only([])).toEqual([]);
});

test("an array of records knows where their instants stand", () => {
  const records = [...only([good("name", "a €🔥")]), ...only([good("x", 1, T + 1000)])];
  const { body, places } = recordsBody(records);
  expect(places.map((place) => body.slice(place, place + 24))).toEqual([
    "2026-11-23T10:15:30.123Z",
    "2026-11-23T10:15:31.123Z",
  ]);
  expect(JSON.parse(body)).toHaveLength(2);
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0) + 3;
  expect(bytes).toBe(Buffer.byteLength(body));
});

test("what is larger than a message goes in several records, each value and each reason once", () => {
  const samples = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? bad(`p${i}`) : good(`p${i}`, i)));
  const records = only(samples, 400);
  for (const { bytes } of records) expect(bytes).toBeLessThanOrEqual(400);
  const parsed = records.map(({ text }) => JSON.parse(text) as { values: object; bad: object });
  const names = parsed.flatMap(({ values, bad: faults }) => [...Object.keys(values), ...Object.keys(faults)]);
  expect(names.sort()).toEqual(samples.map(({ point }) => point.name).sort());
});

test("long numbers as asked", () => {
  const sample = {
    point: pointOf({ name: "e" }),
    at: epochMs(T),
    reading: { value: decimal("18446744073709551.615") },
  };
  const [record] = recordsOf("m", runsOf([sample]), 1000, { bigIntegers: "string" });
  expect(record?.text).toContain('"values":{"e":"18446744073709551.615"}');
});
