import type { Reply } from "./reply";

/** Faults of content: frames that are whole, and wrong. They apply to answers. */
export type ContentFault =
  /** The transaction id, the unit id, the protocol id, the function code is another one. */
  | { readonly kind: "wrongTransaction"; readonly by: number }
  | { readonly kind: "wrongUnit"; readonly by: number }
  | { readonly kind: "wrongProtocol"; readonly id: number }
  | { readonly kind: "wrongFunction"; readonly code: number }
  /** The MBAP length field is off by `by`, or says `is`. */
  | { readonly kind: "wrongLength"; readonly by: number }
  | { readonly kind: "lengthField"; readonly is: number }
  /** So many data bytes more (or less, negative) than were asked for, and a byte count that agrees. */
  | { readonly kind: "dataBytes"; readonly by: number }
  /** The byte count says something else than there is. */
  | { readonly kind: "byteCount"; readonly is: number }
  /** Function code and a byte count of 0. */
  | { readonly kind: "emptyAnswer" }
  /** An exception with this code instead of the answer. */
  | { readonly kind: "exception"; readonly code: number }
  /** An exception for another function than the one asked. */
  | { readonly kind: "exceptionOfFunction"; readonly functionCode: number; readonly code: number }
  /** An exception that lacks its code. */
  | { readonly kind: "exceptionWithoutCode" }
  /** One byte of the PDU is changed (for the echo of a write): its index and the bits that flip. */
  | { readonly kind: "changedByte"; readonly index: number; readonly bits: number }
  /** The CRC is wrong (RTU). */
  | { readonly kind: "badCrc" }
  /** An answer to function 43 says that more follows. */
  | { readonly kind: "moreFollows" };

export type ContentFaultKind = ContentFault["kind"];

const CONTENT_KINDS: Readonly<Record<ContentFaultKind, true>> = {
  wrongTransaction: true,
  wrongUnit: true,
  wrongProtocol: true,
  wrongFunction: true,
  wrongLength: true,
  lengthField: true,
  dataBytes: true,
  byteCount: true,
  emptyAnswer: true,
  exception: true,
  exceptionOfFunction: true,
  exceptionWithoutCode: true,
  changedByte: true,
  badCrc: true,
  moreFollows: true,
};

export function isContentFault(fault: { readonly kind: string }): fault is ContentFault {
  return Object.hasOwn(CONTENT_KINDS, fault.kind);
}

/** The answer with the fault in it. */
export function spoil(reply: Reply, fault: ContentFault): Reply {
  switch (fault.kind) {
    case "wrongTransaction":
      return { ...reply, transactionId: (reply.transactionId + fault.by) & 0xffff };
    case "wrongUnit":
      return { ...reply, unitId: (reply.unitId + fault.by) & 0xff };
    case "wrongProtocol":
      return { ...reply, protocolId: fault.id };
    case "wrongLength":
      return { ...reply, length: reply.pdu.length + 1 + fault.by };
    case "lengthField":
      return { ...reply, length: fault.is };
    case "badCrc":
      return { ...reply, crcError: 0x0101 };
    default:
      return { ...reply, pdu: spoiltPdu(reply.pdu, fault) };
  }
}

type PduFault = Exclude<
  ContentFault,
  { kind: "wrongTransaction" | "wrongUnit" | "wrongProtocol" | "wrongLength" | "lengthField" | "badCrc" }
>;

function spoiltPdu(pdu: Uint8Array, fault: PduFault): Uint8Array {
  const functionCode = (pdu[0] ?? 0) & 0x7f;
  switch (fault.kind) {
    case "wrongFunction":
      return withByte(pdu, 0, fault.code);
    case "dataBytes":
      return otherData(pdu, fault.by);
    case "byteCount":
      return withByte(pdu, 1, fault.is);
    case "emptyAnswer":
      return Uint8Array.of(functionCode, 0);
    case "exception":
      return Uint8Array.of(functionCode | 0x80, fault.code);
    case "exceptionOfFunction":
      return Uint8Array.of(fault.functionCode | 0x80, fault.code);
    case "exceptionWithoutCode":
      return Uint8Array.of(functionCode | 0x80);
    case "changedByte":
      return withByte(pdu, fault.index, (pdu[fault.index] ?? 0) ^ fault.bits);
    case "moreFollows":
      return withByte(withByte(pdu, 4, 0xff), 5, ((pdu[5] ?? 0) + 1) & 0xff);
  }
}

function otherData(pdu: Uint8Array, by: number): Uint8Array {
  const changed = new Uint8Array(Math.max(2, pdu.length + by));
  changed.set(pdu.subarray(0, changed.length));
  changed[1] = changed.length - 2;
  return changed;
}

function withByte(pdu: Uint8Array, index: number, byte: number): Uint8Array {
  const changed = Uint8Array.from(pdu);
  if (index < changed.length) changed[index] = byte;
  return changed;
}
