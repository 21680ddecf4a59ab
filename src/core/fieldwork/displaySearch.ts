import type { Table } from "../modbus/spec";
import type { ExactDecimal } from "../points/decimal";
import type { PointValue } from "../points/point";
import { decodePoint } from "../points/transform";
import { valueToJsonText } from "../points/valueText";
import { type Display, shows } from "./display";
import { READING_FORMS, type ReadingForm } from "./readingForms";

/** Consecutive registers as they were read. */
export interface Contents {
  readonly table: Table;
  /** 0-based address of the first. */
  readonly first: number;
  readonly registers: Uint16Array;
}

/** A point that would show what the display shows. */
export interface DisplayMatch {
  readonly table: Table;
  readonly address: number;
  readonly form: ReadingForm;
  readonly scale: number;
  /** What it read last, scaled. */
  readonly value: number;
  /** Lower: simpler, so more plausible. */
  readonly cost: number;
}

/** More than these match too little that a list helps: more digits, or a smaller range. */
export const MOST_MATCHES = 20_000;

interface Factor {
  readonly scale: number;
  readonly cost: number;
}

/** Integers are scaled by what a display leaves out; half steps and the like are rare. */
const INTEGER_FACTORS: readonly Factor[] = [
  { scale: 1, cost: 0 },
  { scale: 0.1, cost: 0.2 },
  { scale: 0.01, cost: 0.3 },
  { scale: 0.001, cost: 0.5 },
  { scale: 0.0001, cost: 1.5 },
  { scale: 0.000_01, cost: 2.5 },
  { scale: 10, cost: 2 },
  { scale: 100, cost: 2.2 },
  { scale: 1000, cost: 2 },
  { scale: 0.5, cost: 2.5 },
  { scale: 0.2, cost: 3.5 },
  { scale: 0.05, cost: 3 },
  { scale: 0.02, cost: 3.5 },
  { scale: 0.25, cost: 3.5 },
  { scale: 0.005, cost: 3.5 },
];

/** Floats carry their point with them; W and kW, Pa and kPa differ all the same, and so do parts and percent. */
const FLOAT_FACTORS: readonly Factor[] = [
  { scale: 1, cost: 0 },
  { scale: 0.001, cost: 0.8 },
  { scale: 1000, cost: 1.2 },
  { scale: 100, cost: 1.6 },
  { scale: 0.1, cost: 2 },
  { scale: 0.01, cost: 2 },
  { scale: 10, cost: 2.2 },
  { scale: 0.000_001, cost: 2.5 },
];

/** What of the contents shows this; simplest first. At most `MOST_MATCHES`, then `isCut`. */
export function findDisplay(
  contents: readonly Contents[],
  display: Display,
): { readonly matches: readonly DisplayMatch[]; readonly isCut: boolean } {
  const matches: DisplayMatch[] = [];
  for (const block of contents) {
    for (let offset = 0; offset < block.registers.length; offset++) matchesAt(block, offset, display, matches);
  }
  const sorted = sortMatches(matches);
  return { matches: sorted.slice(0, MOST_MATCHES), isCut: sorted.length > MOST_MATCHES };
}

function matchesAt({ table, first, registers }: Contents, offset: number, display: Display, into: DisplayMatch[]) {
  for (const form of READING_FORMS) {
    const raw = rawAt(form, registers, offset);
    if (raw === undefined || (form.negativeOnly && raw >= 0)) continue;
    for (const { scale, cost } of form.isFloat ? FLOAT_FACTORS : INTEGER_FACTORS) {
      // Of zero every factor makes zero.
      if (raw === 0 && scale !== 1) break;
      const value = scaled(raw, scale);
      if (!shows(display, value)) continue;
      const place = { table, address: first + offset, form, scale, value };
      into.push({ ...place, cost: form.cost + cost + finerCost(display, form, scale) });
    }
  }
}

/** A display seldom leaves out digits of an integer that has them. */
function finerCost({ digits }: Display, { isFloat }: ReadingForm, scale: number): number {
  if (isFloat || scale >= 1) return 0;
  return 0.4 * Math.max(0, Math.round(-Math.log10(scale)) - digits);
}

/** Those that still show what the display shows; of what could not be read again nothing is known: it stays. */
export function narrow(
  matches: readonly DisplayMatch[],
  contents: readonly Contents[],
  display: Display,
): readonly DisplayMatch[] {
  return matches.flatMap((match) => {
    const block = contents.find((one) => holds(one, match));
    if (block === undefined) return [match];
    const raw = rawAt(match.form, block.registers, match.address - block.first);
    if (raw === undefined) return [];
    const value = scaled(raw, match.scale);
    return shows(display, value) ? [{ ...match, value }] : [];
  });
}

function holds({ table, first, registers }: Contents, match: DisplayMatch): boolean {
  const end = match.address + match.form.count;
  return table === match.table && first <= match.address && end <= first + registers.length;
}

export function sortMatches(matches: readonly DisplayMatch[]): DisplayMatch[] {
  return [...matches].sort((a, b) => a.cost - b.cost || a.table.localeCompare(b.table) || a.address - b.address);
}

function rawAt(form: ReadingForm, registers: Uint16Array, offset: number): number | undefined {
  if (offset + form.count > registers.length) return undefined;
  const reading = decodePoint(form.point, registers, offset);
  return "value" in reading ? numberOf(reading.value) : undefined;
}

function numberOf(value: PointValue): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "object" ? Number(valueToJsonText(value as ExactDecimal)) : undefined;
}

/** Every factor below 1 is one part of a whole number, and dividing is exact: 4998 × 0.01 is 49.980000000000004. */
function scaled(raw: number, scale: number): number {
  return scale < 1 ? raw / Math.round(1 / scale) : raw * scale;
}
