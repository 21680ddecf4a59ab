import type { Point } from "../points/point";
import { sha256 } from "./sha256";

/** Like `Omit`, but for each member of a union by itself. */
export type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** JSON of a definition: keys sorted (the order of a document's keys means nothing), maps and sets as sorted lists. */
function canonical(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return { bigint: value.toString() };
  if (value instanceof Map) return { map: [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1)) };
  if (value instanceof Set) return { set: [...(value as Set<unknown>)].map(String).sort() };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Equal text ⇔ equal definition. */
export function canonicalText(definition: unknown): string {
  return JSON.stringify(definition, canonical);
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
