import fc from "fast-check";
import { decodeResponse, encodeRequest, type ModbusRequest, responsePduLength } from "../../src/core/modbus/pdu";
import { RtuFramer, rtuFrame } from "../../src/core/modbus/rtuFrame";
import { TcpFramer, tcpAdu } from "../../src/core/modbus/tcpFrame";

const unitId = fc.integer({ min: 1, max: 247 });
const word = fc.integer({ min: 0, max: 0xffff });
const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: 0, maxLength: max });

/** Sizes of the pieces in which a stream arrives. */
const chunks = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });

function* cut(stream: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield stream.slice(at, at + size);
    at += size;
  }
}

/** A read of registers, and the PDU of its answer made by hand. */
const registerRead = fc.array(word, { minLength: 1, maxLength: 125 }).map((registers) => ({
  registers,
  request: { kind: "readRegisters", table: "holding", address: 0, count: registers.length } as const,
  pdu: Uint8Array.from([3, 2 * registers.length, ...registers.flatMap((value) => [value >> 8, value & 0xff])]),
}));

function findRtu(framer: RtuFramer, stream: Uint8Array, sizes: readonly number[]): Uint8Array | undefined {
  for (const chunk of cut(stream, sizes)) {
    const pdu = framer.push(chunk);
    if (pdu !== undefined) return pdu;
  }
  return undefined;
}

test("registers survive the way back", () => {
  fc.assert(
    fc.property(registerRead, ({ registers, request, pdu }) => {
      const decoded = decodeResponse(request, pdu);
      expect(decoded.ok && [...decoded.value.registers]).toEqual(registers);
    }),
  );
});

test("bits survive the way back", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 2000 }), (bits) => {
      // An FC 15 request carries the bits as an FC 1 answer does: behind its byte count.
      const written = encodeRequest({ kind: "writeCoils", address: 0, values: bits.slice(0, 1968) });
      if (!written.ok) return false;
      const answer = Uint8Array.from([1, ...written.value.subarray(5)]);
      const decoded = decodeResponse(
        { kind: "readBits", table: "coil", address: 0, count: Math.min(bits.length, 1968) },
        answer,
      );
      expect(decoded.ok && decoded.value.bits).toEqual(bits.slice(0, 1968));
      return true;
    }),
  );
});

test("whatever arrives is decoded or refused, never thrown at, never more than was asked for", () => {
  const request: fc.Arbitrary<ModbusRequest> = fc.oneof(
    fc.record({
      kind: fc.constant("readBits" as const),
      table: fc.constant("coil" as const),
      address: fc.constant(0),
      count: fc.integer({ min: 1, max: 2000 }),
    }),
    fc.record({
      kind: fc.constant("readRegisters" as const),
      table: fc.constant("input" as const),
      address: fc.constant(0),
      count: fc.integer({ min: 1, max: 125 }),
    }),
    fc.record({ kind: fc.constant("writeSingleRegister" as const), address: word, value: word }),
    fc.record({
      kind: fc.constant("writeRegisters" as const),
      address: fc.constant(0),
      values: fc.array(word, { minLength: 1, maxLength: 123 }),
    }),
  );
  fc.assert(
    fc.property(request, bytes(260), fc.integer({ min: 0, max: 20 }), (asked, body, functionCode) => {
      const decoded = decodeResponse(asked, Uint8Array.from([functionCode, ...body]));
      if (decoded.ok) expect(body.length + 1).toBe(responsePduLength(asked));
    }),
    { numRuns: 1000 },
  );
});

test("TCP: the same frames under any chunking", () => {
  const frame = fc.record({
    id: word,
    unitId: fc.integer({ min: 0, max: 255 }),
    pdu: fc.uint8Array({ minLength: 2, maxLength: 253 }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 10 }), chunks, (frames, sizes) => {
      const stream = Uint8Array.from(frames.flatMap(({ id, unitId: unit, pdu }) => [...tcpAdu(id, unit, pdu)]));
      const framer = new TcpFramer();
      const found = [...cut(stream, sizes)].flatMap((chunk) =>
        framer
          .push(chunk)
          .map(({ transactionId, unitId: unit, pdu }) => ({ id: transactionId, unitId: unit, pdu: pdu.slice() })),
      );
      expect(found).toEqual(frames);
      expect(framer.broken).toBeUndefined();
      expect(framer.buffered).toBe(0);
    }),
  );
});

test("TCP: noise never throws, keeps at most one frame", () => {
  fc.assert(
    fc.property(fc.array(bytes(300), { maxLength: 10 }), (stream) => {
      const framer = new TcpFramer();
      for (const chunk of stream) {
        for (const { pdu } of framer.push(chunk)) expect(pdu.length).toBeGreaterThanOrEqual(2);
        expect(framer.buffered).toBeLessThan(260);
      }
    }),
  );
});

test("RTU: the answer is found behind frames of others, under any chunking", () => {
  const foreign = fc.tuple(unitId, fc.uint8Array({ minLength: 2, maxLength: 250 }));
  fc.assert(
    fc.property(unitId, registerRead, fc.array(foreign, { maxLength: 3 }), chunks, (unit, { pdu }, others, sizes) => {
      const before = others.filter(([other]) => other !== unit).flatMap(([other, body]) => [...rtuFrame(other, body)]);
      const stream = Uint8Array.from([...before, ...rtuFrame(unit, pdu)]);
      const framer = new RtuFramer({ unitId: unit, functionCode: 3, pduLength: pdu.length });
      expect(findRtu(framer, stream, sizes)).toEqual(pdu);
    }),
  );
});

test("RTU: no value from an answer with one bit flipped", () => {
  fc.assert(
    fc.property(unitId, registerRead, fc.nat(), chunks, (unit, { request, pdu }, at, sizes) => {
      const frame = rtuFrame(unit, pdu);
      const bit = at % (8 * frame.length);
      frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = findRtu(new RtuFramer({ unitId: unit, functionCode: 3, pduLength: pdu.length }), frame, sizes);
      expect(found !== undefined && decodeResponse(request, found).ok).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test("RTU: every single flipped bit of one frame", () => {
  const pdu = Uint8Array.of(3, 4, 0x12, 0x34, 0x01, 0x03);
  const frame = rtuFrame(1, pdu);
  for (let bit = 0; bit < 8 * frame.length; bit++) {
    const flipped = frame.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const framer = new RtuFramer({ unitId: 1, functionCode: 3, pduLength: 6 });
    expect(framer.push(flipped)).toBeUndefined();
    expect(framer.finish(1)).toHaveProperty("failure");
  }
});
