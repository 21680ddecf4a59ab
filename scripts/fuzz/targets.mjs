/**
 * What is fuzzed. A target makes one input from its random numbers, gives it to the code of src/ and returns undefined,
 * or in words what was accepted that must not be (or refused that is right).
 */
import { drawAnswer, drawRequest, words } from "./conversation.mjs";
import { concat, hex, mutate, pieces } from "./random.mjs";
import { crcBytes, lrcByte, referenceAdus, referenceAnswer, referenceLength, sumsUp } from "./reference.mjs";

/** Kept at most of a frame that has begun. */
const MAX_BUFFERED = 260;

const rtu = (unit, pdu) => concat([unit], pdu, crcBytes(concat([unit], pdu)));
const asciiOf = (bytes) => `:${hex(bytes).toUpperCase()}\r\n`;
const ascii = (unit, pdu) => Buffer.from(asciiOf(concat([unit], pdu, [lrcByte(concat([unit], pdu))])));
const mbap = (id, unit, pdu) =>
  concat([id >> 8, id & 255, 0, 0, (pdu.length + 1) >> 8, (pdu.length + 1) & 255, unit], pdu);

/** Whole, changed, or nothing but noise. */
function spoil(bytes, random) {
  if (random.oneIn(10)) return { bytes: random.bytes(random.below(320)), whole: false };
  return random.oneIn(8) ? { bytes, whole: true } : { bytes: mutate(bytes, random), whole: false };
}

/** A whole frame that answers something else: of another unit, or to another request, or both. */
function foreign(frame, unit, answer, random) {
  const other = random.oneIn(3) ? unit : random.between(1, 247);
  return frame(other, random.oneIn(2) ? answer : drawAnswer(drawRequest(random), random));
}

/** What the line brings for a request: the answer, or another's frame, each spoilt or not; noise or that frame first, now and then. */
function arrival(frame, unit, answer, random) {
  const strange = foreign(frame, unit, answer, random);
  if (random.oneIn(6)) return { bytes: strange, whole: false };
  const spoilt = spoil(frame(unit, answer), random);
  if (random.oneIn(6)) return { bytes: concat(strange, spoilt.bytes), whole: false };
  if (!random.oneIn(4)) return spoilt;
  return { bytes: concat(random.bytes(1 + random.below(20)), spoilt.bytes), whole: false };
}

/** Feeds a framer until it accepts, or its deadline. */
function accepted(framer, parts) {
  let now = 0;
  for (const part of parts) {
    now += 1;
    const pdu = framer.push(part, now);
    if (pdu !== undefined) return pdu;
  }
  const silent = framer.silence();
  if (silent !== undefined) return silent;
  return framer.finish(1000).pdu;
}

/** The checks that every framing has in common: unit, function, length, checksum, and that the bytes were there at all. */
function misfits(pdu, { asked, unit, sent, frames }) {
  if (pdu === undefined) return undefined;
  const frame = rtu(unit, pdu);
  if ((pdu[0] & 0x7f) !== asked.ask[0]) return `accepted function ${pdu[0]}, asked ${asked.ask[0]}`;
  if (pdu.length > 253) return `accepted a PDU of ${pdu.length} bytes`;
  if (!frames(frame, pdu)) return `accepted ${hex(pdu)}, which did not come as a frame of unit ${unit}`;
  if (sent !== undefined && hex(frame) === hex(sent)) return "accepted the echo of the request";
  return undefined;
}

function wrongLength(pdu, request) {
  const length = pdu === undefined ? undefined : referenceLength(request, pdu);
  return length === undefined || length === pdu.length
    ? undefined
    : `accepted ${pdu.length} bytes instead of ${length}`;
}

/** A request of a line, its frame, and the framer that looks for its answer. */
function exchangeOn(traits, random, { lineCodec, functionCodeOf, answerLength, mayEcho }) {
  const asked = drawRequest(random);
  const unit = random.between(1, 247);
  const codec = lineCodec(traits);
  const sent = codec.frame(unit, asked.ask);
  const echoIsAnswer = mayEcho(asked.request);
  const expected = {
    unitId: unit,
    functionCode: functionCodeOf(asked.request),
    pduLength: answerLength(asked.request),
    ...(echoIsAnswer ? {} : { notAnswer: sent }),
  };
  return { asked, unit, sent, echoIsAnswer, framer: codec.framer(expected, sent) };
}

