import { createTwinMirror } from "../../../src/cloud/twinMirror";

function mirrorAt(version: number) {
  const mirror = createTwinMirror();
  mirror.replace({ $version: version, $metadata: { x: 1 }, list: [1, 2, 3], boiler: { __t: "c", setpoint: 20 } });
  return mirror;
}

test("before the first document there is none, and a patch cannot be placed", () => {
  const mirror = createTwinMirror();
  expect(mirror.desired()).toBeUndefined();
  expect(mirror.version()).toBe(0);
  expect(mirror.patch({ $version: 1, a: 1 })).toBe("gap");
  expect(mirror.desired()).toBeUndefined();
});

test("the document is held without what is the hub's own", () => {
  const mirror = mirrorAt(4);
  expect(mirror.desired()).toEqual({ list: [1, 2, 3], boiler: { __t: "c", setpoint: 20 } });
  expect(mirror.version()).toBe(4);
});

test("a patch merges objects, deletes with null and replaces arrays whole", () => {
  const mirror = mirrorAt(4);
  expect(mirror.patch({ $version: 5, list: [9], boiler: { setpoint: null, other: true } })).toBe("merged");
  expect(mirror.desired()).toEqual({ list: [9], boiler: { __t: "c", other: true } });
  expect(mirror.version()).toBe(5);
});

test("a patch seen before changes nothing", () => {
  const mirror = mirrorAt(4);
  mirror.patch({ $version: 5, list: [9] });
  expect(mirror.patch({ $version: 5, list: [8] })).toBe("repeated");
  expect(mirror.patch({ $version: 4, list: [7] })).toBe("repeated");
  expect(mirror.desired()).toMatchObject({ list: [9] });
});

test("a patch after a missing one changes nothing; the whole document heals it", () => {
  const mirror = mirrorAt(4);
  expect(mirror.patch({ $version: 6, list: [6] })).toBe("gap");
  expect(mirror.desired()).toMatchObject({ list: [1, 2, 3] });
  expect(mirror.version()).toBe(4);
  mirror.replace({ $version: 6, list: [6] });
  expect(mirror.patch({ $version: 7, list: [7] })).toBe("merged");
  expect(mirror.desired()).toEqual({ list: [7] });
});

test("a twin that was made anew, with a lower version, is believed", () => {
  const mirror = mirrorAt(40);
  mirror.replace({ $version: 1, list: [] });
  expect(mirror.version()).toBe(1);
  expect(mirror.patch({ $version: 2, more: 1 })).toBe("merged");
  expect(mirror.desired()).toEqual({ list: [], more: 1 });
});

test("names such as __proto__ and constructor are plain data", () => {
  const mirror = mirrorAt(1);
  mirror.patch(JSON.parse('{"$version":2,"__proto__":{"polluted":true},"constructor":{"a":1}}'));
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  expect(Object.keys(mirror.desired() ?? {})).toEqual(["list", "boiler", "__proto__", "constructor"]);
});

test("what was handed out does not change under its reader", () => {
  const mirror = mirrorAt(1);
  const before = mirror.desired();
  mirror.patch({ $version: 2, boiler: { setpoint: 99 } });
  expect(before).toEqual({ list: [1, 2, 3], boiler: { __t: "c", setpoint: 20 } });
});

test("a document or patch beyond the limits is refused with the reason, and the next patch asks for the whole", () => {
  const mirror = mirrorAt(4);
  expect(mirror.replace({ $version: 5, big: "x".repeat(40_000) })).toMatch(/40003 bytes; a twin holds at most 32768/);
  expect(mirror.version()).toBe(4);
  expect(mirror.patch({ $version: 5, big: "x".repeat(33_000) })).toEqual({
    refused: expect.stringMatching(/at most 32768/),
  });
  const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`);
  expect(mirror.patch({ $version: 5, deep })).toEqual({ refused: expect.stringMatching(/nested too deep/) });
  expect(mirror.replace({ $version: 5, deep })).toMatch(/nested more than 10 levels/);
  expect(mirror.desired()).toEqual({ list: [1, 2, 3], boiler: { __t: "c", setpoint: 20 } });
  expect(mirror.patch({ $version: 6, a: 1 })).toBe("gap");
  expect(mirror.patch({ $version: 5, a: 1 })).toBe("merged");
});
