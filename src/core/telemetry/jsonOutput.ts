import type { OutputConfig } from "../config/gatewayConfig";
import { decimalText } from "../points/decimal";
import type { Decoded, Point, PointValue } from "../points/point";
import { isNoValue } from "../points/pointValue";
import { valueToJsonText } from "../points/valueText";
import { roomFor, writeAscii, writeDigitText, writeNumber, writeText } from "./jsonBytes";
import type { SampleRun } from "./sample";

/** How values are written. */
export type ValueForm = Pick<OutputConfig, "bigIntegers">;

const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
/** Quotes of the name and of a text of digits, colon and comma. */
const ROOM_AROUND = 6;
const SMALLEST = 1024;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** JSON that is written byte by byte, and grows to what is needed. */
export class JsonOutput {
  bytes = new Uint8Array(SMALLEST);
  /** How many of them are written. */
  end = 0;
  /** By how many bytes it is longer than its text has characters. */
  surplus = 0;

  /** So many bytes can be written behind the end. */
  makeRoom(needed: number): void {
    if (this.end + needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.end + needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
  }

  /** Characters below 0x80. */
  ascii(text: string): void {
    this.makeRoom(text.length);
    this.end = writeAscii(this.bytes, this.end, text);
  }

  /** The good values of a run: `"name":value`, with commas between them and before them if there is something before. */
  values({ list, values }: SampleRun, isFirst: boolean, { bigIntegers }: ValueForm): boolean {
    const { points } = list;
    let first = isFirst;
    for (let place = 0; place < points.length; place++) {
      const value = values[place] as Decoded;
      if (typeof value !== "number" && isNoValue(value)) continue;
      // Names of points are letters, digits and underscores (contract section 1).
      const { name } = points[place] as Point;
      this.makeRoom(name.length + ROOM_AROUND + roomFor(value));
      const { bytes } = this;
      let { end } = this;
      if (!first) bytes[end++] = COMMA;
      bytes[end] = QUOTE;
      end = writeAscii(bytes, end + 1, name);
      bytes[end] = QUOTE;
      bytes[end + 1] = COLON;
      first = false;
      if (typeof value === "number") this.end = writeNumber(bytes, end + 2, value);
      else this.end = this.other(end + 2, value, bigIntegers);
    }
    return first;
  }

  private other(at: number, value: Exclude<PointValue, number>, bigIntegers: ValueForm["bigIntegers"]): number {
    const { bytes } = this;
    if (typeof value === "boolean") return writeAscii(bytes, at, value ? "true" : "false");
    if (typeof value === "object") {
      return bigIntegers === "string" ? writeDigitText(bytes, at, value) : writeAscii(bytes, at, decimalText(value));
    }
    const end = writeText(bytes, at, value);
    this.surplus += end - at - valueToJsonText(value).length;
    return end;
  }

  /** What is behind this place is given up. */
  cut(end: number, surplus: number): void {
    this.end = end;
    this.surplus = surplus;
  }

  /** All that is written. */
  text(): string {
    return decoder.decode(this.bytes.subarray(0, this.end));
  }
}