/** `frame` makes the frame of an answer, `frames` finds one in what came. */
function lineTarget(source, traits, { frame, frames, checksLength = false }) {
  return (random) => {
    const exchange = exchangeOn(traits, random, source);
    const { asked, unit, sent, echoIsAnswer, framer } = exchange;
    const answer = drawAnswer(asked, random);
    const { bytes, whole } = arrival(frame, unit, answer, random);
    const echo = traits.echo === true ? spoil(sent, random) : { bytes: new Uint8Array(0), whole: true };
    const stream = concat(echo.bytes, bytes);
    // What follows the echo: of a spoilt one, its end may be the beginning of the frame that is accepted.
    const behind = traits.echo === true ? stream.subarray(sent.length) : bytes;
    const pdu = accepted(framer, traits.datagrams === true ? [bytes] : pieces(stream, random));
    const checks = {
      asked,
      unit,
      frames: (wire, body) => frames(behind, wire, body, unit),
      sent: echoIsAnswer || traits.framing !== "rtu" ? undefined : sent,
    };
    const wrong =
      wrongEcho(traits, pdu, stream, sent) ??
      misfits(pdu, checks) ??
      (checksLength ? wrongLength(pdu, asked.request) : undefined) ??
      (whole && echo.whole ? refusedRight(pdu, answer) : undefined);
    return wrong === undefined ? undefined : `${wrong}; ${JSON.stringify(asked.request)}; came ${hex(stream)}`;
  };
}

function wrongEcho({ echo }, pdu, stream, sent) {
  if (echo !== true || pdu === undefined || hex(stream.subarray(0, sent.length)) === hex(sent)) return undefined;
  return "accepted an answer behind a wrong echo";
}

function refusedRight(pdu, answer) {
  return pdu !== undefined && hex(pdu) === hex(answer) ? undefined : "refused a right answer";
}

const inStream = (bytes, wire) => Buffer.from(bytes).includes(wire);
const isDatagram = (bytes, wire) => hex(bytes) === hex(wire);

/** A line of text with the right LRC says it. */
function inText(bytes, _wire, pdu, unit) {
  const lines = Buffer.from(bytes).toString("latin1").split(":");
  return lines.some((line) => {
    const digits = /^((?:[0-9A-Fa-f]{2})+)(?:\r\n|\n|\r$)/.exec(line)?.[1];
    const body = Buffer.from(digits ?? "", "hex");
    return sumsUp(body) && hex(body.subarray(0, -1)) === hex(concat([unit], pdu));
  });
}

/** By name, in a fixed order: the seed of an input counts on it. */
export function targets(source) {
  const rtuStream = { frame: rtu, frames: inStream, checksLength: true };
  return {
    "MBAP stream": (random) => mbapStream(random, source),
    "MBAP datagram": (random) => mbapDatagram(random, source),
    RTU: lineTarget(source, { framing: "rtu" }, rtuStream),
    "RTU datagram": lineTarget(source, { framing: "rtu", datagrams: true }, { frame: rtu, frames: isDatagram }),
    "RTU with echo": lineTarget(source, { framing: "rtu", echo: true }, rtuStream),
    ASCII: lineTarget(source, { framing: "ascii" }, { frame: ascii, frames: inText }),
    "RTU, one bit flipped": (random) => oneBit(random, source),
    decode: (random) => decoding(random, source),
    "RTU, echo not told of": (random) => untoldEcho(random, source),
  };
}

/**
 * The request comes back, and behind it the right answer: that one is told. Most addresses begin with the byte count of
 * the answer, so that the echo looks like an answer's beginning, and often the data are such that the CRC fits, too.
 */
function untoldEcho(random, { lineCodec }) {
  const bits = random.oneIn(3);
  const count = 1 + random.below(bits ? 24 : 12);
  const data = bits ? Math.ceil(count / 8) : 2 * count;
  const address = random.oneIn(4) ? random.word() & 0xff00 : data << 8;
  const functionCode = random.pick(bits ? [1, 2] : [3, 4]);
  const [unit, low] = [random.between(1, 247), random.below(256)];
  const sent = rtu(unit, concat([functionCode], words(address + low, count)));
  const answer = concat([functionCode, data], random.bytes(data));
  // Bytes of the answer that make a frame together with the echo.
  const shared = data + 5 - sent.length;
  if (shared >= 5 && random.oneIn(2)) {
    const crc = crcBytes(concat(sent, [unit], answer.subarray(0, shared - 3)));
    answer.set(crc, shared - 3);
  }
  const expected = { unitId: unit, functionCode, pduLength: answer.length, notAnswer: sent };
  const stream = concat(sent, rtu(unit, answer));
  const pdu = accepted(lineCodec({ framing: "rtu" }).framer(expected, sent), pieces(stream, random));
  if (pdu !== undefined && hex(pdu) === hex(answer)) return undefined;
  return `accepted ${pdu === undefined ? "nothing" : hex(pdu)}; came ${hex(stream)}`;
}

