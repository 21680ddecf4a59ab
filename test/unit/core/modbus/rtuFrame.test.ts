import { RtuFramer, rtuFrame } from "../../../../src/core/modbus/rtuFrame";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString("hex");
/** Read of two holding registers of unit 1: the answer has 9 bytes. */
const expected = { unitId: 1, functionCode: 3, pduLength: 6 };
const answer = rtuFrame(1, bytes("0304aaaabbbb"));

test("a frame is unit, PDU, CRC low byte first", () => {
  expect(hex(rtuFrame(0x11, bytes("03006b0003")))).toBe("1103006b00037687");
});

test.each([
  ["nothing", ""],
  ["noise", "ffee017744"],
  ["noise that looks like the answer's beginning", "0103040000"],
  ["noise that looks like an exception's beginning", "0183"],
  ["the answer of another unit", hex(rtuFrame(2, bytes("0304ccccdddd")))],
  ["an answer to another function", hex(rtuFrame(1, bytes("0404ccccdddd")))],
  ["an answer with a wrong CRC", "010304ccccdddd0000"],
  ["4 KiB of noise", "01".repeat(4096)],
])("the answer is found behind %s", (_name, before) => {
  for (const size of [1, 7, 10_000]) {
    const framer = new RtuFramer(expected);
    const stream = Uint8Array.from([...bytes(before), ...answer]);
    let found: Uint8Array | undefined;
    for (let at = 0; at < stream.length && found === undefined; at += size)
      found = framer.push(stream.subarray(at, at + size));
    expect(hex(found)).toBe("0304aaaabbbb");
  }
});

test("an exception is found; its data is no frame inside a longer answer", () => {
  const exception = rtuFrame(1, bytes("8302"));
  expect(hex(new RtuFramer(expected).push(exception))).toBe("8302");
  // An answer that carries an exception frame as data: 7 registers.
  const carrier = rtuFrame(1, Uint8Array.from([3, 14, ...exception, ...new Uint8Array(9)]));
  const framer = new RtuFramer({ unitId: 1, functionCode: 3, pduLength: 16 });
  expect(framer.push(carrier.subarray(0, 12))).toBeUndefined();
  expect(framer.push(carrier.subarray(12))).toHaveLength(16);
});

test("an exception behind noise that looks like a frame is told at the deadline", () => {
  const framer = new RtuFramer(expected);
  expect(framer.push(Uint8Array.from([1, 3, ...rtuFrame(1, bytes("8302"))]))).toBeUndefined();
  expect(framer.finish(1000)).toEqual({ pdu: bytes("8302") });
});

test("the echo of a read is no answer, even where it would pass for one", () => {
  // FC 1, 17-24 coils from 0x0300: request and answer have 8 bytes, and the address poses as byte count 3.
  const request = rtuFrame(1, bytes("0103000014"));
  const framer = new RtuFramer({ unitId: 1, functionCode: 1, pduLength: 5, notAnswer: request });
  expect(framer.push(request)).toBeUndefined();
  expect(hex(framer.push(rtuFrame(1, bytes("0103112203"))))).toBe("0103112203");
});

