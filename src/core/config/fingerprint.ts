import type { Point } from "../points/point";
import { sha256 } from "./sha256";

/** Like `Omit`, but for each member of a union by itself. */
export type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * JSON of a definition: keys sorted (the order of a document's keys means nothing), maps and sets as sorted lists.
 * Equal text ⇔ equal definition. Written out by hand: a replacer of `JSON.stringify` takes four times as long, which a
 * site of 16,000 points feels.
 */
export function canonicalText(definition: unknown): string {
  return textOf(definition) ?? "null";
}

/** `undefined`: nothing that JSON has; a key with it is left out, in a list it is `null`. */
function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `{"bigint":"${value}"}`;
    case "object":
      return value === null ? "null" : objectText(value);
    default:
      return undefined;
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return listText(value);
  if (value instanceof Map) {
    const entries = [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{"map":${listText(entries)}}`;
  }
  if (value instanceof Set) return `{"set":${listText([...(value as Set<unknown>)].map(String).sort())}}`;
  let text = "";
  for (const key of Object.keys(value).sort()) {
    const inner = textOf((value as Readonly<Record<string, unknown>>)[key]);
    if (inner !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${inner}`;
  }
  return `{${text}}`;
}

function listText(items: readonly unknown[]): string {
  let text = "";
  for (const item of items) text += `${text === "" ? "" : ","}${textOf(item) ?? "null"}`;
  return `[${text}]`;
}

const digests = new WeakMap<Point, string>();

/** Points are immutable and shared: each is digested once. */
function pointDigest(point: Point): string {
  const known = digests.get(point);
  if (known !== undefined) return known;
  const digest = sha256(canonicalText(point));
  digests.set(point, digest);
  return digest;
}

const listDigests = new WeakMap<readonly Point[], string>();

/** A digest of points in their order. */
export function pointsDigest(points: readonly Point[]): string {
  const known = listDigests.get(points);
  if (known !== undefined) return known;
  const digest = sha256(points.map(pointDigest).join());
  listDigests.set(points, digest);
  return digest;
}

/** A short text that is equal exactly where the definitions are. */
export function fingerprintOf(definition: unknown): string {
  return sha256(canonicalText(definition));
}
