import fc from "fast-check";
import { resolveDocument } from "../../src/core/config/resolve";
import { bytesOf, decodeRaw, encodeRaw, integerRange } from "../../src/core/points/dataType";
import { decimalText, parseDecimal } from "../../src/core/points/decimal";
import type { DataType, Point } from "../../src/core/points/point";
import { roundAfterPoint, roundSignificant, shortestFloat32 } from "../../src/core/points/significantDigits";
import { decodePoint, encodePoint } from "../../src/core/points/transform";
import { valueToJsonText } from "../../src/core/points/valueText";
import { decimal, pointOf } from "../unit/core/points/pointFixture";

const INTEGERS: readonly DataType[] = ["int16", "uint16", "int32", "uint32", "int64", "uint64"];
const register = fc.integer({ min: 0, max: 0xffff });

function permutation(bytes: number): fc.Arbitrary<number[]> {
  const plain = Array.from({ length: bytes }, (_, i) => i);
  return fc.shuffledSubarray(plain, { minLength: bytes, maxLength: bytes });
}

/** Registers of a mod10k here. */
const MOD10K = 3;

/** Type, order and registers, any of them. */
function wire(types: readonly DataType[]): fc.Arbitrary<{ type: DataType; order: number[]; registers: number[] }> {
  return fc.constantFrom(...types).chain((type) =>
    fc.record({
      type: fc.constant(type),
      order: permutation(bytesOf(type, MOD10K)),
      registers: fc.array(register, { minLength: bytesOf(type, MOD10K) / 2, maxLength: bytesOf(type, MOD10K) / 2 }),
    }),
  );
}

function valueIn(point: Point, registers: readonly number[]) {
  const reading = decodePoint(point, Uint16Array.from(registers), 0);
  return "value" in reading ? reading.value : undefined;
}

