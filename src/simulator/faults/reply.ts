import { crcOf } from "../serialServer";

export type ReplyFraming = "mbap" | "rtu";

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
  /** RTU only: what the CRC is xor-ed with. */
  readonly crcError?: number;
}

const HEADER_BYTES = 7;

export function replyBytes(framing: ReplyFraming, reply: Reply): Buffer {
  return framing === "mbap" ? mbapBytes(reply) : rtuBytes(reply);
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

/** The frames in a message that holds nothing but whole frames; undefined otherwise. */
export function repliesIn(framing: ReplyFraming, message: Uint8Array): readonly Reply[] | undefined {
  if (framing === "mbap") return mbapRepliesIn(Buffer.from(message));
  const reply = rtuReplyIn(Buffer.from(message));
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

function rtuReplyIn(message: Buffer): Reply | undefined {
  const end = message.length - 2;
  if (end < 2 || crcOf(message.subarray(0, end)) !== message.readUInt16LE(end)) return undefined;
  return { transactionId: 0, protocolId: 0, unitId: message.readUInt8(0), pdu: message.subarray(1, end) };
}
