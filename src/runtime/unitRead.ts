import type { TransactOptions } from "../bus/transactor";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import type { ReadBlock } from "../core/planning/readPlan";
import type { Item, NotAsked } from "../core/planning/unitPlan";
import type { Point } from "../core/points/point";
import { type PointList, pointListOf } from "../core/points/pointList";
import { optionsFor, type PlannedRead, requestOf } from "./cycle";

/**
 * One request, and what of its answer belongs to which device. Units that are planned alike have the same one: nobody
 * writes to it.
 */
export interface UnitRead {
  readonly request: PlannedRead["request"];
  readonly options: TransactOptions;
  readonly shares: readonly UnitShare[];
  /** Its points are from one moment: never asked for in parts. */
  readonly whole: boolean;
}

/** The points of one of the devices that are read together, by its place among them. */
export interface UnitShare {
  readonly part: number;
  readonly list: PointList;
}

/** The requests of a cycle of one unit. */
export interface UnitReads {
  readonly reads: readonly UnitRead[];
  readonly notAsked: readonly NotAsked[];
}

/** A block as a request. A thousand devices keep theirs: it holds nothing twice. */
export function unitRead(block: ReadBlock<Item>, options: TransactOptions, whole = false): UnitRead {
  const byPart = new Map<number, Point[]>();
  for (const { part, point } of block.points) {
    const points = byPart.get(part);
    if (points === undefined) byPart.set(part, [point]);
    else points.push(point);
  }
  const shares = Array.from(byPart, ([part, points]) => ({ part, list: pointListOf(points) }));
  return { request: requestOf(block), options, shares, whole };
}

/** What a request reads, as a block again. */
export function blockOf({ request, shares }: UnitRead): ReadBlock<Item> {
  const { table, address: first, count } = request;
  const items = shares.flatMap(({ part, list }) =>
    list.points.map((point): Item => ({ table: point.table, address: point.address, count: point.count, part, point })),
  );
  return { table, first, count, points: items };
}

/** The most patient of them; where one says nothing, the connection's counts for it. */
export function optionsOf(
  parts: readonly { readonly device: DeviceConfig }[],
  connection: Pick<ConnectionConfig, "responseTimeoutMs" | "requestGapMs">,
): TransactOptions {
  const all = parts.map(({ device }) => optionsFor(device));
  const [first = {}] = all;
  if (all.length <= 1) return first;
  const { timeoutMs: _timeout, gapMs: _gap, ...rest }: TransactOptions = Object.assign({}, ...all);
  const { responseTimeoutMs, requestGapMs } = connection;
  return {
    ...rest,
    timeoutMs: Math.max(...all.map(({ timeoutMs = responseTimeoutMs }) => timeoutMs)),
    gapMs: Math.max(...all.map(({ gapMs = requestGapMs }) => gapMs)),
  };
}
