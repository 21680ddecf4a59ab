import { exceptionFailure, type ModbusFailure } from "../../../../src/core/modbus/failure";
import type { PointValue } from "../../../../src/core/points/point";
import { sameValue } from "../../../../src/core/points/pointValue";
import { badReason } from "../../../../src/core/points/quality";
import { pointValueFromJson, valueForTwin, valueToJsonText } from "../../../../src/core/points/valueText";
import type { Json } from "../../../../src/kernel/json";
import { decimal } from "./pointFixture";

test.each<[PointValue, string, boolean | string | number]>([
  [61.5, "61.5", 61.5],
  [-0, "0", 0],
  [true, "true", true],
  ['say "hi"\n', '"say \\"hi\\"\\n"', 'say "hi"\n'],
  [4503599627370496, "4503599627370496", 4503599627370496],
  [4503599627370497, "4503599627370497", "4503599627370497"],
  [-4503599627370497, "-4503599627370497", "-4503599627370497"],
  [1e22, "1e+22", "10000000000000000000000"],
  [decimal("18446744073709551.615"), "18446744073709551.615", "18446744073709551.615"],
  [decimal("-9223372036854775808"), "-9223372036854775808", "-9223372036854775808"],
])("%p in a message and in a twin", (value, message, twin) => {
  expect(valueToJsonText(value)).toBe(message);
  expect(valueForTwin(value)).toBe(twin);
});

test.each<Json>([true, "18446744073709551615", 21.5, -9007199254740991, 1e-9])("%p comes in as it is", (value) => {
  expect(pointValueFromJson(value)).toEqual({ ok: true, value });
});

test.each<[Json, RegExp]>([
  [9007199254740992, /beyond ±9007199254740991: send it as a string of digits/],
  [-1e30, /send it as a string of digits/],
  [null, /not null/],
  [[1], /not a list/],
  [{ value: 1 }, /not an object/],
])("%p is refused", (value, words) => {
  const result = pointValueFromJson(value);
  expect(result.ok ? "" : result.error).toMatch(words);
});

test("equal values are equal whatever carries them", () => {
  expect(sameValue(0.5, decimal("0.50"))).toBe(true);
  expect(sameValue(decimal("18446744073709551615"), decimal("18446744073709551615"))).toBe(true);
  expect(sameValue(decimal("18446744073709551615"), 2 ** 64)).toBe(false);
  expect(sameValue(1, true)).toBe(false);
  expect(sameValue("1", 1)).toBe(false);
  expect(sameValue(0, -0)).toBe(true);
});

test.each<[ModbusFailure, string]>([
  [{ kind: "timeout", detail: "" }, "timeout"],
  [{ kind: "crc", detail: "" }, "crc"],
  [{ kind: "protocol", detail: "" }, "protocol"],
  [{ kind: "offline", detail: "" }, "offline"],
  [{ kind: "lost", detail: "" }, "offline"],
  [{ kind: "aborted", detail: "" }, "offline"],
  [exceptionFailure(2), "exception:2"],
  [exceptionFailure(0x55), "exception:85"],
])("the points of a failed read: %j is %s", (failure, reason) => {
  expect(badReason(failure)).toBe(reason);
});
