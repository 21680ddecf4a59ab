import type { Point } from "../points/point";
import type { Layer } from "./layers";
import type { Problem } from "./problem";

/**
 * The points, those that are repeated verified (`verifyPoint`) by the point of their own number: NAME03 by WITNESS03.
 * A single witness can't tell for many whether each holds what was written to it: that is a problem.
 */
export function linkWitnesses(
  points: readonly Point[],
  definitions: ReadonlyMap<string, readonly Point[]>,
  layersOf: (point: string) => readonly Layer[],
  problems: Problem[],
): readonly Point[] {
  const definitionOf = new Map<string, string>();
  for (const [name, made] of definitions) for (const point of made) definitionOf.set(point.name, name);
  const names = new Set(points.map(({ name }) => name));

  function linked(point: Point): Point {
    const witness = point.write?.verifyPoint;
    const definition = definitionOf.get(point.name);
    if (witness === undefined || definition === undefined || definition === point.name) return point;
    const own = ofNumber(witness, Number(point.name.slice(definition.length)), names);
    if (own !== undefined && point.write !== undefined)
      return { ...point, write: { ...point.write, verifyPoint: own } };
    const text = faultOf(definition, witness, definitions, names);
    const layer = layersOf(point.name).find(({ keys }) => keys.verifyPoint !== undefined);
    if (text !== undefined && layer !== undefined) problems.push(layer.place(["verifyPoint"], text));
    return point;
  }

  return points.map(linked);
}

function faultOf(
  definition: string,
  witness: string,
  definitions: ReadonlyMap<string, readonly Point[]>,
  names: ReadonlySet<string>,
): string | undefined {
  const count = definitions.get(definition)?.length ?? 1;
  const others = definitions.get(witness)?.length ?? 0;
  if (count > 1 && names.has(witness)) {
    return `"${witness}" is one point, and "${definition}" is repeated ${count} times: it can't tell what each of them holds`;
  }
  // A name that nothing has is told elsewhere.
  if (others === 0 || names.has(witness)) return undefined;
  return `"${definition}" is repeated ${count} times and "${witness}" ${others} times: each needs one of its own number`;
}

/** The repetition of a name that has this number, however many digits it is written with. */
function ofNumber(name: string, number: number, names: ReadonlySet<string>): string | undefined {
  for (let width = 2; width <= MOST_DIGITS; width++) {
    const repetition = `${name}${String(number).padStart(width, "0")}`;
    if (names.has(repetition)) return repetition;
  }
  return undefined;
}

const MOST_DIGITS = 5;
