import type { TransactOptions } from "../bus/transactor";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { ReadBlock } from "../core/planning/readPlan";
import type { DuePart, Item, NotAsked } from "../core/planning/unitPlan";
import type { Point } from "../core/points/point";
import { optionsFor, type PlannedRead, plannedRead } from "./cycle";

/** One request, and what of its answer belongs to which device. */
export interface UnitRead {
  readonly block: ReadBlock<Item>;
  readonly request: PlannedRead["request"];
  readonly options: TransactOptions;
  readonly shares: readonly UnitShare[];
  /** Its points are from one moment: never asked for in parts. */
  readonly whole?: boolean;
}

export interface UnitShare {
  readonly part: number;
  readonly read: PlannedRead;
}

/** The requests of a cycle of one unit. */
export interface UnitReads {
  readonly reads: readonly UnitRead[];
  readonly notAsked: readonly NotAsked[];
}

/** A block as a request. */
export function unitRead(block: ReadBlock<Item>, options: TransactOptions): UnitRead {
  const byPart = new Map<number, Point[]>();
  for (const { part, point } of block.points) {
    const points = byPart.get(part);
    if (points === undefined) byPart.set(part, [point]);
    else points.push(point);
  }
  const shares = [...byPart].map(([part, points]) => ({ part, read: plannedRead({ ...block, points }) }));
  const { request } = plannedRead({ ...block, points: [] });
  return { block, request, options, shares };
}

/** The most patient of them; where one says nothing, the connection's counts for it. */
export function optionsOf(
  parts: readonly DuePart[],
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
