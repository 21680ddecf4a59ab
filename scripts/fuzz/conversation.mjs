/**
 * Requests of every function, and what a server would answer: written from the specification (MODBUS Application
 * Protocol V1.1b3, section 6), using nothing of src/.
 */
import { concat } from "./random.mjs";

export function words(...values) {
  const bytes = new Uint8Array(2 * values.length);
  for (const [index, value] of values.entries()) {
    bytes[2 * index] = value >> 8;
    bytes[2 * index + 1] = value & 0xff;
  }
  return bytes;
}

export function bitBytes(bits) {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries()) if (bit) bytes[Math.floor(index / 8)] += 2 ** (index % 8);
  return bytes;
}

const many = (count, make) => Array.from({ length: count }, make);
/** Long lists are rare: most inputs shall be quick. */
const size = (random, most) => (random.oneIn(12) ? random.between(1, most) : 1 + random.below(Math.min(most, 8)));
const range = (random, most) => {
  const count = size(random, most);
  return { count, address: random.between(0, 0x10000 - count) };
};

/** By function: a random request; its PDU; the PDU of a right answer. */
export const FUNCTIONS = {
  readBits: {
    draw: (random) => ({ kind: "readBits", table: random.pick(["coil", "discrete"]), ...range(random, 2000) }),
    ask: ({ table, address, count }) => concat([table === "coil" ? 1 : 2], words(address, count)),
    answer: ({ table, count }, random) =>
      concat([table === "coil" ? 1 : 2, Math.ceil(count / 8)], random.bytes(Math.ceil(count / 8))),
  },
  readRegisters: {
    draw: (random) => ({ kind: "readRegisters", table: random.pick(["holding", "input"]), ...range(random, 125) }),
    ask: ({ table, address, count }) => concat([table === "holding" ? 3 : 4], words(address, count)),
    answer: ({ table, count }, random) => concat([table === "holding" ? 3 : 4, 2 * count], random.bytes(2 * count)),
  },
  writeSingleCoil: {
    draw: (random) => ({ kind: "writeSingleCoil", address: random.word(), value: random.oneIn(2) }),
    ask: ({ address, value }) => concat([5], words(address, value ? 0xff00 : 0)),
    answer: (request) => FUNCTIONS.writeSingleCoil.ask(request),
  },
  writeSingleRegister: {
    draw: (random) => ({ kind: "writeSingleRegister", address: random.word(), value: random.word() }),
    ask: ({ address, value }) => concat([6], words(address, value)),
    answer: (request) => FUNCTIONS.writeSingleRegister.ask(request),
  },
  writeCoils: {
    draw(random) {
      const { address, count } = range(random, 1968);
      return { kind: "writeCoils", address, values: many(count, () => random.oneIn(2)) };
    },
    ask: ({ address, values }) =>
      concat([15], words(address, values.length), [Math.ceil(values.length / 8)], bitBytes(values)),
    answer: ({ address, values }) => concat([15], words(address, values.length)),
  },
  writeRegisters: {
    draw(random) {
      const { address, count } = range(random, 123);
      return { kind: "writeRegisters", address, values: many(count, () => random.word()) };
    },
    ask: ({ address, values }) => concat([16], words(address, values.length), [2 * values.length], words(...values)),
    answer: ({ address, values }) => concat([16], words(address, values.length)),
  },
  diagnostics: {
    draw: (random) => ({
      kind: "diagnostics",
      subFunction: random.pick([0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 500]),
      data: [random.word()],
    }),
    ask: ({ subFunction, data }) => concat([8], words(subFunction, ...data)),
    answer: (request) => FUNCTIONS.diagnostics.ask(request),
  },
  reportServerId: {
    draw: () => ({ kind: "reportServerId" }),
    ask: () => Uint8Array.of(17),
    answer(_request, random) {
      const length = size(random, 251);
      return concat([17, length], random.bytes(length));
    },
  },
  readFileRecord: {
    draw: (random) => ({
      kind: "readFileRecord",
      sections: many(1 + random.below(3), () => ({
        file: 1 + random.below(0xffff),
        record: random.below(9980),
        count: 1 + random.below(15),
      })),
    }),
    ask: ({ sections }) =>
      concat(
        [20, 7 * sections.length],
        ...sections.map(({ file, record, count }) => concat([6], words(file, record, count))),
      ),
    answer({ sections }, random) {
      const parts = sections.map(({ count }) => concat([2 * count + 1, 6], random.bytes(2 * count)));
      const body = concat(...parts);
      return concat([20, body.length], body);
    },
  },
  writeFileRecord: {
    draw: (random) => ({
      kind: "writeFileRecord",
      sections: many(1 + random.below(3), () => ({
        file: 1 + random.below(0xffff),
        record: random.below(9980),
        values: many(1 + random.below(10), () => random.word()),
      })),
    }),
    ask({ sections }) {
      const body = concat(
        ...sections.map(({ file, record, values }) => concat([6], words(file, record, values.length, ...values))),
      );
      return concat([21, body.length], body);
    },
    answer: (request) => FUNCTIONS.writeFileRecord.ask(request),
  },
  maskWriteRegister: {
    draw: (random) => ({
      kind: "maskWriteRegister",
      address: random.word(),
      andMask: random.word(),
      orMask: random.word(),
    }),
    ask: ({ address, andMask, orMask }) => concat([22], words(address, andMask, orMask)),
    answer: (request) => FUNCTIONS.maskWriteRegister.ask(request),
  },
  readWriteRegisters: {
    draw(random) {
      const write = range(random, 121);
      return {
        kind: "readWriteRegisters",
        read: range(random, 125),
        write: { address: write.address, values: many(write.count, () => random.word()) },
      };
    },
    ask: ({ read, write: { address, values } }) =>
      concat([23], words(read.address, read.count, address, values.length), [2 * values.length], words(...values)),
    answer: ({ read }, random) => concat([23, 2 * read.count], random.bytes(2 * read.count)),
  },
  readFifoQueue: {
    draw: (random) => ({ kind: "readFifoQueue", address: random.word() }),
    ask: ({ address }) => concat([24], words(address)),
    answer(_request, random) {
      const count = random.between(0, 31);
      return concat([24], words(2 * count + 2, count), random.bytes(2 * count));
    },
  },
  readDeviceIdentification: {
    draw: (random) => ({
      kind: "readDeviceIdentification",
      category: random.pick(["basic", "regular", "extended", "object"]),
      objectId: random.pick([0, 0, 0, 2, 0x80, 255]),
    }),
    ask: ({ category, objectId }) =>
      Uint8Array.of(43, 14, 1 + ["basic", "regular", "extended", "object"].indexOf(category), objectId),
    answer(request, random) {
      const single = request.category === "object";
      const count = single ? 1 : random.below(4);
      const objects = many(count, (_, index) => {
        const text = random.bytes(random.below(12));
        return concat([Math.min(255, request.objectId + index), text.length], text);
      });
      const more = !single && request.objectId < 200 && random.oneIn(3);
      const head = [0x81, more ? 0xff : 0, more ? request.objectId + 40 : 0, count];
      return concat([43, 14, FUNCTIONS.readDeviceIdentification.ask(request)[2], ...head], ...objects);
    },
  },
  custom: {
    draw: (random) => ({
      kind: "custom",
      functionCode: random.between(65, 72),
      data: [...random.bytes(random.below(10))],
    }),
    ask: ({ functionCode, data }) => concat([functionCode], data),
    answer: ({ functionCode }, random) => concat([functionCode], random.bytes(size(random, 252))),
  },
};

const KINDS = Object.keys(FUNCTIONS);

/** A request and the PDU that asks it. */
export function drawRequest(random) {
  const request = FUNCTIONS[random.pick(KINDS)].draw(random);
  return { request, ask: FUNCTIONS[request.kind].ask(request) };
}

/** The PDU of a right answer: one in six an exception. */
export function drawAnswer({ request, ask }, random) {
  if (random.oneIn(6))
    return Uint8Array.of(ask[0] | 0x80, random.pick([1, 2, 3, 4, 5, 6, 8, 10, 11, random.below(256)]));
  return FUNCTIONS[request.kind].answer(request, random);
}
