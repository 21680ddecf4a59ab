import type { Answer, TransactOptions } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import type { ReadBits, ReadRegisters } from "../core/modbus/pdu";
import { isBitTable } from "../core/modbus/spec";
import type { RequestCost } from "../core/planning/cost";
import { isReadable, planReads, type ReadBlock } from "../core/planning/readPlan";
import { ONE_REQUEST } from "../core/planning/unitPlan";
import type { BadReason, Point } from "../core/points/point";
import type { PointList } from "../core/points/pointList";
import type { Sample, SampleRun } from "../core/telemetry/sample";
import { runOf } from "../core/telemetry/scaledRuns";
import type { EpochMs } from "../kernel/units";

/** A block as the bus wants it. */
export interface PlannedRead {
  readonly request: ReadBits | ReadRegisters;
  readonly points: readonly Point[];
}

/** The requests of a cycle. */
export interface CyclePlan {
  readonly device: DeviceConfig;
  readonly reads: readonly PlannedRead[];
  /** Points that no request within the device's limits may read: bad `disabled`. */
  readonly unreadable: readonly Point[];
}

/** Plans the reading of these points of a device. */
export function planPoints(device: DeviceConfig, points: readonly Point[], cost: RequestCost): CyclePlan {
  const together = [...device.groups.values()].filter((group) => group.consistent === true);
  const others = points.filter((point) => !together.some((group) => group.name === point.group));
  const blocks = together.flatMap(({ name }) =>
    planReads(
      points.filter((point) => point.group === name),
      device.limits,
      ONE_REQUEST,
    ),
  );
  return {
    device,
    reads: [...blocks, ...planReads(others, device.limits, cost)].map(plannedRead),
    unreadable: points.filter((point) => !isReadable(point, device.limits)),
  };
}

/** A block as a request, with its points. */
export function plannedRead(block: ReadBlock): PlannedRead {
  return { request: requestOf(block), points: block.points };
}

/** A block as a request. */
export function requestOf({
  table,
  first: address,
  count,
}: Pick<ReadBlock, "table" | "first" | "count">): ReadBits | ReadRegisters {
  return isBitTable(table)
    ? { kind: "readBits", table, address, count }
    : { kind: "readRegisters", table, address, count };
}

export function optionsFor(device: DeviceConfig, signal?: AbortSignal): TransactOptions {
  const { responseTimeoutMs, requestGapMs, lenientUnitId } = device;
  return {
    ...(lenientUnitId === undefined ? {} : { lenientUnitId }),
    ...(responseTimeoutMs === undefined ? {} : { timeoutMs: responseTimeoutMs }),
    ...(requestGapMs === undefined ? {} : { gapMs: requestGapMs }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * What a good answer that begins at the address `first` carries; samples of scaled points are to be settled when all is
 * read.
 */
export function goodRun(list: PointList, first: number, { response, at }: Answer<ReadBits | ReadRegisters>): SampleRun {
  return runOf(list, "bits" in response ? response.bits : response.registers, first, at);
}

export function badSamples(points: readonly Point[], bad: BadReason, at: EpochMs): Sample[] {
  return points.map((point) => ({ point, at, reading: { bad } }));
}

/** The failure says that the next request to this unit would fail as well: it costs the neighbours time. */
export function isUnreachable(failure: ModbusFailure): boolean {
  switch (failure.kind) {
    case "timeout":
    case "offline":
    case "lost":
    case "aborted":
      return true;
    case "exception":
      // Gateway path unavailable, gateway target failed to respond (specification section 7).
      return failure.code === 10 || failure.code === 11;
    default:
      return false;
  }
}
