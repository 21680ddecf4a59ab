/**
 * What a client may accept, decided a second time and otherwise than in src/: bit by bit, field by field, slow and plain.
 */
import { FUNCTIONS } from "./conversation.mjs";

const MAX_PDU = 253;

/** MODBUS over Serial Line V1.02, section 6.2.2, bit by bit. */
export function referenceCrc(bytes) {
  let register = 0xffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let shift = 0; shift < 8; shift++) {
      const carry = register % 2;
      register = Math.floor(register / 2);
      if (carry === 1) register ^= 0xa001;
    }
  }
  return register;
}

export function crcBytes(bytes) {
  const crc = referenceCrc(bytes);
  return [crc % 256, Math.floor(crc / 256)];
}

/** Section 6.2.1: with the LRC the sum is a multiple of 256. */
export function sumsUp(bytes) {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return sum % 256 === 0;
}

export function lrcByte(bytes) {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return (256 - (sum % 256)) % 256;
}

/** The ADUs of a stream of MODBUS/TCP, and whether it goes wrong behind them. */
export function referenceAdus(stream) {
  const adus = [];
  let rest = Buffer.from(stream);
  for (;;) {
    if (rest.length >= 4 && rest.readUInt16BE(2) !== 0) return { adus, broken: true, left: 0 };
    if (rest.length < 6) return { adus, broken: false, left: rest.length };
    const length = rest.readUInt16BE(4);
    if (length < 3 || length > 254) return { adus, broken: true, left: 0 };
    if (rest.length < 6 + length) return { adus, broken: false, left: rest.length };
    adus.push({ id: rest.readUInt16BE(0), unit: rest[6], pdu: rest.subarray(7, 6 + length) });
    rest = rest.subarray(6 + length);
  }
}

const same = (a, b) => Buffer.compare(a, b) === 0;
const word = (bytes, at) => 256 * bytes[at] + bytes[at + 1];

function registers(bytes) {
  const list = [];
  for (let at = 0; at < bytes.length; at += 2) list.push(word(bytes, at));
  return list;
}

/** Function, byte count, so many bytes. */
function counted(pdu, bytes) {
  return pdu.length === bytes + 2 && pdu[1] === bytes ? pdu.subarray(2) : undefined;
}

function registersOf(pdu, count) {
  const body = counted(pdu, 2 * count);
  return body && { registers: registers(body) };
}

function echoOf(pdu, expected) {
  return same(pdu, expected) ? {} : undefined;
}

/** By function: what a good answer says, or undefined when it is none. */
const GOOD = {
  readBits(pdu, { count }) {
    const body = counted(pdu, Math.ceil(count / 8));
    return (
      body && {
        bits: Array.from({ length: count }, (_, n) => Math.floor(body[Math.floor(n / 8)] / 2 ** (n % 8)) % 2 === 1),
      }
    );
  },
  readRegisters: (pdu, { count }) => registersOf(pdu, count),
  writeSingleCoil: (pdu, request) => echoOf(pdu, FUNCTIONS.writeSingleCoil.ask(request)),
  writeSingleRegister: (pdu, request) => echoOf(pdu, FUNCTIONS.writeSingleRegister.ask(request)),
  writeCoils: (pdu, request) => echoOf(pdu, FUNCTIONS.writeCoils.ask(request).subarray(0, 5)),
  writeRegisters: (pdu, request) => echoOf(pdu, FUNCTIONS.writeRegisters.ask(request).subarray(0, 5)),
  diagnostics(pdu, request) {
    const sent = FUNCTIONS.diagnostics.ask(request);
    if (pdu.length !== sent.length || !same(pdu.subarray(0, 3), sent.subarray(0, 3))) return undefined;
    if ([0, 1, 3, 10, 20].includes(request.subFunction) && !same(pdu, sent)) return undefined;
    return { data: registers(pdu.subarray(3)) };
  },
  reportServerId(pdu) {
    const body = counted(pdu, pdu.length - 2);
    return body && { data: [...body] };
  },
  readFileRecord(pdu, { sections }) {
    const answer = [];
    let rest = counted(pdu, pdu.length - 2);
    for (const { count } of sections) {
      if (rest === undefined || rest.length < 2 + 2 * count || rest[0] !== 1 + 2 * count || rest[1] !== 6)
        return undefined;
      answer.push(registers(rest.subarray(2, 2 + 2 * count)));
      rest = rest.subarray(2 + 2 * count);
    }
    return rest.length === 0 ? { sections: answer } : undefined;
  },
  writeFileRecord: (pdu, request) => echoOf(pdu, FUNCTIONS.writeFileRecord.ask(request)),
  maskWriteRegister: (pdu, request) => echoOf(pdu, FUNCTIONS.maskWriteRegister.ask(request)),
  readWriteRegisters: (pdu, { read }) => registersOf(pdu, read.count),
  readFifoQueue(pdu) {
    if (pdu.length < 5 || pdu.length % 2 === 0 || pdu.length > 67) return undefined;
    const count = (pdu.length - 5) / 2;
    return word(pdu, 1) === 2 + 2 * count && word(pdu, 3) === count
      ? { registers: registers(pdu.subarray(5)) }
      : undefined;
  },
  readDeviceIdentification: identification,
  custom: (pdu) => ({ data: [...pdu.subarray(1)] }),
};

