import type { ExactDecimal } from "../points/decimal";
import { exactDecimal, multiplyDecimals, powerOfTen, subtractDecimals } from "../points/decimal";
import type { Point } from "../points/point";
import type { Draft } from "./layers";
import { boundsOf, decimalOf, type Nature, toDecimal } from "./pointMeaning";
import type { Problem } from "./problem";

/** What makes a number of a raw number. */
export type Scale = Pick<Point, "scale" | "offset" | "divisor" | "decimals" | "min" | "max">;

/** A name in `scaleBy` or `scalePoint` that `linkScales` looks for among the points of the device. */
export interface ScaleLink {
  readonly as: "power" | "factor" | "parameter";
  readonly target: string;
  /** Where the name stands. */
  readonly problem: (text: string) => Problem;
}

export interface ScaleRules {
  /** Numbers of the installation, by name: the device's over the profile's. */
  readonly parameters: ReadonlyMap<string, ExactDecimal>;
  /** Takes note of what a definition is scaled by. */
  link(definition: string, link: ScaleLink): void;
}

const OF_SCALE = ["scale", "offset", "scaleBy", "scalePoint"] as const;

export function resolveScale(draft: Draft, nature: Nature, rules: ScaleRules): Scale {
  const decimals = draft.suited("decimals", nature === "number", `only a number has "decimals"`);
  const { low, high } = boundsOf(draft, ["min", "max"], nature);
  return {
    ...(usesRange(draft, nature) ? resolveRange(draft) : resolveLinear(draft, nature, rules)),
    ...(decimals === undefined ? {} : { decimals }),
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
  };
}

/** A range takes the place of a scale; where `defaults` have one and the point the other, the point's counts. */
function usesRange(draft: Draft, nature: Nature): boolean {
  const range = draft.find("range");
  if (range === undefined) return false;
  if (draft.suited("range", nature === "number", onlyNumbers("range", nature)) === undefined) return false;
  const rivals = OF_SCALE.flatMap((key) => draft.find(key) ?? []);
  if (range.layer.isDefault && rivals.some(({ layer }) => !layer.isDefault)) return false;
  for (const key of OF_SCALE) draft.suited(key, false, `either "range" or "${key}"`);
  return true;
}

function onlyNumbers(key: string, nature: Nature): string {
  return `only a number has "${key}", and this value is a ${nature}`;
}

function resolveLinear(draft: Draft, nature: Nature, rules: ScaleRules): Scale {
  const own = decimalOf(draft, "scale", nature);
  if (own?.coefficient === 0n) draft.fault("scale", "a scale of 0 makes every value the same: leave it out");
  const offset = decimalOf(draft, "offset", nature);
  const scale = factorsOf(draft, nature, rules).reduce(multiplyDecimals, own ?? exactDecimal(1n, 0));
  noteScalePoint(draft, nature, rules);
  const isOne = scale.coefficient === 1n && scale.scale === 0;
  return {
    ...(isOne ? {} : { scale }),
    ...(offset === undefined || offset.coefficient === 0n ? {} : { offset }),
  };
}

/** The parameters of `scaleBy`; its other names are taken for points. */
function factorsOf(draft: Draft, nature: Nature, { parameters, link }: ScaleRules): readonly ExactDecimal[] {
  const names = draft.suited("scaleBy", nature === "number", onlyNumbers("scaleBy", nature)) ?? [];
  return names.flatMap((target, at) => {
    if (isItsOwn(draft, "scaleBy", target)) return [];
    const parameter = parameters.get(target);
    link(draft.name, {
      as: parameter === undefined ? "factor" : "parameter",
      target,
      problem: problemAt(draft, "scaleBy", at),
    });
    if (parameter?.coefficient === 0n)
      draft.fault("scaleBy", `the parameter "${target}" is 0: every value would be the same`, String(at));
    return parameter ?? [];
  });
}

function noteScalePoint(draft: Draft, nature: Nature, { link }: ScaleRules): void {
  const target = draft.suited("scalePoint", nature === "number", onlyNumbers("scalePoint", nature));
  if (target === undefined || isItsOwn(draft, "scalePoint", target)) return;
  link(draft.name, { as: "power", target, problem: problemAt(draft, "scalePoint") });
}

/** Among `defaults`, what scales all points does not scale itself. */
function isItsOwn(draft: Draft, key: "scaleBy" | "scalePoint", target: string): boolean {
  return target === draft.name && draft.find(key)?.layer.isDefault === true;
}

function problemAt(draft: Draft, key: "scaleBy" | "scalePoint", ...inside: number[]): ScaleLink["problem"] {
  const place = draft.find(key)?.layer.place;
  return (text) => place?.([key, ...inside], text) ?? { path: "", text };
}

/** value = c + (raw - a) × (d - c) / (b - a) as (raw × scale + offset) / divisor, the divisor whole and positive. */
function resolveRange(draft: Draft): Scale {
  const range = draft.get("range");
  if (range === undefined) return {};
  const [a, b] = [toDecimal(range.raw[0]), toDecimal(range.raw[1])];
  const [c, d] = [toDecimal(range.value[0]), toDecimal(range.value[1])];
  const rawSpan = subtractDecimals(b, a);
  const valueSpan = subtractDecimals(d, c);
  if (rawSpan.coefficient === 0n)
    return draft.fault("range", "both raw values are the same: nothing lies between them", "raw") ?? {};
  if (valueSpan.coefficient === 0n)
    return draft.fault("range", "both values are the same: every value would be it", "value") ?? {};
  const offset = subtractDecimals(multiplyDecimals(c, rawSpan), multiplyDecimals(a, valueSpan));
  return reduced(valueSpan, offset, rawSpan);
}

function reduced(scale: ExactDecimal, offset: ExactDecimal, divisor: ExactDecimal): Scale {
  const up = exactDecimal((divisor.coefficient < 0n ? -1n : 1n) * powerOfTen(divisor.scale), 0);
  let [over, shift] = [multiplyDecimals(scale, up), multiplyDecimals(offset, up)];
  let under = divisor.coefficient < 0n ? -divisor.coefficient : divisor.coefficient;
  // What is divided by 2 and 5 has an end of digits: that goes into the scale.
  for (const [prime, decimal] of [
    [2n, exactDecimal(5n, 1)],
    [5n, exactDecimal(2n, 1)],
  ] as const) {
    while (under % prime === 0n) {
      under /= prime;
      [over, shift] = [multiplyDecimals(over, decimal), multiplyDecimals(shift, decimal)];
    }
  }
  const common = gcd(gcd(over.coefficient, shift.coefficient), under);
  under /= common;
  over = exactDecimal(over.coefficient / common, over.scale);
  shift = exactDecimal(shift.coefficient / common, shift.scale);
  const isOne = over.coefficient === 1n && over.scale === 0;
  return {
    ...(isOne ? {} : { scale: over }),
    ...(shift.coefficient === 0n ? {} : { offset: shift }),
    ...(under === 1n ? {} : { divisor: under }),
  };
}

function gcd(a: bigint, b: bigint): bigint {
  let [big, small] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (small !== 0n) [big, small] = [small, big % small];
  return big;
}
