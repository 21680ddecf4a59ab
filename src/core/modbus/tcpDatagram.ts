import { MAX_LENGTH, type MbapFramer, MIN_LENGTH, type TcpFrame } from "./tcpFrame";

const HEADER_BYTES = 7;
const NOTHING: readonly TcpFrame[] = [];

/**
 * One MODBUS/TCP ADU a datagram, with the face of `TcpFramer`. What is no whole ADU and names a transaction comes out
 * as a frame with its fault; nothing is kept for the next datagram, so nothing is ever out of step.
 */
export class TcpDatagramFramer implements MbapFramer {
  readonly broken: string | undefined = undefined;
  readonly buffered = 0;
  readonly partialId: number | undefined = undefined;

  push(datagram: Uint8Array): readonly TcpFrame[] {
    if (datagram.length < 2) return NOTHING;
    const transactionId = word(datagram, 0);
    const fault = faultOf(datagram);
    if (fault !== undefined) return [{ transactionId, unitId: datagram[6] ?? 0, pdu: datagram.subarray(0, 0), fault }];
    return [{ transactionId, unitId: datagram[6] as number, pdu: datagram.subarray(HEADER_BYTES) }];
  }
}

function faultOf(datagram: Uint8Array): string | undefined {
  if (datagram.length <= HEADER_BYTES) return `a datagram of ${datagram.length} bytes is cut short`;
  if (word(datagram, 2) !== 0) return `protocol id ${word(datagram, 2)} instead of 0: this is no MODBUS/TCP`;
  const length = word(datagram, 4);
  const there = datagram.length - 6;
  if (length < MIN_LENGTH || length > MAX_LENGTH) return `length field ${length}; it is ${MIN_LENGTH} to ${MAX_LENGTH}`;
  if (length === there) return undefined;
  const what = there < length ? "is cut short" : "is too long";
  return `a datagram ${what}: its length field says ${length}, ${there} bytes are there`;
}

/** The caller has checked that both bytes are there. */
function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