describe("the echo of a request that no echo was expected of", () => {
  /** What is found in the stream, brought in pieces of `size`. */
  function found(framer: RtuFramer, stream: Uint8Array, size: number): string {
    for (let at = 0; at < stream.length; at += size) {
      const pdu = framer.push(stream.subarray(at, at + size));
      if (pdu !== undefined) return hex(pdu);
    }
    return "";
  }

  test.each([
    // The first 7 bytes of the request have the CRC of an answer with the byte count 2.
    ["a beginning that would pass for the answer", rtuFrame(4, bytes("0102ad0009")), 1, "01020f01"],
    // 10 registers from 5120: what the echo and half of the answer make up has the byte count 20 and, here, its CRC.
    ["an echo and half of an answer that would pass for one", rtuFrame(1, bytes("031400000a")), 3, ""],
  ])("%s", (_name, request, functionCode, told) => {
    const straddled = Uint8Array.from([...request, 1, 3, 20, ...new Uint8Array(12)]);
    const [low = 0, high = 0] = rtuFrame(1, straddled.subarray(1)).subarray(-2);
    const pdu =
      told === "" ? Uint8Array.from([3, 20, ...new Uint8Array(12), low, high, 9, 9, 9, 9, 9, 9]) : bytes(told);
    const unitId = request[0] as number;
    const stream = Uint8Array.from([...request, ...rtuFrame(unitId, pdu)]);
    for (const size of [1, 5, 7, 8, 9, 100]) {
      const framer = new RtuFramer({ unitId, functionCode, pduLength: pdu.length, notAnswer: request }, request);
      expect(found(framer, stream, size)).toBe(hex(pdu));
    }
  });

  test("an answer that is by chance like the beginning of the request is told when nothing follows it", () => {
    const request = rtuFrame(4, bytes("0102ad0009"));
    const framer = new RtuFramer({ unitId: 4, functionCode: 1, pduLength: 4, notAnswer: request }, request);
    expect(framer.push(request.subarray(0, 7))).toBeUndefined();
    expect(framer.endsBySilence).toBe(true);
    expect(hex(framer.silence())).toBe(hex(request.subarray(1, 5)));
  });

  test("of no read of one register anything is an answer", () => {
    const wrong: string[] = [];
    for (let unitId = 1; unitId < 248; unitId++) {
      for (let address = 0x200; address < 0x300; address++) {
        const request = rtuFrame(unitId, Uint8Array.of(3, address >> 8, address & 0xff, 0, 1));
        const framer = new RtuFramer({ unitId, functionCode: 3, pduLength: 4, notAnswer: request }, request);
        if (framer.push(request) !== undefined) wrong.push(hex(request));
      }
    }
    expect(wrong).toEqual([]);
  });
});

test.each([
  ["", { kind: "timeout", detail: "no answer within 1000 ms" }],
  ["ffff", { kind: "timeout", detail: "no answer within 1000 ms; 2 bytes came that are no answer to it" }],
  ["010304ccccdddd0000", { kind: "crc", detail: "9 bytes that begin like the answer fail the CRC" }],
  [hex(rtuFrame(1, bytes("0302cccc"))), { kind: "protocol", detail: "an answer of 7 bytes; 9 were expected" }],
  [
    hex(rtuFrame(2, bytes("0304ccccdddd"))),
    { kind: "timeout", detail: "no answer within 1000 ms; 9 bytes came that are no answer to it" },
  ],
])("no answer in %s", (stream, failure) => {
  const framer = new RtuFramer(expected);
  expect(framer.push(bytes(stream))).toBeUndefined();
  expect(framer.finish(1000)).toEqual({ failure });
});

describe("one bit makes an exception of an answer, and its first data are by chance the CRC of that exception", () => {
  const exception = (functionCode: number, code: number): Uint8Array =>
    rtuFrame(1, Uint8Array.of(functionCode | 0x80, code));
  const [low = 0, high = 0] = exception(3, 4).subarray(3);
  const read = { right: rtuFrame(1, Uint8Array.of(3, 4, low, high, 1, 2)), functionCode: 3, pduLength: 6 };
  const [first = 0, second = 0] = exception(6, 2).subarray(3);
  const write = { right: rtuFrame(1, Uint8Array.of(6, 2, first, second, 9)), functionCode: 6, pduLength: 5 };

  test.each([
    ["a read", read],
    ["a write", write],
  ])("%s, in pieces of any size", (_name, { right, functionCode, pduLength }) => {
    const spoiled = Uint8Array.from(right);
    spoiled[1] = functionCode | 0x80;
    for (const size of [1, 4, 5, 6, 100]) {
      const framer = new RtuFramer({ unitId: 1, functionCode, pduLength }, right);
      for (let at = 0; at < spoiled.length; at += size)
        expect(framer.push(spoiled.subarray(at, at + size))).toBeUndefined();
      expect(framer.silence()).toBeUndefined();
      expect(framer.finish(1000)).toMatchObject({ failure: { kind: "crc" } });
    }
  });

  test("the exception itself is told once nothing follows it, also with noise behind", () => {
    for (const behind of ["", "00", "0000"]) {
      const framer = new RtuFramer(expected);
      expect(framer.push(Uint8Array.from([...exception(3, 4), ...bytes(behind)]))).toBeUndefined();
      expect(framer.endsBySilence).toBe(true);
      expect(hex(framer.silence())).toBe("8304");
      expect(framer.finish(1000)).toEqual({ pdu: bytes("8304") });
    }
  });

  test("any other exception is told at once", () => {
    for (const code of [1, 2, 3, 6, 11]) {
      const framer = new RtuFramer(expected, rtuFrame(1, bytes("0300000002")));
      expect(hex(framer.push(exception(3, code)))).toBe(`83${hex(Uint8Array.of(code))}`);
    }
  });
});
