/** One MODBUS/TCP ADU that arrived whole. `pdu` has 2 … 253 bytes and is valid until the next `push`. */
export interface TcpFrame {
  readonly transactionId: number;
  readonly unitId: number;
  readonly pdu: Uint8Array;
  /** Why it is no whole ADU (datagrams alone); `pdu` is empty then. */
  readonly fault?: string;
}

/** Cuts what arrives into ADUs. */
export interface MbapFramer {
  /** Why what comes can no longer be trusted. */
  readonly broken: string | undefined;
  /** Bytes of a frame that has begun and is not complete. */
  readonly buffered: number;
  /** The transaction of the frame that has begun, where that is known already. */
  readonly partialId: number | undefined;
  push(bytes: Uint8Array): readonly TcpFrame[];
}

/** Transaction id, protocol id, length, unit id (MODBUS Messaging on TCP/IP V1.0b, section 3.1.3). */
const HEADER_BYTES = 7;
/** The length field counts the unit id and a PDU of 2 … 253 bytes. */
export const MIN_LENGTH = 3;
export const MAX_LENGTH = 254;
const MAX_ADU = 6 + MAX_LENGTH;
const EMPTY: readonly TcpFrame[] = [];

/** The ADU of a PDU of 2 … 253 bytes. */
export function tcpAdu(transactionId: number, unitId: number, pdu: Uint8Array): Uint8Array {
  return fillTcpAdu(new Uint8Array(tcpAduBytes(pdu)), transactionId, unitId, pdu);
}

/** Bytes of the ADU of a PDU. */
export function tcpAduBytes(pdu: Uint8Array): number {
  return HEADER_BYTES + pdu.length;
}

/** Writes the ADU into `adu`, which has `tcpAduBytes(pdu)` bytes with anything in them; returns it. */
export function fillTcpAdu<A extends Uint8Array>(adu: A, transactionId: number, unitId: number, pdu: Uint8Array): A {
  const length = pdu.length + 1;
  adu[0] = transactionId >>> 8;
  adu[1] = transactionId & 0xff;
  adu[2] = 0;
  adu[3] = 0;
  adu[4] = length >>> 8;
  adu[5] = length & 0xff;
  adu[6] = unitId;
  // Most requests have five bytes: a loop is quicker than `set`.
  for (let index = 0; index < pdu.length; index++) adu[HEADER_BYTES + index] = pdu[index] as number;
  return adu;
}

/**
 * Cuts a byte stream into ADUs, however it is chunked. Memory: one ADU. A header that cannot be one means that the
 * place of every later frame is unknown: `broken` says why, nothing more comes out, the connection must be dropped.
 */
export class TcpFramer implements MbapFramer {
  /** There as soon as a frame has come in pieces: on most connections none ever does. */
  private partial: Uint8Array | undefined;
  private filled = 0;
  private why: string | undefined;

  /** Why the stream can no longer be trusted. */
  get broken(): string | undefined {
    return this.why;
  }

  /** Bytes of a frame that has begun and is not complete. */
  get buffered(): number {
    return this.filled;
  }

  get partialId(): number | undefined {
    return this.filled < 2 || this.partial === undefined ? undefined : word(this.partial, 0);
  }

  push(bytes: Uint8Array): readonly TcpFrame[] {
    if (this.why !== undefined) return EMPTY;
    const frames: TcpFrame[] = [];
    const begun = this.filled === 0 ? undefined : this.partial;
    let at = begun === undefined ? 0 : this.complete(begun, bytes, frames);
    while (at < bytes.length && this.why === undefined) {
      const size = this.size(bytes, at, bytes.length);
      if (size === undefined || at + size > bytes.length) break;
      frames.push(frameOf(bytes, at, size));
      at += size;
    }
    if (this.why === undefined && at < bytes.length) {
      this.partial ??= new Uint8Array(MAX_ADU);
      this.partial.set(bytes.subarray(at), 0);
      this.filled = bytes.length - at;
    }
    return frames;
  }

  /** Fills up the frame that had begun; returns how many bytes that took. */
  private complete(partial: Uint8Array, bytes: Uint8Array, frames: TcpFrame[]): number {
    let taken = 0;
    for (;;) {
      const size = this.size(partial, 0, this.filled);
      if (this.why !== undefined) return taken;
      if (size !== undefined && this.filled === size) {
        // A copy: `partial` may be filled again before the caller has looked at the frame.
        frames.push(frameOf(partial.slice(0, size), 0, size));
        this.filled = 0;
        return taken;
      }
      const step = Math.min((size ?? HEADER_BYTES) - this.filled, bytes.length - taken);
      if (step === 0) return taken;
      partial.set(bytes.subarray(taken, taken + step), this.filled);
      this.filled += step;
      taken += step;
    }
  }

  /** The size of the ADU that begins at `at`, as soon as that is known. Looks at each field as soon as it is there. */
  private size(bytes: Uint8Array, at: number, end: number): number | undefined {
    if (end - at < 4) return undefined;
    const protocol = word(bytes, at + 2);
    if (protocol !== 0) {
      this.why = `protocol id ${protocol} instead of 0: this is no MODBUS/TCP, or the stream is out of step`;
      return undefined;
    }
    if (end - at < 6) return undefined;
    const length = word(bytes, at + 4);
    if (length < MIN_LENGTH || length > MAX_LENGTH) {
      this.why = `length field ${length}; it is ${MIN_LENGTH} to ${MAX_LENGTH}`;
      return undefined;
    }
    return 6 + length;
  }
}

function frameOf(bytes: Uint8Array, at: number, size: number): TcpFrame {
  const pdu = bytes.subarray(at + HEADER_BYTES, at + size);
  return { transactionId: word(bytes, at), unitId: bytes[at + 6] as number, pdu };
}

/** The caller has checked that both bytes are there. */
function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