function drawAdu(random) {
  const pdu = random.oneIn(3) ? random.bytes(random.between(2, 253)) : drawAnswer(drawRequest(random), random);
  // A PDU of one byte is no answer that MODBUS/TCP carries.
  return mbap(random.word(), random.below(256), pdu.length < 2 ? Uint8Array.of(pdu[0], 0) : pdu);
}

const shown = ({ id, unit, pdu }) => `${id}/${unit}/${hex(pdu)}`;

function mbapStream(random, { TcpFramer }) {
  const adus = Array.from({ length: 1 + random.below(4) }, () => drawAdu(random));
  const { bytes } = spoil(concat(...adus), random);
  const framer = new TcpFramer();
  const found = [];
  for (const part of pieces(bytes, random)) {
    for (const { transactionId, unitId, pdu } of framer.push(part))
      found.push(shown({ id: transactionId, unit: unitId, pdu }));
    if (framer.buffered > MAX_BUFFERED) return `keeps ${framer.buffered} bytes`;
  }
  const reference = referenceAdus(bytes);
  if (found.join() !== reference.adus.map(shown).join()) return `cut ${hex(bytes)} into ${found.join()}`;
  if ((framer.broken !== undefined) !== reference.broken) return `broken is ${framer.broken} after ${hex(bytes)}`;
  if (!reference.broken && framer.buffered !== reference.left) return `keeps ${framer.buffered} of ${hex(bytes)}`;
  return undefined;
}

function mbapDatagram(random, { TcpDatagramFramer }) {
  const { bytes } = spoil(drawAdu(random), random);
  const found = new TcpDatagramFramer().push(bytes).filter(({ fault }) => fault === undefined);
  const { adus, left } = referenceAdus(bytes);
  const right = adus.length === 1 && left === 0 && adus[0].pdu.length + 7 === bytes.length ? adus.map(shown) : [];
  const got = found.map(({ transactionId, unitId, pdu }) => shown({ id: transactionId, unit: unitId, pdu }));
  return got.join() === right.join() ? undefined : `took ${got.join()} from ${hex(bytes)}`;
}

/** A valid answer with any one bit wrong is never an answer: not at once, not by silence, not at the deadline. */
function oneBit(random, { lineCodec, functionCodeOf, answerLength }) {
  const asked = drawRequest(random);
  const unit = random.between(1, 247);
  const frame = rtu(unit, drawAnswer(asked, random));
  const bit = random.below(8 * frame.length);
  frame[bit >> 3] ^= 1 << (bit & 7);
  // An exception that lies whole among the data of the answer is a frame of its own right: not what is looked for.
  for (let at = 1; at + 5 <= frame.length; at++)
    if (frame[at] === unit && (frame[at + 1] & 0x7f) === asked.ask[0]) return undefined;
  const expected = {
    unitId: unit,
    functionCode: functionCodeOf(asked.request),
    pduLength: answerLength(asked.request),
  };
  for (const datagrams of [false, true]) {
    const codec = lineCodec({ framing: "rtu", datagrams });
    const parts = datagrams ? [frame] : pieces(frame, random);
    const pdu = accepted(codec.framer(expected, codec.frame(unit, asked.ask)), parts);
    if (pdu !== undefined) return `accepted ${hex(pdu)} from ${hex(frame)} with bit ${bit} flipped`;
  }
  return undefined;
}

function decoding(random, { decodeResponse, encodeRequest }) {
  const asked = drawRequest(random);
  const { request } = asked;
  const encoded = encodeRequest(request);
  if (!encoded.ok || hex(encoded.value) !== hex(asked.ask)) return `encoded otherwise: ${JSON.stringify(request)}`;
  const { bytes } = spoil(drawAnswer(asked, random), random);
  const pdu = bytes.length === 0 ? Uint8Array.of(asked.ask[0]) : bytes.subarray(0, 253);
  const got = plain(decodeResponse(request, pdu));
  const right = JSON.stringify(referenceAnswer(request, pdu));
  return got === right ? undefined : `${JSON.stringify(request)}: ${hex(pdu)} became ${got}, reference ${right}`;
}

/** As the reference says it. */
function plain(outcome) {
  if (outcome.ok)
    return JSON.stringify({ value: outcome.value }, (_key, value) => (ArrayBuffer.isView(value) ? [...value] : value));
  return outcome.error.kind === "exception" ? JSON.stringify({ exception: outcome.error.code }) : undefined;
}