test("integers of any order: the bytes named by significance make the value", () => {
  fc.assert(
    fc.property(wire(INTEGERS), ({ type, order, registers }) => {
      const bySignificance: number[] = [];
      const bytes = registers.flatMap((word) => [word >> 8, word & 0xff]);
      for (const [i, byte] of bytes.entries()) bySignificance[order[i] ?? 0] = byte;
      const unsigned = BigInt(`0x${bySignificance.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
      const bits = bytes.length * 8;
      const expected = type.startsWith("u") ? unsigned : BigInt.asIntN(bits, unsigned);
      const raw = decodeRaw({ type, order }, Uint16Array.from(registers));
      expect(String(raw)).toBe(expected.toString());
      expect(typeof raw === "bigint").toBe(expected > 9007199254740991n || expected < -9007199254740991n);
      expect(encodeRaw({ type, order }, raw ?? 0)).toEqual(registers);
    }),
    { numRuns: 2000 },
  );
});

test("encoding what was decoded gives the registers back: integers, any order, any scale", () => {
  const scale = fc.constantFrom("1", "0.1", "0.5", "-0.001", "2.5", "10", "0.000000001", "1.0001");
  const offset = fc.constantFrom("0", "-40", "0.05", "1000000");
  fc.assert(
    fc.property(wire(INTEGERS), scale, offset, ({ type, order, registers }, factor, shift) => {
      const point = pointOf({ type, order, scale: decimal(factor), offset: decimal(shift) });
      const value = valueIn(point, registers);
      expect(value).toBeDefined();
      if (value !== undefined) expect(encodePoint(point, value)).toEqual({ ok: true, value: registers });
    }),
    { numRuns: 2000 },
  );
});

test("a scaled integer is raw x scale + offset in exact arithmetic, rounded half away from zero", () => {
  const places = fc.integer({ min: 0, max: 12 });
  const coefficient = fc.bigInt({ min: -(10n ** 7n), max: 10n ** 7n });
  fc.assert(
    fc.property(
      wire(INTEGERS),
      coefficient,
      places,
      coefficient,
      places,
      fc.option(fc.integer({ min: 0, max: 9 })),
      ({ type, order, registers }, a, aPlaces, b, bPlaces, decimals) => {
        const raw = BigInt(String(decodeRaw({ type, order }, Uint16Array.from(registers))));
        // Independent: everything over 10^24, then rounded by doubling.
        const sum = raw * a * 10n ** BigInt(24 - aPlaces) + b * 10n ** BigInt(24 - bPlaces);
        const unit = 10n ** BigInt(24 - Math.min(decimals ?? 9, 9));
        const magnitude = ((sum < 0n ? -sum : sum) * 2n + unit) / (2n * unit);
        const expected = sum < 0n ? -magnitude : magnitude;
        const point = pointOf({
          type,
          order,
          scale: { coefficient: a, scale: aPlaces },
          offset: { coefficient: b, scale: bPlaces },
          ...(decimals === null ? {} : { decimals }),
        });
        const value = valueIn(point, registers);
        const shown = parseDecimal(valueToJsonText(value ?? Number.NaN));
        const kept = Math.min(decimals ?? 9, 9);
        expect(shown).toBeDefined();
        if (shown === undefined) return;
        expect(shown.scale).toBeLessThanOrEqual(kept);
        expect(shown.coefficient * 10n ** BigInt(kept - shown.scale)).toBe(expected);
      },
    ),
    { numRuns: 3000 },
  );
});

test("a range is the straight line through its two points, exact but for the last of nine digits, and written back", () => {
  const number = fc.tuple(fc.integer({ min: -30_000, max: 30_000 }), fc.integer({ min: 0, max: 3 }));
  const exact = ([n, places]: readonly [number, number]) => decimal(`${n}e-${places}`);
  const milli = ({ coefficient, scale }: { coefficient: bigint; scale: number }) =>
    coefficient * 10n ** BigInt(3 - scale);
  fc.assert(
    fc.property(wire(["int16", "uint16"]), number, number, number, number, ({ type, order, registers }, a, b, c, d) => {
      const [rawFrom, rawTo, from, to] = [a, b, c, d].map((one) => milli(exact(one))) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ];
      fc.pre(rawFrom !== rawTo && from !== to);
      const range = { raw: [a, b].map(jsonDecimal), value: [c, d].map(jsonDecimal) };
      const point = { ...pointOf({ type, order }), ...rangeOf(range) };
      const raw = BigInt(String(decodeRaw({ type, order }, Uint16Array.from(registers))));
      // value x 10^9 = (from + (raw x 1000 - rawFrom) x (to - from) / (rawTo - rawFrom)) x 10^6, rounded.
      const under = rawTo - rawFrom;
      const over = (from * under + (raw * 1000n - rawFrom) * (to - from)) * 1_000_000n;
      const [n, m] = under < 0n ? [-over, -under] : [over, under];
      const magnitude = ((n < 0n ? -n : n) * 2n + m) / (2n * m);
      const value = valueIn(point, registers);
      const shown = parseDecimal(valueToJsonText(value ?? Number.NaN));
      expect(shown && shown.coefficient * 10n ** BigInt(9 - shown.scale)).toBe(n < 0n ? -magnitude : magnitude);
      if (value !== undefined) expect(encodePoint(point, value)).toEqual({ ok: true, value: registers });
    }),
    { numRuns: 3000 },
  );
});

const jsonDecimal = ([n, places]: readonly [number, number]): string => decimalText(decimal(`${n}e-${places}`));

function rangeOf(range: object): Partial<Point> {
  const point = { table: "holding", address: 0, type: "int16", range };
  const document = {
    connections: { c: { transport: "tcp", host: "h" } },
    devices: { d: { connection: "c", unitId: 1, points: { x: point } } },
  };
  const device = resolveDocument(document, () => undefined).devices.get("d");
  const found = device?.ok === true ? device.value.points[0] : undefined;
  if (found === undefined) throw new TypeError(JSON.stringify(range));
  const { scale, offset, divisor } = found;
  return { ...(scale && { scale }), ...(offset && { offset }), ...(divisor && { divisor }) };
}

const bits = new DataView(new ArrayBuffer(8));

function float32Of(pattern: number): number {
  bits.setUint32(0, pattern);
  return bits.getFloat32(0);
}

/** The definition: the fewest digits that read back as the same float32, tried one by one. */
function fewestDigits(value: number): number {
  for (let digits = 1; digits < 9; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return digits;
  return 9;
}

function digitsOf(value: number): number {
  return value.toExponential().replace(/e.*$/, "").replace(/[-.]/g, "").replace(/0+$/, "").length;
}

/** Patterns that lie evenly over all float32 (every exponent alike), without depending on a seed. */
function* patterns(step: number): Generator<number> {
  for (let pattern = 0; pattern < 0x1_0000_0000; pattern += step) yield pattern;
}

test("float32 values are the shortest decimals that read back, over the whole range", () => {
  const wrong: string[] = [];
  for (const pattern of patterns(40_009)) {
    const value = float32Of(pattern);
    if (!Number.isFinite(value) || value === 0) continue;
    const shortest = shortestFloat32(value);
    if (Math.fround(shortest) !== value || digitsOf(shortest) > fewestDigits(value))
      wrong.push(`${pattern}: ${shortest}`);
  }
  expect(wrong).toEqual([]);
});

test("and the nearest of these, in the range of measured values", () => {
  const wrong: string[] = [];
  for (let pattern = 0x2a000000; pattern < 0x60000000; pattern += 30_011) {
    const value = float32Of(pattern);
    const expected = Number(value.toPrecision(fewestDigits(value)));
    if (shortestFloat32(value) !== expected || shortestFloat32(-value) !== -expected)
      wrong.push(`${pattern}: ${expected}`);
  }
  expect(wrong).toEqual([]);
});

test("powers of two, where the gap below is half the gap above: no shorter decimal exists on either side", () => {
  const wrong: string[] = [];
  for (let exponent = -149; exponent < 128; exponent++) {
    const value = 2 ** exponent;
    const shortest = shortestFloat32(value);
    expect(Math.fround(shortest)).toBe(value);
    const fewer = digitsOf(shortest) - 1;
    if (fewer === 0) continue;
    const [mantissa = "", power = "0"] = value.toExponential(fewer - 1).split("e");
    const coefficient = Number(mantissa.replace(".", ""));
    for (const near of [coefficient - 1, coefficient, coefficient + 1]) {
      const text = `${near}e${Number(power) - fewer + 1}`;
      if (Math.fround(Number(text)) === value) wrong.push(`2^${exponent}: ${text}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("any decimal of up to six digits survives a float32", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -999_999, max: 999_999 }),
      fc.integer({ min: -30, max: 30 }),
      (mantissa, exponent) => {
        const value = Number(`${mantissa}e${exponent}`);
        expect(shortestFloat32(Math.fround(value))).toBe(value);
      },
    ),
    { numRuns: 5000 },
  );
});

test("every finite float32 and float64, any order: encoding what was decoded gives the registers back", () => {
  fc.assert(
    fc.property(wire(["float32", "float64"]), ({ type, order, registers }) => {
      const point = pointOf({ type, order });
      const value = valueIn(point, registers);
      if (value !== undefined) expect(encodePoint(point, value)).toEqual({ ok: true, value: registers });
      else expect(Number.isFinite(decodeRaw({ type, order }, Uint16Array.from(registers)))).toBe(false);
    }),
    { numRuns: 5000 },
  );
});

test("rounding to seven digits is toPrecision's", () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 99_999_999 }),
      (any, digits) => {
        for (const value of [any, digits / 1000, digits * 1e-9, -digits * 0.05, digits + 0.5]) {
          expect(roundSignificant(value, 7)).toBe(Number(value.toPrecision(7)));
        }
      },
    ),
    { numRuns: 5000 },
  );
});

