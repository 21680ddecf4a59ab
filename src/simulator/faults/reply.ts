import { crcOf } from "../serialServer";

export type ReplyFraming = "mbap" | "rtu" | "ascii";

/**
 * One frame, right or wrong in every field. Built and taken apart here by code that the client does not share, so that
 * both can't be wrong in the same way.
 */
export interface Reply {
  /** MBAP only; 0 on a serial line. */
  readonly transactionId: number;
  /** MBAP only. */
  readonly protocolId: number;
  readonly unitId: number;
  readonly pdu: Uint8Array;
  /** MBAP only: what the length field says, where that is not the truth. */
  readonly length?: number;
  /** On a serial line: what the CRC (of ASCII: the LRC) is xor-ed with. */
  readonly crcError?: number;
}

const HEADER_BYTES = 7;

export function replyBytes(framing: ReplyFraming, reply: Reply): Buffer {
  if (framing === "mbap") return mbapBytes(reply);
  return framing === "rtu" ? rtuBytes(reply) : asciiBytes(reply);
}

function mbapBytes(reply: Reply): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + reply.pdu.length);
  frame.writeUInt16BE(reply.transactionId & 0xffff, 0);
  frame.writeUInt16BE(reply.protocolId, 2);
  frame.writeUInt16BE((reply.length ?? reply.pdu.length + 1) & 0xffff, 4);
  frame.writeUInt8(reply.unitId & 0xff, 6);
  frame.set(reply.pdu, HEADER_BYTES);
  return frame;
}

function rtuBytes(reply: Reply): Buffer {
  const body = Buffer.concat([Uint8Array.of(reply.unitId & 0xff), reply.pdu]);
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crcOf(body) ^ (reply.crcError ?? 0));
  return Buffer.concat([body, crc]);
}

function asciiBytes(reply: Reply): Buffer {
  const body = Buffer.concat([Uint8Array.of(reply.unitId & 0xff), reply.pdu]);
  const lrc = Uint8Array.of((lrcOf(body) ^ (reply.crcError ?? 0)) & 0xff);
  return Buffer.from(`:${Buffer.concat([body, lrc]).toString("hex").toUpperCase()}\r\n`, "latin1");
}

/** The two's complement of the sum of the bytes (MODBUS over Serial Line V1.02, section 2.5.2.2). */
export function lrcOf(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** What an ASCII frame holds: unit id and PDU; undefined where it is none, or its LRC is wrong. */
export function asciiBody(frame: Buffer): Buffer | undefined {
  const [, digits = ""] = /^:((?:[0-9A-F]{2})+)\r\n$/i.exec(frame.toString("latin1")) ?? [];
  const bytes = Buffer.from(digits, "hex");
  return bytes.length >= 3 && lrcOf(bytes) === 0 ? bytes.subarray(0, -1) : undefined;
}

/** The frames in a message that holds nothing but whole frames; undefined otherwise. */
export function repliesIn(framing: ReplyFraming, message: Uint8Array): readonly Reply[] | undefined {
  if (framing === "mbap") return mbapRepliesIn(Buffer.from(message));
  const body = framing === "rtu" ? rtuBody(Buffer.from(message)) : asciiBody(Buffer.from(message));
  const reply = body && { transactionId: 0, protocolId: 0, unitId: body.readUInt8(0), pdu: body.subarray(1) };
  return reply === undefined ? undefined : [reply];
}

function mbapRepliesIn(message: Buffer): readonly Reply[] | undefined {
  const replies: Reply[] = [];
  let at = 0;
  while (at < message.length) {
    if (at + HEADER_BYTES > message.length) return undefined;
    const end = at + 6 + message.readUInt16BE(at + 4);
    if (end > message.length || end <= at + HEADER_BYTES) return undefined;
    replies.push({
      transactionId: message.readUInt16BE(at),
      protocolId: message.readUInt16BE(at + 2),
      unitId: message.readUInt8(at + 6),
      pdu: message.subarray(at + HEADER_BYTES, end),
    });
    at = end;
  }
  return replies;
}

function rtuBody(message: Buffer): Buffer | undefined {
  const end = message.length - 2;
  return end >= 2 && crcOf(message.subarray(0, end)) === message.readUInt16LE(end)
    ? message.subarray(0, end)
    : undefined;
}
