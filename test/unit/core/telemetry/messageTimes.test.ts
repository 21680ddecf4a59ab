import { withCurrentTimes } from "../../../../src/core/telemetry/messageTimes";

const YEARS = Date.UTC(2026, 10, 23) - Date.UTC(1970, 0, 1);

const body =
  '[{"device":"a","at":"1970-01-01T00:00:10.500Z","values":{"at":"1970-01-01T00:00:00.000Z"}},{"at":"1970-01-01T00:00:11.000Z"}]';
const places = [body.indexOf("1970"), body.lastIndexOf("1970")];
const message = {
  body,
  properties: { "$.sub": "a", "iothub-creation-time-utc": "1970-01-01T00:00:11.000Z", site: "x" },
  times: { boot: "b1", shift: 0, places },
};

test("instants follow a step of the wall clock; what looks like one and is a value stays", () => {
  const moved = withCurrentTimes(message, "b1", YEARS);
  expect(moved.body).toBe(
    '[{"device":"a","at":"2026-11-23T00:00:10.500Z","values":{"at":"1970-01-01T00:00:00.000Z"}},{"at":"2026-11-23T00:00:11.000Z"}]',
  );
  expect(moved.properties).toEqual({ "$.sub": "a", "iothub-creation-time-utc": "2026-11-23T00:00:11.000Z", site: "x" });
  expect(withCurrentTimes(moved, "b1", YEARS)).toBe(moved);
  expect(withCurrentTimes(moved, "b1", 0)).toEqual(message);
});

test("a message without a step since, of another start, or without instants is the same object", () => {
  expect(withCurrentTimes(message, "b1", 0)).toBe(message);
  expect(withCurrentTimes(message, "b2", YEARS)).toBe(message);
  const timeless = { body: "{}", properties: {} };
  expect(withCurrentTimes(timeless, "b1", YEARS)).toBe(timeless);
});

test("what would leave the years of four digits stays", () => {
  expect(withCurrentTimes(message, "b1", 9e15).body).toBe(body);
  expect(withCurrentTimes(message, "b1", -YEARS * 40).body).toBe(body);
});
