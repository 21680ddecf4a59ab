import type { DataType } from "./point";

/** How text may lie in registers: the characters of one, in the order of reading. Codes that are no text end it. */
interface TextForm {
  readonly type: DataType;
  readonly order: string;
  charactersOf(register: number): readonly number[];
}

const FORMS: readonly TextForm[] = [
  { type: "string", order: "AB", charactersOf: (register) => [register >>> 8, register & 0xff] },
  { type: "string", order: "BA", charactersOf: (register) => [register & 0xff, register >>> 8] },
  // The other byte is empty: whatever else stands there is no text of one character a register.
  { type: "stringLow", order: "", charactersOf: (register) => [register < 0x100 ? register : 0] },
  { type: "stringHigh", order: "", charactersOf: (register) => [(register & 0xff) === 0 ? register >>> 8 : 0] },
];

/** A word, and three more characters at least. */
const TEXT = /^\w[ -~]{3,}$/;

const isPrintable = (code: number | undefined): code is number => code !== undefined && code >= 0x20 && code < 0x7f;

/** Text that begins at `offset`, and not before: every text is told once, where it begins. */
export function textRuns(
  registers: Uint16Array,
  offset: number,
): readonly { readonly type: DataType; readonly order: string; readonly value: string }[] {
  return FORMS.flatMap(({ type, order, charactersOf }) => {
    if (offset > 0 && charactersOf(registers[offset - 1] ?? 0).every(isPrintable)) return [];
    const codes: number[] = [];
    for (let at = offset; at < registers.length; at++) {
      const inside = charactersOf(registers[at] ?? 0);
      const end = inside.findIndex((code) => !isPrintable(code));
      codes.push(...inside.slice(0, end === -1 ? inside.length : end));
      if (end !== -1) break;
    }
    const value = String.fromCharCode(...codes).trimEnd();
    return TEXT.test(value) ? [{ type, order, value }] : [];
  });
}
