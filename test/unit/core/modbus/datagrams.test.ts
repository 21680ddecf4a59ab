import { lineCodec } from "../../../../src/core/modbus/lineCodec";
import { TcpDatagramFramer } from "../../../../src/core/modbus/tcpDatagram";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

describe("MODBUS/TCP in datagrams", () => {
  const framer = new TcpDatagramFramer();

  test("a whole one", () => {
    expect(framer.push(hex("00010000000501030211ff"))).toEqual([{ transactionId: 1, unitId: 1, pdu: hex("030211ff") }]);
  });

  test.each([
    ["cut in the data", "000100000005010302", "a datagram is cut short: its length field says 5, 3 bytes are there"],
    ["cut in the header", "0001000000", "a datagram of 5 bytes is cut short"],
    [
      "longer than it says",
      "0001000000050103021111aabb",
      "a datagram is too long: its length field says 5, 7 bytes are there",
    ],
    [
      "two frames in one",
      "000100000003018302000200000003018302",
      "a datagram is too long: its length field says 3, 12 bytes are there",
    ],
    ["a PDU of one byte", "0001000000020103", "length field 2; it is 3 to 254"],
    ["longer than any PDU", `0001000000ff01${"41".repeat(254)}`, "length field 255; it is 3 to 254"],
    ["another protocol", "00011234000501030211ff", "protocol id 4660 instead of 0: this is no MODBUS/TCP"],
  ])("%s: a fault of that transaction", (_what, datagram, fault) => {
    const [frame] = framer.push(hex(datagram));
    expect(frame).toMatchObject({ transactionId: 1, fault });
    expect(frame?.pdu).toHaveLength(0);
  });

  test("nothing is kept for the next datagram", () => {
    framer.push(hex("000100000005010302"));
    expect(framer.push(hex("11ff"))).toMatchObject([{ transactionId: 0x11ff, fault: expect.any(String) }]);
    expect(framer.push(hex("11"))).toEqual([]);
    expect(framer.push(hex(""))).toEqual([]);
    expect(framer.buffered).toBe(0);
  });
});

describe("RTU in datagrams", () => {
  const codec = lineCodec({ framing: "rtu", datagrams: true });
  const sent = codec.frame(7, hex("0300010001"));
  const answer = codec.frame(7, hex("03021111"));
  const open = () => codec.framer({ unitId: 7, functionCode: 3, pduLength: 4, notAnswer: sent }, sent);

  test("a whole one, an exception", () => {
    expect(open().push(answer, 0)).toEqual(hex("03021111"));
    expect(open().push(codec.frame(7, hex("8302")), 0)).toEqual(hex("8302"));
  });

  test("one in two datagrams is none", () => {
    const line = open();
    expect(line.push(answer.subarray(0, 4), 0)).toBeUndefined();
    expect(line.push(answer.subarray(4), 0)).toBeUndefined();
    expect(line.finish(500)).toEqual({
      failure: { kind: "crc", detail: "a datagram of 4 bytes fails the CRC: cut short, or damaged" },
    });
  });

  test("bytes before or behind the frame", () => {
    expect(open().push(Uint8Array.of(0, ...answer), 0)).toBeUndefined();
    expect(open().push(Uint8Array.of(...answer, 0x55), 0)).toBeUndefined();
  });

  test("longer than any RTU frame", () => {
    const line = codec.framer({ unitId: 7, functionCode: 65, pduLength: "untold" }, sent);
    expect(
      line.push(
        codec.frame(
          7,
          Uint8Array.from({ length: 254 }, () => 65),
        ),
        0,
      ),
    ).toBeUndefined();
    expect(line.finish(500)).toMatchObject({ failure: { kind: "protocol", detail: "a datagram of 257 bytes" } });
    expect(
      line.push(
        codec.frame(
          7,
          Uint8Array.from({ length: 253 }, () => 65),
        ),
        0,
      ),
    ).toHaveLength(253);
  });

  test("another unit, another function, the request given back", () => {
    const line = open();
    line.push(codec.frame(8, hex("03021111")), 0);
    line.push(sent, 0);
    expect(line.finish(500)).toMatchObject({
      failure: { kind: "timeout", detail: "no answer within 500 ms; 2 datagrams came that are no answer to it" },
    });
    line.push(codec.frame(7, hex("04021111")), 0);
    expect(line.finish(500)).toMatchObject({ failure: { kind: "protocol" } });
    expect(line.push(answer, 0)).toEqual(hex("03021111"));
  });
});
