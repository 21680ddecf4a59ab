import type { Point, Scaling } from "../points/point";
import { didYouMean } from "./nearest";
import { natureOf } from "./pointMeaning";
import type { ScaleLink } from "./pointScale";
import type { Problem } from "./problem";

/** What the points of a device are scaled by, by the names of their definitions. */
export type ScaleLinks = ReadonlyMap<string, readonly ScaleLink[]>;

interface Definition {
  readonly name: string;
  readonly point: Point;
}

/**
 * The points, those with links scaled by the points that these name. A repeated point goes with the point named or, where
 * that is repeated as well, with the one of its own number.
 */
export function linkScales(
  points: readonly Point[],
  definitions: ReadonlyMap<string, readonly Point[]>,
  links: ScaleLinks,
  problems: Problem[],
): readonly Point[] {
  if (links.size === 0) return points;
  const byName = new Map<string, Definition>();
  for (const [name, made] of definitions) for (const point of made) byName.set(point.name, { name, point });
  const done = new Map<string, Point>();
  const scales = new Map<string, Point>();

  /** `above`: the points that wait for this one. */
  function build({ name, point }: Definition, above: readonly string[]): Point {
    const before = done.get(point.name);
    if (before !== undefined) return before;
    const path = [...above, point.name];
    const own = links.get(name) ?? [];
    const scaledBy = own.flatMap((link) => scaling(link, point.name.slice(name.length), path));
    const built = scaledBy.length === 0 ? point : { ...point, scaledBy };
    done.set(point.name, built);
    return built;
  }

  function scaling(link: ScaleLink, number: string, path: readonly string[]): readonly Scaling[] {
    const target = byName.get(link.target) ?? byName.get(`${link.target}${number}`);
    const text = faultOf(link, target?.point, path, byName.keys());
    if (text !== undefined) problems.push(link.problem(text));
    if (text !== undefined || link.as === "parameter" || target === undefined) return [];
    const key = `${link.as} ${target.point.name}`;
    const scale = scales.get(key) ?? asScale(link.as, build(target, path));
    scales.set(key, scale);
    return [{ as: link.as, point: scale }];
  }

  return points.map((point) => {
    const definition = byName.get(point.name);
    return definition?.point === point ? build(definition, []) : point;
  });
}

function faultOf(
  { as, target: name }: ScaleLink,
  target: Point | undefined,
  path: readonly string[],
  known: Iterable<string>,
): string | undefined {
  if (as === "parameter") {
    return target === undefined ? undefined : `"${name}" is a parameter and a point: call one of them otherwise`;
  }
  if (target === undefined) {
    const what = as === "power" ? "enabled point" : "parameter and no enabled point";
    return `there is no ${what} "${name}"${didYouMean(
      name,
      [...known].filter((other) => !path.includes(other)),
    )}`;
  }
  if (path.includes(target.name)) return `a loop: ${[...path, target.name].join(" is scaled by ")}`;
  if (target.access === "write") return `the point "${name}" is never read ("access": "write")`;
  if (as === "power" && (target.type !== "int16" || target.bit !== undefined || target.mask !== undefined)) {
    return `"${name}" is no whole int16, which a power of ten is`;
  }
  return as === "factor" && natureOf(target, target) !== "number" ? `"${name}" is no number` : undefined;
}

/** The point as what it is to the others: the raw value of a power of ten, the value of a factor. */
function asScale(as: Scaling["as"], point: Point): Point {
  const { name, table, address, count, type, order, group } = point;
  const place = { name, table, address, count, type, ...(order === undefined ? {} : { order }), group };
  if (as === "power") return { ...place, access: "read", kind: "none" };
  const { write: _write, ...rest } = point;
  return { ...rest, access: "read", kind: "none" };
}
