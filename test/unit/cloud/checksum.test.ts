import fc from "fast-check";
import { checksum } from "../../../src/cloud/checksum";
import { crc32 } from "../../../src/kernel/crc32";

test("what one Node has stored another reads: both ways of computing agree, half surrogate pairs included", () => {
  const text = fc
    .array(fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })))
    .map((units) => String.fromCharCode(...units));
  fc.assert(fc.property(text, text, (a, b) => expect(checksum(b, checksum(a))).toBe(crc32(b, crc32(a)))));
});
