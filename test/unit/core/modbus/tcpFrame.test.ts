import { TcpFramer, tcpAdu } from "../../../../src/core/modbus/tcpFrame";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

test("an ADU has id, protocol 0, length of unit and PDU, unit", () => {
  expect(hex(tcpAdu(0x1501, 0xff, bytes("0400000001")))).toBe("150100000006ff0400000001");
});

test("frames come out whole, whatever the chunks", () => {
  const framer = new TcpFramer();
  expect(framer.push(bytes("0001000000"))).toEqual([]);
  expect(framer.buffered).toBe(5);
  const frames = framer.push(bytes("0501030212340002000000030283020003"));
  expect(frames.map(({ transactionId, unitId, pdu }) => [transactionId, unitId, hex(pdu)])).toEqual([
    [1, 1, "03021234"],
    [2, 2, "8302"],
  ]);
  expect(framer.buffered).toBe(2);
  expect(framer.broken).toBeUndefined();
});

test.each([
  ["00011234", "protocol id 4660 instead of 0"],
  ["000100000000", "length field 0; it is 3 to 254"],
  ["000100000002", "length field 2; it is 3 to 254"],
  ["0001000000ff", "length field 255; it is 3 to 254"],
  ["00010000ffff", "length field 65535; it is 3 to 254"],
])("a header that cannot be one breaks the stream at once: %s", (header, why) => {
  for (const size of [1, 2, 100]) {
    const framer = new TcpFramer();
    for (let at = 0; at < header.length / 2; at += size) framer.push(bytes(header).subarray(at, at + size));
    expect(framer.broken).toContain(why);
    expect(framer.push(bytes("0001000000030101 01".replace(" ", "")))).toEqual([]);
  }
});

test("frames before the broken header are delivered", () => {
  const framer = new TcpFramer();
  expect(framer.push(bytes("000100000003018302ffffffff"))).toHaveLength(1);
  expect(framer.broken).toBeDefined();
});

test("the longest frame fits", () => {
  const framer = new TcpFramer();
  const adu = tcpAdu(7, 1, new Uint8Array(253).fill(3));
  for (const byte of adu.subarray(0, -1)) expect(framer.push(Uint8Array.of(byte))).toEqual([]);
  expect(framer.push(adu.subarray(-1))[0]?.pdu).toHaveLength(253);
});
