import { applyMergePatch } from "../../../../src/core/config/mergePatch";
import type { Json } from "../../../../src/kernel/json";

/** RFC 7396, appendix A: original, patch, result. */
const APPENDIX_A: readonly (readonly [Json, Json, Json])[] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

describe("applyMergePatch", () => {
  it.each(APPENDIX_A)("RFC 7396 appendix A: %j + %j = %j", (original, patch, result) => {
    const before = JSON.stringify(original);
    expect(applyMergePatch(original, patch)).toEqual(result);
    expect(JSON.stringify(original)).toBe(before);
  });

  it("replaces arrays whole, shorter ones too", () => {
    expect(applyMergePatch({ a: [1, 2, 3] }, { a: [9] })).toEqual({ a: [9] });
  });

  it("pollutes no prototype", () => {
    const patch = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}') as Json;
    const merged = applyMergePatch({}, patch);
    expect(JSON.stringify(merged)).toBe(JSON.stringify(patch));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(applyMergePatch({ a: 1 }, { toString: { b: 1 } })).toEqual({ a: 1, toString: { b: 1 } });
  });

  it("survives nesting that would exhaust the stack", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`) as Json;
    expect(applyMergePatch(deep, deep)).toHaveProperty("a");
  });
});
