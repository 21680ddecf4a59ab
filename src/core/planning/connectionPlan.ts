import type { ConnectionConfig, DeviceConfig, Group } from "../config/gatewayConfig";
import type { Table } from "../modbus/spec";
import { blockMs, dataBytes, linkCost, type RequestCost } from "./cost";
import { type DueSet, dueSets } from "./dueSets";
import { createLearned, type Learned } from "./learned";
import { duePoints, polledGroups } from "./polledPoints";
import { type NotAsked, planUnit } from "./unitPlan";

/** One request of a cycle, as it is planned. */
export interface RequestView {
  readonly table: Table;
  /** 0-based address of the first register or bit. */
  readonly first: number;
  readonly count: number;
  /** `DEVICE.POINT`, by address. */
  readonly points: readonly string[];
  /** Of data in the answer. */
  readonly bytes: number;
  readonly predictedMs: number;
}

/** What is read when these groups of a unit fall due together. */
export interface CycleView {
  readonly unitId: number;
  /** `DEVICE.GROUP`. */
  readonly groups: readonly string[];
  /** Mean time between two such cycles, ms; `null`: once after each connect. */
  readonly everyMs: number | null;
  readonly requests: readonly RequestView[];
  readonly predictedMs: number;
  /** `DEVICE.POINT` → why it is not asked for. */
  readonly notAsked: ReadonlyMap<string, string>;
}

export interface ConnectionPlan {
  readonly connection: string;
  /** Share of the connection's time that polling takes as configured; over 100 it can't keep up. */
  readonly loadPercent: number;
  readonly requestsPerSecond: number;
  readonly cycles: readonly CycleView[];
}

/** What is known of a unit beyond its definition. */
export interface UnitFacts {
  readonly learned: Learned;
  readonly cost: RequestCost;
}

interface PlannedGroup {
  readonly device: DeviceConfig;
  readonly group: Group;
  readonly intervalMs: number;
}

/**
 * The requests of every cycle of a connection's units, and the share of its time that they take.
 * @param factsOf what has been learned and measured of a unit; default: nothing, the connection's definition counts.
 */
export function planConnection(
  connection: ConnectionConfig,
  devices: readonly DeviceConfig[],
  factsOf: (unitId: number) => UnitFacts | undefined = () => undefined,
): ConnectionPlan {
  const unknown: UnitFacts = { learned: createLearned(), cost: linkCost(connection) };
  const cycles = [...groupByUnit(devices)].flatMap(([unitId, together]) =>
    cyclesOf(unitId, together, factsOf(unitId) ?? unknown),
  );
  let msPerSecond = 0;
  let requestsPerSecond = 0;
  for (const { everyMs, predictedMs, requests } of cycles) {
    if (everyMs === null) continue;
    msPerSecond += (1000 * predictedMs) / everyMs;
    requestsPerSecond += (1000 * requests.length) / everyMs;
  }
  return {
    connection: connection.name,
    loadPercent: msPerSecond / 10 / lanesOf(connection),
    requestsPerSecond,
    cycles,
  };
}

/** Requests of the poll that may be under way together: what the server was said to bear. */
export function lanesOf(connection: ConnectionConfig): number {
  return connection.transport === "serial" ? 1 : (connection.maxInFlight ?? 1);
}

function groupByUnit(devices: readonly DeviceConfig[]): ReadonlyMap<number, readonly DeviceConfig[]> {
  const units = new Map<number, DeviceConfig[]>();
  for (const device of devices) {
    if (!device.enabled) continue;
    const list = units.get(device.unitId);
    if (list === undefined) units.set(device.unitId, [device]);
    else list.push(device);
  }
  return units;
}

function cyclesOf(unitId: number, devices: readonly DeviceConfig[], facts: UnitFacts): CycleView[] {
  const groups = devices.flatMap((device) =>
    polledGroups(device).map((group): PlannedGroup => ({ device, group, intervalMs: group.intervalMs })),
  );
  const once = groups.filter(({ intervalMs }) => !Number.isFinite(intervalMs));
  const sets: DueSet<PlannedGroup>[] = [...dueSets(groups)];
  if (once.length > 0) sets.push({ groups: once, everyMs: Number.POSITIVE_INFINITY });
  return sets.map((set) => cycleOf(unitId, set, facts));
}

function cycleOf(unitId: number, { groups, everyMs }: DueSet<PlannedGroup>, facts: UnitFacts): CycleView {
  const devices = [...new Set(groups.map(({ device }) => device))];
  const parts = devices.map((device) => {
    const names = groups.filter((one) => one.device === device).map(({ group }) => group.name);
    return { device, points: duePoints(device, names) };
  });
  const { blocks, notAsked } = planUnit(parts, facts.learned, facts.cost);
  const nameOf = (part: number, point: string): string => `${parts[part]?.device.name}.${point}`;
  const requests = blocks.map(({ block: { table, first, count, points } }) => ({
    table,
    first,
    count,
    points: [...new Set(points.map(({ part, point }) => nameOf(part, point.name)))],
    bytes: dataBytes(table, count),
    predictedMs: blockMs(table, count, facts.cost),
  }));
  return {
    unitId,
    groups: groups.map(({ device, group }) => `${device.name}.${group.name}`),
    everyMs: Number.isFinite(everyMs) ? everyMs : null,
    requests,
    predictedMs: requests.reduce((sum, { predictedMs }) => sum + predictedMs, 0),
    notAsked: notAskedOf(notAsked, nameOf),
  };
}

function notAskedOf(
  all: readonly NotAsked[],
  nameOf: (part: number, point: string) => string,
): ReadonlyMap<string, string> {
  const entries = all.flatMap(({ part, points, reason }) =>
    points.map((point): [string, string] => [nameOf(part, point.name), reason]),
  );
  return new Map(entries);
}
