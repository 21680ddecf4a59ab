import { mergePatch, patchBetween } from "../../../src/devhub/mergePatch";
import { createModuleTwin } from "../../../src/devhub/moduleTwin";
import type { JsonObject } from "../../../src/kernel/json";

describe("merge patch (RFC 7396, appendix A)", () => {
  it.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j is %j", (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged);
  });

  it("merges names that objects have by nature", () => {
    const document = JSON.parse('{"constructor":{"unitId":1},"__proto__":{"unitId":2}}') as JsonObject;
    expect(JSON.stringify(mergePatch(document, { toString: { unitId: 3 } }))).toBe(
      '{"constructor":{"unitId":1},"__proto__":{"unitId":2},"toString":{"unitId":3}}',
    );
  });

  it("finds the patch between two documents", () => {
    expect(
      patchBetween({ a: 1, b: { c: 1, d: 2 }, e: [1, 2], f: 0 }, { a: 1, b: { c: 1, d: 3 }, e: [9], g: {} }),
    ).toEqual({
      b: { d: 3 },
      e: [9],
      f: null,
      g: {},
    });
  });
});

describe("twin of a module", () => {
  it("counts versions and pushes the patch with the new one", () => {
    const twin = createModuleTwin({ a: 1 });
    expect(twin.patchDesired({ a: null, b: [1] })).toEqual({ ok: true, value: { a: null, b: [1], $version: 2 } });
    expect(twin.replaceDesired({ c: true })).toEqual({ ok: true, value: { b: null, c: true, $version: 3 } });
    expect(twin.patchReported({ x: 1 })).toEqual({ ok: true, value: 2 });
    expect(twin.document()).toEqual({ desired: { c: true, $version: 3 }, reported: { x: 1, $version: 2 } });
  });

  it.each<[JsonObject, string]>([
    [{ "a.b": 1 }, "/a.b: a name"],
    [{ a: { "b c": 1 } }, "/a/b c: a name"],
    [{ a: "x".repeat(4097) }, "/a: a string"],
    [{ a: 2 ** 52 + 1 }, "/a: an integer"],
    [{ a: [1, null] }, "/a/1: null"],
    [{ a: { b: { c: { d: { e: { f: { g: { h: { i: { j: { k: 1 } } } } } } } } } } }, "deeper than 10"],
    [Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`k${n}`, "x".repeat(4000)])), "the document has"],
  ])("refuses what IoT Hub refuses: case %#", (patch, reason) => {
    const twin = createModuleTwin();
    expect(twin.patchReported(patch)).toEqual({ ok: false, error: expect.stringContaining(reason) });
    expect(twin.patchDesired(patch)).toEqual({ ok: false, error: expect.stringContaining(reason) });
    expect(twin.document()).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } });
  });

  it("accepts what is just within the limits", () => {
    const twin = createModuleTwin();
    expect(twin.patchReported({ a: "x".repeat(4096), b: 2 ** 52, c: 1e300, d: [[1], {}] })).toMatchObject({ ok: true });
    expect(twin.patchReported({ a: { b: { c: { d: { e: { f: { g: { h: { i: { j: 1 } } } } } } } } } })).toMatchObject({
      ok: true,
    });
  });
});
