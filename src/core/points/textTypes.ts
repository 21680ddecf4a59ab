import type { ByteOrder, TextType } from "./typeSpec";

const NUL = 0;
const SPACE = 0x20;
const ERASED = 0xff;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8 = new TextEncoder();

function bytesOnWire(registers: Uint16Array, at: number, order: ByteOrder, count: number): number[] {
  const swapped = order[0] === 1;
  const bytes: number[] = [];
  for (let i = at; i < at + count; i++) {
    const register = registers[i] as number;
    if (swapped) bytes.push(register & 0xff, register >> 8);
    else bytes.push(register >> 8, register & 0xff);
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

function fit(text: string, count: number): string {
  let used = 0;
  let result = "";
  for (const character of text) {
    used += utf8.encode(character).length;
    if (used > count * 2) break;
    result += character;
  }
  return result;
}

/** UTF-8 (else latin1), two bytes a register. Padded with NUL when written. */
export const utf8Text: TextType = {
  shape: "text",
  ordering: "register",
  read: (registers, at, order, count) => textOf(trimmed(bytesOnWire(registers, at, order, count))),
  write(text: string, order: ByteOrder, count: number): number[] | undefined {
    const bytes = utf8.encode(text);
    if (bytes.length > count * 2) return undefined;
    const swapped = order[0] === 1;
    return Array.from({ length: count }, (_, i) => {
      const first = bytes[2 * i] ?? NUL;
      const second = bytes[2 * i + 1] ?? NUL;
      return swapped ? (second << 8) | first : (first << 8) | second;
    });
  },
  fit,
};
