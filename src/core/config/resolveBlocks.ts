import { modelNumber, modelPlace } from "../modbus/modelAddress";
import type { Table } from "../modbus/spec";
import type { Point } from "../points/point";
import { parseAddress } from "./address";
import { type Place, within } from "./layers";
import type { Problem } from "./problem";
import type { BlockKeys } from "./schemaBlock";

/** Where a block of points begins: at an address, or at a SunSpec model, the first of a list in the device's chain. */
export type Block =
  | { readonly kind: "address"; readonly table: Table; readonly address: number }
  | { readonly kind: "model"; readonly number: number; readonly models: readonly number[] };

/** Blocks that points may name; faulty ones are left out after noting why. */
export function resolveBlocks(
  blocks: Readonly<Record<string, BlockKeys>> | undefined,
  place: Place,
  base: 0 | 1,
  problems: Problem[],
): ReadonlyMap<string, Block> {
  const resolved = new Map<string, Block>();
  for (const [name, keys] of Object.entries(blocks ?? {})) {
    const block = blockOf(keys, within(place, "blocks", name), base);
    if ("text" in block) problems.push(block);
    else if (block.kind === "model" && clashes(block, resolved)) {
      problems.push(
        place(["blocks", name, "sunspecModel"], "this list can't be told from that of another block: turn its order"),
      );
    } else resolved.set(name, block);
  }
  return resolved;
}

/** Two lists with one number: one in 16 million. */
function clashes(block: Block & { kind: "model" }, others: ReadonlyMap<string, Block>): boolean {
  return [...others.values()].some(
    (other) => other.kind === "model" && other.number === block.number && other.models.join() !== block.models.join(),
  );
}

/** The models that these points stand in. */
export function modelsOf(
  points: readonly Point[],
  blocks: ReadonlyMap<string, Block>,
): ReadonlyMap<number, readonly number[]> {
  const used = new Set(points.flatMap(numbersOf));
  return new Map(
    [...blocks.values()].flatMap((block) =>
      block.kind === "model" && used.has(block.number) ? [[block.number, block.models] as const] : [],
    ),
  );
}

/** Of a point and of those that it is scaled by. */
function numbersOf({ address, scaledBy = [] }: Point): readonly number[] {
  const own = modelPlace(address)?.number;
  return [...(own === undefined ? [] : [own]), ...scaledBy.flatMap(({ point }) => numbersOf(point))];
}

function blockOf({ table, address, sunspecModel }: BlockKeys, place: Place, base: 0 | 1): Block | Problem {
  if (sunspecModel !== undefined) {
    if (address !== undefined || table !== undefined) {
      const given = address === undefined ? "table" : "address";
      return place([given], `the chain of SunSpec models says where the block stands: leave "${given}" out`);
    }
    return { kind: "model", number: modelNumber(sunspecModel), models: sunspecModel };
  }
  if (address === undefined) {
    return place([], 'a block needs an "address", or a "sunspecModel": [101, 102, 103]');
  }
  const parsed = parseAddress(address, base);
  if (!parsed.ok) return place(["address"], parsed.error);
  const { table: named = table } = parsed.value;
  if (named === undefined) return place(["table"], '"table" is missing: one of coil, discrete, input, holding');
  if (parsed.value.table !== undefined && table !== undefined) {
    return place(["table"], `the reference "${address}" says the table (${named}): leave "table" out`);
  }
  return { kind: "address", table: named, address: parsed.value.address };
}
