import { err, ok, type Result } from "../../kernel/result";

/** What a device's display shows: a number that has been rounded to the digits shown. */
export interface Display {
  readonly value: number;
  /** Half of the last digit: `49.98` stands for 49.975 to 49.985. */
  readonly tolerance: number;
  /** Digits after the decimal point. */
  readonly digits: number;
}

const NUMBER = /^([+-]?)(\d{1,15})(?:[.,](\d{1,12}))?$/;

/** `49.98`, `-3,5`, `1200`; a unit behind it is left aside. Or why it is no number. */
export function parseDisplay(text: string): Result<Display, string> {
  const shown = text.trim().replace(/\u2212/g, "-");
  const bare = shown.replace(/\s*[A-Za-z%°Ωµ³²/]+$/u, "");
  const [, sign, whole, fraction = ""] = NUMBER.exec(bare) ?? [];
  if (whole === undefined)
    return err(`"${shown.slice(0, 40)}" is no number as a display shows it, such as 49.98, -3.5 or 1200`);
  const value = Number(`${sign === "-" ? "-" : ""}${whole}.${fraction}`);
  return ok({ value, tolerance: 0.5 * 10 ** -fraction.length, digits: fraction.length });
}

/** Whether a number would be shown like this; no number but a finite one is. The margin is that of doubles. */
export function shows({ value, tolerance }: Display, number: number): boolean {
  if (!Number.isFinite(number)) return false;
  const margin = 1e-12 * Math.max(Math.abs(value), Math.abs(number));
  return Math.abs(number - value) <= tolerance * (1 + 1e-9) + margin;
}
