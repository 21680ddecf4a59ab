import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { mergeDiff, sameJson } from "../../src/core/config/mergeDiff";
import { applyMergePatch } from "../../src/core/config/mergePatch";
import type { Json, JsonObject } from "../../src/kernel/json";

/** Few names, so that objects meet; some that are dangerous to assign. */
const name = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "toString", "");
const leaf = fc.oneof(fc.boolean(), fc.integer({ min: -3, max: 3 }), fc.constantFrom("", "x"));
const { object } = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
  object: fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(fc.oneof(leaf, tie("object")), { maxLength: 3 }), tie("object")),
}));

test("the patch turns the one into the other, and there is none exactly where they are equal", () => {
  fc.assert(
    fc.property(object, object, (from, to) => {
      const patch = mergeDiff(from, to);
      expect(patch === undefined).toBe(isDeepStrictEqual(from, to));
      expect(sameJson(from, to)).toBe(isDeepStrictEqual(from, to));
      if (patch !== undefined) expect(isDeepStrictEqual(applyMergePatch(from, patch), to)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("no part of the patch can be left out", () => {
  fc.assert(
    fc.property(object, object, (from, to) => {
      const patch = mergeDiff(from, to);
      if (patch === undefined) return;
      for (const smaller of thinned(patch)) expect(isDeepStrictEqual(applyMergePatch(from, smaller), to)).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

test("neither side is changed", () => {
  fc.assert(
    fc.property(object, object, (from, to) => {
      const before = JSON.stringify([from, to]);
      mergeDiff(from, to);
      expect(JSON.stringify([from, to])).toBe(before);
    }),
    { numRuns: 200 },
  );
});

/** The patch without one of its entries, at whatever depth. */
function* thinned(patch: JsonObject): Generator<JsonObject> {
  for (const [key, value] of Object.entries(patch)) {
    yield Object.fromEntries(Object.entries(patch).filter(([other]) => other !== key));
    if (typeof value !== "object" || value === null || Array.isArray(value)) continue;
    for (const inner of thinned(value as JsonObject)) {
      yield Object.fromEntries(Object.entries(patch).map(([other, old]) => [other, other === key ? inner : old]));
    }
  }
}
