import { addressText } from "../modbus/address";
import type { Point } from "../points/point";
import { fieldMaskOf } from "../points/writeField";
import type { Layer } from "./layers";
import { didYouMean } from "./nearest";
import { natureOf } from "./pointMeaning";
import type { Problem } from "./problem";

/** What the points of a device say of one another about writing. `layersOf`: the definition that a point comes from. */
export function writeProblems(
  points: readonly Point[],
  layersOf: (point: string) => readonly Layer[],
): readonly Problem[] {
  return [
    ...points.flatMap((point) => witnessProblem(point, points, layersOf(point.name)) ?? []),
    ...overlaps(points, layersOf),
  ];
}

/** A problem where the key stands. */
function at(layers: readonly Layer[], key: "verifyPoint" | "access", text: string): Problem {
  const layer = layers.find(({ keys }) => keys[key] !== undefined) ?? layers[0];
  return layer?.place([key], text) ?? { path: "", text };
}

function witnessProblem(point: Point, points: readonly Point[], layers: readonly Layer[]): Problem | undefined {
  const name = point.write?.verifyPoint;
  if (name === undefined) return undefined;
  const witness = points.find((candidate) => candidate.name === name);
  const known = points.filter((other) => other !== point && other.access !== "write").map((other) => other.name);
  if (witness === undefined) return at(layers, "verifyPoint", `there is no point "${name}"${didYouMean(name, known)}`);
  if (witness.access === "write") return at(layers, "verifyPoint", `the point "${name}" is never read`);
  const [own, other] = [natureOf(point, point), natureOf(witness, witness)];
  if (own === other) return undefined;
  return at(layers, "verifyPoint", `"${name}" is a ${other}, and "${point.name}" is a ${own}: they can't be equal`);
}

/** Two parts that claim one bit would each undo the other. */
function overlaps(points: readonly Point[], layersOf: (point: string) => readonly Layer[]): readonly Problem[] {
  const owners = new Map<number, { readonly point: Point; readonly bits: number }[]>();
  const problems: Problem[] = [];
  for (const point of points) {
    const masks = point.access === "read" ? undefined : fieldMaskOf(point);
    for (const [i, bits] of masks?.entries() ?? []) {
      const address = point.address + i;
      const there = owners.get(address) ?? [];
      owners.set(address, there);
      const rival = there.find((other) => (other.bits & bits) !== 0);
      there.push({ point, bits });
      if (rival === undefined) continue;
      const shared = `0x${(rival.bits & bits).toString(16).toUpperCase().padStart(4, "0")}`;
      const text = `shares bits ${shared} of ${addressText(point.table, address)} with "${rival.point.name}", which can be written too: only one may write a bit`;
      problems.push(at(layersOf(point.name), "access", text));
      break;
    }
  }
  return problems;
}
