import { canonicalText, fingerprintOf } from "../../../../src/core/config/fingerprint";

describe("canonicalText", () => {
  it("writes keys, maps and sets in one order, whatever order they came in", () => {
    const one = { b: [1, { y: null, x: true }], a: new Map([["n", 2n]]), s: new Set(["q", "p"]) };
    const other = { s: new Set(["p", "q"]), a: new Map([["n", 2n]]), b: [1, { x: true, y: null }] };
    expect(canonicalText(one)).toBe(
      '{"a":{"map":[["n",{"bigint":"2"}]]},"b":[1,{"x":true,"y":null}],"s":{"set":["p","q"]}}',
    );
    expect(canonicalText(other)).toBe(canonicalText(one));
  });

  it("knows no keys without a value, and keeps the places of a list", () => {
    expect(canonicalText({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(canonicalText({ a: undefined })).toBe("{}");
    expect(canonicalText([undefined, 1, Number.NaN])).toBe("[null,1,null]");
    expect(canonicalText(undefined)).toBe("null");
  });

  it("tells apart what is not equal", () => {
    const all = [
      1,
      "1",
      1n,
      null,
      true,
      [1],
      { a: 1 },
      [[1]],
      { 1: 1 },
      new Map([["a", 1]]),
      new Set(["a"]),
      '"',
      "\n",
    ];
    expect(new Set(all.map(canonicalText)).size).toBe(all.length);
    expect(new Set(all.map(fingerprintOf)).size).toBe(all.length);
  });
});
