import { twinLimitProblem, twinSize } from "../../../../src/core/config/twinSize";
import type { Json, JsonObject } from "../../../../src/kernel/json";
import { deeperThan } from "../../../../src/kernel/jsonDepth";

function nested(levels: number, open: string, close: string): Json {
  return JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`) as Json;
}

test("names and texts count in UTF-8, numbers 8, booleans 4, null nothing", () => {
  expect(twinSize({ a: "üx", b: 1, c: true, d: null, list: [1, "a", { e: false }] })).toBe(
    1 + 3 + 1 + 8 + 1 + 4 + 1 + 4 + 8 + 1 + 1 + 4,
  );
});

test("32 KB fit, one byte more does not", () => {
  expect(twinLimitProblem({ a: "x".repeat(32_767) })).toBeUndefined();
  expect(twinLimitProblem({ a: "x".repeat(32_768) })).toBe("32769 bytes; a twin holds at most 32768");
});

test("ten levels below the half fit, eleven do not", () => {
  expect(twinLimitProblem({ l: nested(10, '{"a":', "}") })).toBeUndefined();
  expect(twinLimitProblem({ l: nested(11, '{"a":', "}") })).toBe("nested more than 10 levels deep");
});

test.each([
  ["[", "]"],
  ['{"a":', "}"],
])("depth is measured beyond the stack: %s", (open, close) => {
  const deep = nested(60_000, open, close);
  expect(deeperThan(deep, 59_999)).toBe(true);
  expect(deeperThan(deep, 60_000)).toBe(false);
  expect(twinLimitProblem({ deep } as JsonObject)).toBe("nested more than 10 levels deep");
});
