import { isJsonObject, type Json } from "../../kernel/json";
import type { ProfileLookup } from "../config/profiles";
import { identityText, type UnitIdentity } from "./unitIdentity";

/**
 * The profile that is for what a unit says it is: its `manufacturer` and one of its `model`s stand in the identity, or
 * all SunSpec models that it looks for are there. The most particular one; `undefined`: none.
 */
export function profileFor(identity: UnitIdentity, lookup: ProfileLookup): string | undefined {
  let best: { readonly name: string; readonly score: number } | undefined;
  for (const name of lookup.names ?? []) {
    const found = lookup(name);
    if (found?.ok !== true || !isJsonObject(found.value as Json)) continue;
    const profile = found.value as Readonly<Record<string, unknown>>;
    const score = Math.max(byName(profile, identityText(identity)), byModels(profile, identity));
    if (score > 0 && (best === undefined || score > best.score)) best = { name, score };
  }
  return best?.name;
}

/** A name of three letters says something only beside its maker's; one of five by itself. */
const SHORTEST = { withMaker: 3, alone: 5 };
/** Above every number of SunSpec models. */
const NAMED = 100;

function byName({ manufacturer, model }: Readonly<Record<string, unknown>>, said: string): number {
  if (typeof model !== "string") return 0;
  const text = plain(said);
  const maker = typeof manufacturer === "string" ? plain(manufacturer.split(/\s/)[0] ?? "") : "";
  const shortest = maker !== "" && text.includes(maker) ? SHORTEST.withMaker : SHORTEST.alone;
  const names = model.split(",").flatMap((one) => {
    const words = one.replace(/[- ]?modbus$/i, "").trim();
    return [words, words.split(/\s+/).at(-1) ?? ""].map(plain);
  });
  const lengths = names
    .filter((name) => name.length >= shortest && /\d/.test(name) && isNamed(text, name))
    .map((name) => name.length);
  return lengths.length === 0 ? 0 : NAMED + Math.max(...lengths);
}

/** `sdm72` is not in `sdm720`: behind a name that ends in a digit no other follows. */
function isNamed(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? "";
    const after = text[at + name.length] ?? "";
    const startsInNumber = /\d/.test(name[0] ?? "") && /\d/.test(before);
    if (!startsInNumber && !(/\d$/.test(name) && /\d/.test(after))) return true;
  }
  return false;
}

/** Letters and digits alone; a dot stays between two numbers. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/(\d)[^a-z0-9]+(?=\d)/g, "$1.")
    .replace(/[^a-z0-9.]|(?<!\d)\.|\.(?!\d)/g, "");
}

function byModels({ blocks }: Readonly<Record<string, unknown>>, { sunspec }: UnitIdentity): number {
  if (sunspec === undefined || typeof blocks !== "object" || blocks === null) return 0;
  const lists = Object.values(blocks).flatMap((block: unknown) => {
    const models: unknown = isRecord(block) ? block["sunspecModel"] : undefined;
    return Array.isArray(models) ? [models as readonly unknown[]] : [];
  });
  const isThere = (list: readonly unknown[]): boolean => list.some((id) => sunspec.models.some((one) => one === id));
  return lists.length > 0 && lists.every(isThere) ? lists.length : 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
