import { crc16, endsWithCrc } from "../../../../src/core/modbus/crc";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

test("the check value of CRC-16/MODBUS", () => {
  expect(crc16(new TextEncoder().encode("123456789"))).toBe(0x4b37);
});

test.each([
  // The example of MODBUS over Serial Line V1.02, appendix B: 02 07 → 41 12 on the wire.
  ["02074112"],
  ["01030000000ac5cd"],
  ["110300 6b00037687".replace(" ", "")],
])("frames known from elsewhere: %s", (hex) => {
  const frame = bytes(hex);
  expect(endsWithCrc(frame, 0, frame.length)).toBe(true);
  expect(endsWithCrc(frame, 0, frame.length - 1)).toBe(false);
});

test("of a part of the bytes", () => {
  expect(endsWithCrc(bytes("ff02074112ff"), 1, 5)).toBe(true);
});
