import { err, ok, type Result } from "../../kernel/result";
import { typeSpec } from "../points/dataType";
import type { Point } from "../points/point";
import { type Draft, type Layer, openDraft } from "./layers";
import { type Location, resolveLocation, type WireRules } from "./pointLocation";
import { checkBit, natureOf, noBits, resolveMeaning, resolveNotAvailable } from "./pointMeaning";
import { resolveReport } from "./pointReport";
import type { ScaleRules } from "./pointScale";
import { resolveUse, type UseRules } from "./pointUse";
import type { Problem } from "./problem";
import { repeated } from "./repeatPoint";

export interface PointRules extends WireRules, UseRules, ScaleRules {}

/**
 * The points that a definition means: one; none where it is not enabled; with `bits` one boolean for each bit, which
 * share the word's registers (and so its read); with `repeat` as many of each. Or everything that is wrong with it.
 */
export function resolvePoint(
  name: string,
  layers: readonly [Layer, ...Layer[]],
  rules: PointRules,
): Result<readonly Point[], readonly Problem[]> {
  const draft = openDraft(name, layers);
  const location = resolveLocation(draft, rules);
  const points = location === undefined ? [] : repeated(draft, pointsAt(draft, location, rules), rules.limits);
  if (draft.problems.length > 0) return err(draft.problems);
  return ok(draft.get("enabled") === false ? [] : points);
}

function pointsAt(draft: Draft, location: Location, rules: PointRules): readonly Point[] {
  const bits = typeSpec(location.type).shape === "bit" ? undefined : draft.get("bits");
  if (bits !== undefined) return bitsOf(draft, location, bits, rules);
  const meaning = resolveMeaning(draft, location, rules);
  const use = resolveUse(draft, location, meaning, rules);
  const report = resolveReport(draft, use.kind, natureOf(location, meaning), meaning.enum !== undefined);
  return [{ name: draft.name, ...location, ...meaning, ...forPeople(draft), ...use, ...report }];
}

function forPeople(draft: Draft): Pick<Point, "unit" | "title" | "description"> {
  const unit = draft.get("unit");
  const title = draft.get("title");
  const description = draft.get("description");
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Keys that describe one value, and so say nothing about a word of many. */
const OF_ONE_VALUE = [
  "bit",
  "mask",
  "scale",
  "offset",
  "range",
  "scaleBy",
  "scalePoint",
  "decimals",
  "enum",
  "zone",
  "min",
  "max",
  "unit",
  "writeMin",
  "writeMax",
  "verifyPoint",
  "verifyTolerance",
] as const;

function bitsOf(
  draft: Draft,
  location: Location,
  bits: Readonly<Record<string, string>>,
  rules: PointRules,
): readonly Point[] {
  const spec = typeSpec(location.type);
  if (spec.shape !== "integer" || spec.coded !== undefined) {
    draft.fault("bits", noBits(location));
    return [];
  }
  for (const key of OF_ONE_VALUE)
    draft.suited(key, false, `the word of "bits" is not published itself: leave "${key}" out`);
  const entries = Object.entries(bits);
  if (entries.length === 0) draft.fault("bits", '"bits" names no bit: leave it out');
  for (const [bit] of entries) checkBit(draft, "bits", Number(bit), spec, location);
  const { notAvailable } = resolveNotAvailable(draft, location);
  const title = draft.get("title");
  const description = draft.get("description");
  return entries.map(([key, name]) => {
    const bit = Number(key);
    const use = resolveUse(draft, location, { bit }, rules);
    return {
      name,
      ...location,
      bit,
      ...(notAvailable === undefined ? {} : { notAvailable }),
      ...(title === undefined ? {} : { title: `${title}: ${name}` }),
      ...(description === undefined ? {} : { description }),
      ...use,
      ...resolveReport(draft, use.kind, "boolean", false),
    };
  });
}
