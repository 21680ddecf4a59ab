import { crcOf } from "../serialServer";
import { asciiBody, type ReplyFraming } from "./reply";

/** A request as it arrived. */
export interface ServerRequest {
  readonly transactionId: number;
  readonly unitId: number;
  readonly pdu: Buffer;
  /** The whole frame. */
  readonly raw: Buffer;
}

/** The longest request there is: 255 bytes in ASCII. */
const MAX_ADU = 517;

/** Cuts what a client sends into requests. Sound clients only: the rest is skipped byte by byte, and counted. */
export class RequestCutter {
  private waiting: Buffer = Buffer.alloc(0);
  /** Bytes that were no request. */
  skipped = 0;

  constructor(private readonly framing: ReplyFraming) {}

  push(bytes: Uint8Array): readonly ServerRequest[] {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    const requests: ServerRequest[] = [];
    for (let next = this.next(); next !== undefined; next = this.next()) requests.push(next);
    return requests;
  }

  private next(): ServerRequest | undefined {
    while (this.waiting.length > 0) {
      const request = CUT[this.framing](this.waiting);
      if (typeof request === "object") {
        this.waiting = this.waiting.subarray(request.raw.length);
        return request;
      }
      if (request === "incomplete" && this.waiting.length < MAX_ADU) return undefined;
      this.waiting = this.waiting.subarray(1);
      this.skipped++;
    }
    return undefined;
  }
}

type Cut = ServerRequest | "incomplete" | "none";

const CUT: Readonly<Record<ReplyFraming, (bytes: Buffer) => Cut>> = {
  mbap: mbapRequest,
  rtu: rtuRequest,
  ascii: asciiRequest,
};

function mbapRequest(bytes: Buffer): Cut {
  if (bytes.length < 8) return "incomplete";
  const end = 6 + bytes.readUInt16BE(4);
  if (bytes.readUInt16BE(2) !== 0 || end > MAX_ADU || end < 8) return "none";
  if (bytes.length < end) return "incomplete";
  const raw = bytes.subarray(0, end);
  return { transactionId: raw.readUInt16BE(0), unitId: raw.readUInt8(6), pdu: raw.subarray(7), raw };
}

function rtuRequest(bytes: Buffer): Cut {
  const length = rtuLength(bytes);
  if (length === undefined || bytes.length < length) return "incomplete";
  const raw = bytes.subarray(0, length);
  if (crcOf(raw.subarray(0, -2)) !== raw.readUInt16LE(length - 2)) return "none";
  return { transactionId: 0, unitId: raw.readUInt8(0), pdu: raw.subarray(1, -2), raw };
}

function asciiRequest(bytes: Buffer): Cut {
  if (bytes[0] !== 0x3a) return "none";
  const end = bytes.indexOf("\n", 0, "latin1") + 1;
  if (end === 0) return "incomplete";
  const raw = bytes.subarray(0, end);
  const body = asciiBody(raw);
  return body === undefined ? "none" : { transactionId: 0, unitId: body.readUInt8(0), pdu: body.subarray(1), raw };
}

/** Bytes of the frame that begins here; undefined while that can't be told. Functions of no known length end with the burst. */
function rtuLength(bytes: Buffer): number | undefined {
  const functionCode = bytes[1];
  switch (functionCode) {
    case undefined:
      return undefined;
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 8:
      return 8;
    case 7:
    case 11:
    case 12:
    case 17:
      return 4;
    case 15:
    case 16:
      return bytes.length < 7 ? undefined : 9 + bytes.readUInt8(6);
    case 20:
    case 21:
      return bytes.length < 3 ? undefined : 5 + bytes.readUInt8(2);
    case 22:
      return 10;
    case 23:
      return bytes.length < 11 ? undefined : 13 + bytes.readUInt8(10);
    case 24:
      return 6;
    case 43:
      return 7;
    default:
      return bytes.length < 4 ? undefined : bytes.length;
  }
}