test("rounding after the point goes by the decimal text, halves away from zero", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -99_999_999, max: 99_999_999 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 9 }),
      (n, places, kept) => {
        const value = Number(`${n}e-${places}`);
        const unit = 10n ** BigInt(Math.max(places - kept, 0));
        const magnitude = (BigInt(Math.abs(n)) * 2n + unit) / (2n * unit);
        const expected = Number(`${n < 0 ? "-" : ""}${magnitude}e-${Math.min(places, kept)}`);
        expect(roundAfterPoint(value, kept) + 0).toBe(expected + 0);
      },
    ),
    { numRuns: 5000 },
  );
});

test("what is refused comes with a value that is not, and nothing accepted reads back as another value", () => {
  const range = integerRange("int16");
  expect(range).toEqual({ min: -32768n, max: 32767n });
  const text = fc
    .tuple(fc.integer({ min: -5_000_000, max: 5_000_000 }), fc.integer({ min: 0, max: 4 }))
    .map(([n, e]) => `${n}e-${e}`);
  const scale = fc.constantFrom("1", "0.5", "0.01", "-0.1", "3");
  fc.assert(
    fc.property(text, scale, (wanted, factor) => {
      const point = pointOf({
        type: "int16",
        scale: decimal(factor),
        min: decimal("-300"),
        write: { verify: "readBack", max: decimal("250.3") },
        notAvailable: new Set([-1n, 0n, 32767n]),
      });
      const result = encodePoint(point, wanted);
      if (result.ok) {
        const back = valueIn(point, result.value as number[]);
        expect(parseDecimal(valueToJsonText(back ?? "none"))).toEqual(decimal(wanted));
        return;
      }
      expect(result.error.nearest).toBeDefined();
      if (result.error.nearest !== undefined) expect(encodePoint(point, result.error.nearest).ok).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test("decimal text and its parsing are inverse", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
      fc.integer({ min: 0, max: 40 }),
      (coefficient, scale) => {
        const text = decimalText({ coefficient, scale });
        expect(parseDecimal(text.replace(/^-(0(\.0*)?)$/, "$1"))).toEqual(decimal(`${coefficient}e-${scale}`));
      },
    ),
  );
});

const CODED: readonly DataType[] = ["bcd16", "bcd32", "bcd64", "signMagnitude16", "signMagnitude32", "int24", "uint24"];
const DATES: readonly DataType[] = ["ti081", "ymdhms", "unix32", "unix64"];

test("every type: what is decoded from canonical registers is encoded to them, and reads the same again", () => {
  const any = wire([...CODED, ...DATES, "float16", "mod10k"]);
  const zone = fc.constantFrom(
    undefined,
    "+05:45",
    "-11:00",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
  );
  let values = 0;
  fc.assert(
    fc.property(any, zone, ({ type, order, registers }, place) => {
      const date = DATES.includes(type);
      const words = type === "mod10k" || type === "ti081" || type === "ymdhms";
      const count = registers.length;
      const own = words ? {} : { order };
      const point = pointOf({ type, count, ...own, ...(date && place !== undefined ? { zone: place } : {}) });
      const tamed = tame(type, registers);
      const value = valueIn(point, tamed);
      if (value === undefined) return;
      values += 1;
      const encoded = encodePoint(point, value);
      expect(encoded).toMatchObject({ ok: true });
      if (!encoded.ok) return;
      const canonical = encoded.value as number[];
      expect(valueIn(point, canonical)).toEqual(value);
      expect(encodePoint(point, value)).toEqual({ ok: true, value: canonical });
      const again = valueIn(point, canonical);
      expect(again === undefined ? undefined : encodePoint(point, again)).toEqual({ ok: true, value: canonical });
    }),
    { numRuns: 6000 },
  );
  expect(values).toBeGreaterThan(2500);
});

/** Registers that mean something more often than by chance. */
function tame(type: DataType, registers: readonly number[]): number[] {
  if (type.startsWith("bcd")) return registers.map((word) => Number(`0x${String(word % 10_000)}`));
  if (type === "mod10k") return registers.map((word) => word % 10_000);
  const [a = 0, b = 0, c = 0, d = 0] = registers;
  const month = 1 + (b % 12);
  const day = 1 + (c % 30);
  if (type === "ti081") return [a, (month << 8) | day, ((d % 24) << 8) | (a % 60), d % 60_000];
  if (type === "ymdhms") return [((a % 100) << 8) | month, (day << 8) | (b % 24), ((c % 60) << 8) | (a % 60)];
  return type === "unix64" ? [0, a % 8, b, c] : [...registers];
}

test("all 63,488 halves: encoding what was decoded gives the register back, and no shorter decimal would", () => {
  const point = pointOf({ type: "float16" });
  const wrong: string[] = [];
  for (let pattern = 0; pattern < 0x1_0000; pattern++) {
    const value = valueIn(point, [pattern]);
    if (((pattern >> 10) & 31) === 31) {
      if (value !== undefined) wrong.push(`${pattern}: ${value}`);
      continue;
    }
    const encoded = typeof value === "number" ? encodePoint(point, value) : undefined;
    if (encoded?.ok !== true || (encoded.value as number[])[0] !== pattern) wrong.push(`${pattern}: ${value}`);
    if (typeof value !== "number" || Number.isInteger(value)) continue;
    const fewer = digitsOf(value) - 1;
    if (fewer === 0) continue;
    for (const candidate of [roundSignificant(value, fewer), roundSignificant(value * (1 - 2 ** -13), fewer)]) {
      const shorter = encodePoint(point, candidate);
      if (shorter.ok && (shorter.value as number[])[0] === pattern) wrong.push(`${pattern}: ${candidate} for ${value}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("base 10000 of every length, either way round: the words make the number", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9999 }), { minLength: 2, maxLength: 4 }),
      fc.boolean(),
      (words, back) => {
        const count = words.length;
        const order = Array.from({ length: 2 * count }, (_, i) => (back ? 2 * (count - 1 - (i >> 1)) + (i & 1) : i));
        const point = pointOf({ type: "mod10k", count, order });
        const registers = back ? [...words].reverse() : words;
        const expected = words.reduceRight((sum, word) => sum * 10_000n + BigInt(word), 0n);
        const value = valueIn(point, registers);
        expect(valueToJsonText(value ?? "none")).toBe(expected.toString());
        expect(value === undefined ? undefined : encodePoint(point, value)).toEqual({ ok: true, value: registers });
      },
    ),
    { numRuns: 1000 },
  );
});