function identification(pdu, request) {
  const sent = FUNCTIONS.readDeviceIdentification.ask(request);
  if (pdu.length < 7 || !same(pdu.subarray(0, 3), sent.subarray(0, 3))) return undefined;
  const [, , , conformity, more, next, count] = pdu;
  if (more !== 0 && more !== 255) return undefined;
  if (more === 255 && next <= request.objectId) return undefined;
  const objects = [];
  let rest = pdu.subarray(7);
  for (let n = 0; n < count; n++) {
    if (rest.length < 2 || rest.length < 2 + rest[1]) return undefined;
    objects.push({ id: rest[0], value: [...rest.subarray(2, 2 + rest[1])] });
    rest = rest.subarray(2 + rest[1]);
  }
  if (rest.length > 0) return undefined;
  const first = objects[0]?.id;
  if (request.category === "object" ? count !== 1 || first !== request.objectId : false) return undefined;
  if (first !== undefined && first !== 0 && first < request.objectId) return undefined;
  return { conformity, objects, ...(more === 255 ? { nextObjectId: next } : {}) };
}

/** What `pdu` says to the request: `{ exception }`, `{ value }`, or undefined when it is no answer to it. */
export function referenceAnswer(request, pdu) {
  if (pdu.length > MAX_PDU) return undefined;
  const code = FUNCTIONS[request.kind].ask(request)[0];
  if (pdu[0] === code + 0x80) return pdu.length === 2 ? { exception: pdu[1] } : undefined;
  const value = pdu[0] === code ? GOOD[request.kind](pdu, request) : undefined;
  return value && { value };
}

/** PDU bytes of an answer that begins like `pdu`; undefined where only the end of the frame tells. */
export function referenceLength(request, pdu) {
  if (pdu[0] > 0x80) return 2;
  const { kind } = request;
  if (kind === "custom") return undefined;
  if (kind === "reportServerId") return 2 + pdu[1];
  if (kind === "readFifoQueue") return 3 + word(pdu, 1);
  if (kind === "readDeviceIdentification") {
    let length = 7;
    for (let n = 0; n < pdu[6]; n++) length += 2 + pdu[length + 1];
    return length;
  }
  return GOOD_LENGTHS[kind](request);
}

const GOOD_LENGTHS = {
  readBits: ({ count }) => 2 + Math.ceil(count / 8),
  readRegisters: ({ count }) => 2 + 2 * count,
  writeSingleCoil: () => 5,
  writeSingleRegister: () => 5,
  writeCoils: () => 5,
  writeRegisters: () => 5,
  diagnostics: ({ data }) => 3 + 2 * data.length,
  readFileRecord: ({ sections }) => sections.reduce((sum, { count }) => sum + 2 + 2 * count, 2),
  writeFileRecord: (request) => FUNCTIONS.writeFileRecord.ask(request).length,
  maskWriteRegister: () => 7,
  readWriteRegisters: ({ read }) => 2 + 2 * read.count,
};
