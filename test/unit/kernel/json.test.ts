import { isJsonObject, pointer, pointerStep } from "../../../src/kernel/json";
import { isJsonText, verbatimJson } from "../../../src/kernel/jsonText";

test("a pointer escapes its steps as RFC 6901 says", () => {
  expect(pointer([])).toBe("");
  expect(pointer(["devices", "boiler", "points", 3])).toBe("/devices/boiler/points/3");
  expect(pointer(["a/b", "m~n", "~1", "", " "])).toBe("/a~1b/m~0n/~01// ");
  expect(pointerStep("~/")).toBe("/~0~1");
});

test.each<[unknown, boolean]>([
  [{}, true],
  [JSON.parse('{"__proto__":1}'), true],
  [[], false],
  [null, false],
  ["{}", false],
  [undefined, false],
])("%j is an object of JSON: %s", (value, expected) => {
  expect(isJsonObject(value)).toBe(expected);
});

test("a JSON text stands in a line as it is, every digit kept", () => {
  expect(verbatimJson('{"energy":18446744073709551.615,\r\n"a":1.0}')).toBe(
    '{"energy":18446744073709551.615, "a":1.0}',
  );
  expect(verbatimJson("no json\n")).toBe('"no json\\n"');
  expect(isJsonText("1 2")).toBe(false);
  expect(isJsonText("")).toBe(false);
});
