import fc from "fast-check";
import {
  answerLength,
  decodeResponse,
  encodeRequest,
  functionCodeOf,
  type ModbusRequest,
  mayEcho,
} from "../../src/core/modbus/pdu";
import { RtuFramer, rtuFrame } from "../../src/core/modbus/rtuFrame";

const word = fc.integer({ min: 0, max: 0xffff });
const words = (most: number, least = 1): fc.Arbitrary<number[]> =>
  fc.array(word, { minLength: least, maxLength: most });
const hi = (value: number): number => value >> 8;
const lo = (value: number): number => value & 0xff;
const wire = (values: readonly number[]): number[] => values.flatMap((value) => [hi(value), lo(value)]);

interface Talk {
  readonly request: ModbusRequest;
  /** A good answer, made by hand. */
  readonly pdu: Uint8Array;
  readonly response: unknown;
}

const talk = (request: ModbusRequest, pdu: readonly number[], response: unknown): Talk => ({
  request,
  pdu: Uint8Array.from(pdu),
  response,
});

const fifo = words(31, 0).map((registers) =>
  talk(
    { kind: "readFifoQueue", address: 1 },
    [24, ...wire([2 + 2 * registers.length, registers.length, ...registers])],
    { registers: Uint16Array.from(registers) },
  ),
);

const serverId = fc
  .uint8Array({ maxLength: 251 })
  .map((data) => talk({ kind: "reportServerId" }, [17, data.length, ...data], { data }));

const readWrite = fc
  .tuple(words(125), words(121))
  .map(([registers, values]) =>
    talk(
      { kind: "readWriteRegisters", read: { address: 0, count: registers.length }, write: { address: 9, values } },
      [23, 2 * registers.length, ...wire(registers)],
      { registers: Uint16Array.from(registers) },
    ),
  );

const files = fc.array(words(15), { minLength: 1, maxLength: 7 }).map((sections) =>
  talk(
    {
      kind: "readFileRecord",
      sections: sections.map((section, index) => ({ file: index + 1, record: 10 * index, count: section.length })),
    },
    [
      20,
      sections.reduce((sum, section) => sum + 2 + 2 * section.length, 0),
      ...sections.flatMap((section) => [1 + 2 * section.length, 6, ...wire(section)]),
    ],
    { sections: sections.map((section) => Uint16Array.from(section)) },
  ),
);

const identification = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 8 }),
    fc.uint8Array({ maxLength: 28 }),
  )
  .map(([ids, value]) =>
    talk(
      { kind: "readDeviceIdentification", category: "extended", objectId: 0 },
      [43, 14, 3, 0x83, 0, 0, ids.length, ...ids.flatMap((id) => [id, value.length, ...value])],
      { conformity: 0x83, objects: ids.map((id) => ({ id, value })) },
    ),
  );

const custom = fc
  .uint8Array({ maxLength: 252 })
  .map((data) => talk({ kind: "custom", functionCode: 100, data: [] }, [100, ...data], { data }));

const anyTalk = fc.oneof(fifo, serverId, readWrite, files, identification, custom);

const framerFor = (unitId: number, request: ModbusRequest, sent: Uint8Array): RtuFramer =>
  new RtuFramer({
    unitId,
    functionCode: functionCodeOf(request),
    pduLength: answerLength(request),
    ...(mayEcho(request) ? {} : { notAnswer: rtuFrame(unitId, sent) }),
  });

function inPieces(framer: RtuFramer, stream: Uint8Array, size: number): Uint8Array | undefined {
  for (let at = 0; at < stream.length; at += size) {
    const pdu = framer.push(stream.subarray(at, at + size));
    if (pdu !== undefined) return pdu;
  }
  return framer.silence();
}

test("every answer survives the way back, alone and in an RTU frame behind noise", () => {
  fc.assert(
    fc.property(
      anyTalk,
      fc.integer({ min: 1, max: 247 }),
      fc.uint8Array({ maxLength: 20 }),
      fc.integer({ min: 1, max: 60 }),
      ({ request, pdu, response }, unitId, noise, size) => {
        const sent = encodeRequest(request);
        if (!sent.ok) throw new Error(sent.error.detail);
        expect(decodeResponse(request, pdu)).toEqual({ ok: true, value: response });
        const clean = noise.filter((byte) => byte !== unitId);
        const stream = Uint8Array.from([...clean, ...rtuFrame(unitId, pdu)]);
        expect(inPieces(framerFor(unitId, request, sent.value), stream, size)).toEqual(pdu);
      },
    ),
    { numRuns: 500 },
  );
});

test("whatever comes, nothing is thrown and a refusal is one of the protocol", () => {
  fc.assert(
    fc.property(anyTalk, fc.uint8Array({ maxLength: 260 }), ({ request }, body) => {
      const outcome = decodeResponse(request, Uint8Array.from([functionCodeOf(request), ...body]));
      if (!outcome.ok) expect(outcome.error.kind).toBe("protocol");
    }),
    { numRuns: 1000 },
  );
});

test("one bit flipped in an RTU frame is never an answer", () => {
  fc.assert(
    fc.property(anyTalk, fc.nat(), ({ request, pdu }, flip) => {
      const stream = rtuFrame(7, pdu);
      const bit = flip % (8 * stream.length);
      stream[bit >> 3] = (stream[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const framer = framerFor(7, request, new Uint8Array());
      expect(inPieces(framer, stream, 1000)).toBeUndefined();
      expect("failure" in framer.finish(1)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
