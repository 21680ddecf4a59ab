import * as fc from "fast-check";
import { crc32 } from "../../../src/kernel/crc32";

test("the check value of the catalogue of CRCs", () => {
  expect(crc32("123456789")).toBe(0xcbf43926);
  expect(crc32("")).toBe(0);
  expect(crc32("The quick brown fox jumps over the lazy dog")).toBe(0x414fa339);
});

test("parts one after the other are the whole", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(text, text, (a, b) => expect(crc32(b, crc32(a))).toBe(crc32(a + b))));
});
