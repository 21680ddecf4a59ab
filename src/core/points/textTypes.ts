import type { ByteOrder, TextType } from "./typeSpec";

const NUL = 0;
const SPACE = 0x20;
const ERASED = 0xff;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = new TextEncoder();

/** Which bytes of a register hold text: both, or the one that counts more or less. */
type Place = "both" | "high" | "low";

function textBytes(registers: Uint16Array, at: number, order: ByteOrder, count: number, place: Place): number[] {
  const swapped = order[0] === 1;
  const bytes: number[] = [];
  for (let i = at; i < at + count; i++) {
    const register = registers[i] as number;
    const high = swapped ? register & 0xff : register >> 8;
    const low = swapped ? register >> 8 : register & 0xff;
    if (place !== "low") bytes.push(high);
    if (place !== "high") bytes.push(low);
  }
  return bytes;
}

/** Up to the first NUL, without trailing spaces and erased (0xFF) bytes. */
function trimmed(bytes: readonly number[]): number[] {
  const nul = bytes.indexOf(NUL);
  let end = nul < 0 ? bytes.length : nul;
  while (end > 0 && (bytes[end - 1] === SPACE || bytes[end - 1] === ERASED)) end -= 1;
  return bytes.slice(0, end);
}

function latin1(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes);
}

function textOf(bytes: readonly number[]): string {
  if (bytes.every((byte) => byte < 0x80)) return latin1(bytes);
  const text = decoder.decode(Uint8Array.from(bytes));
  // What is not UTF-8 comes back as replacement characters, which have other bytes. Then it is the other encoding in
  // use, one byte a character, which can represent anything.
  const again = utf8.encode(text);
  return again.length === bytes.length && again.every((byte, i) => byte === bytes[i]) ? text : latin1(bytes);
}

function beginningOf(text: string, room: number): string {
  let used = 0;
  let result = "";
  for (const character of text) {
    used += utf8.encode(character).length;
    if (used > room) break;
    result += character;
  }
  return result;
}

/** Bytes in the order of the text → the two bytes of register `i`, the one that counts more first. */
function pairAt(bytes: Uint8Array, i: number, place: Place): readonly [high: number, low: number] {
  if (place === "both") return [bytes[2 * i] ?? NUL, bytes[2 * i + 1] ?? NUL];
  return place === "high" ? [bytes[i] ?? NUL, NUL] : [NUL, bytes[i] ?? NUL];
}

/** UTF-8 (else latin1). Padded with NUL when written. */
function textType(place: Place): TextType {
  const perRegister = place === "both" ? 2 : 1;
  return {
    shape: "text",
    ordering: "register",
    lengths: [1, 125],
    perRegister,
    read: (registers, at, order, count) => textOf(trimmed(textBytes(registers, at, order, count, place))),
    write(text: string, order: ByteOrder, count: number): number[] | undefined {
      const bytes = utf8.encode(text);
      if (bytes.length > count * perRegister) return undefined;
      return Array.from({ length: count }, (_, i) => {
        const [high, low] = pairAt(bytes, i, place);
        return order[0] === 1 ? (low << 8) | high : (high << 8) | low;
      });
    },
    fit: (text, count) => beginningOf(text, count * perRegister),
  };
}

/** Two bytes a register. */
export const utf8Text = textType("both");
/** One byte a register. */
export const highByteText = textType("high");
export const lowByteText = textType("low");
