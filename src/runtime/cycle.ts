import type { Answer, TransactOptions, Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { consequenceOf, type ModbusFailure } from "../core/modbus/failure";
import type { ReadBits, ReadRegisters } from "../core/modbus/pdu";
import { isBitTable } from "../core/modbus/spec";
import type { RequestCost } from "../core/planning/cost";
import { isReadable, planReads, type ReadBlock } from "../core/planning/readPlan";
import type { BadReason, Point } from "../core/points/point";
import { badReason } from "../core/points/quality";
import { decodePoint } from "../core/points/transform";
import type { Sample } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { EpochMs } from "../kernel/units";
import type { DeviceMeter } from "./connectionRunnerCounters";

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

/** A link on which only the number of requests counts: a group that one request can carry gets one. */
const ONE_REQUEST: RequestCost = { perRequestMs: 1, perByteMs: 0 };

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

/** A block as a request. */
export function plannedRead({ table, first: address, count, points }: ReadBlock): PlannedRead {
  const request: ReadBits | ReadRegisters = isBitTable(table)
    ? { kind: "readBits", table, address, count }
    : { kind: "readRegisters", table, address, count };
  return { request, points };
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

/** The samples that a good answer carries. */
export function goodSamples(read: PlannedRead, { response, at }: Answer<ReadBits | ReadRegisters>): readonly Sample[] {
  const raw = "bits" in response ? response.bits : response.registers;
  return read.points.map((point) => ({
    point,
    at,
    reading: decodePoint(point, raw, point.address - read.request.address),
  }));
}

export function badSamples(points: readonly Point[], bad: BadReason, at: EpochMs): readonly Sample[] {
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

/** Nothing has shown that the unit is there; an exception of its own would. */
function isSilent(failure: ModbusFailure): boolean {
  return isUnreachable(failure) || failure.kind === "crc" || failure.kind === "protocol";
}

/** What is known of a unit beyond one cycle; devices that share the unit share it. */
export interface UnitState {
  /** The last request to it, with its repetitions, brought no answer. */
  failing: boolean;
}

export interface CyclePorts {
  readonly clock: Pick<Clock, "epoch">;
  readonly unit: UnitState;
  readonly meter: DeviceMeter;
  readonly readRetries: number;
}

/** A device's poll under way: one transaction a step, so that commands can come between. */
export class Cycle {
  readonly samples: Sample[] = [];
  readonly #plan: CyclePlan;
  readonly #ports: CyclePorts;
  #at = 0;
  #repetitions = 0;

  constructor(plan: CyclePlan, ports: CyclePorts) {
    this.#plan = plan;
    this.#ports = ports;
    this.samples.push(...badSamples(plan.unreadable, "disabled", ports.clock.epoch()));
  }

  get device(): string {
    return this.#plan.device.name;
  }

  /** Every point has its sample. */
  get done(): boolean {
    return this.#at >= this.#plan.reads.length;
  }

  /** Carries out the next transaction. */
  async step(bus: Transactor): Promise<void> {
    const read = this.#plan.reads[this.#at];
    if (read === undefined) return;
    const { device } = this.#plan;
    const answer = await bus.transact(device.unitId, read.request, optionsFor(device));
    if (!answer.ok) {
      this.#failed(read, answer.error);
      return;
    }
    this.#ports.unit.failing = false;
    this.#ports.meter.good(answer.value.at, answer.value.elapsedMs);
    this.samples.push(...goodSamples(read, answer.value));
    this.#advance();
  }

  /** The points that have no sample yet get a bad one, without using the wire. */
  abandon(reason: BadReason): void {
    const now = this.#ports.clock.epoch();
    for (const read of this.#plan.reads.slice(this.#at)) this.samples.push(...badSamples(read.points, reason, now));
    this.#at = this.#plan.reads.length;
  }

  #failed(read: PlannedRead, failure: ModbusFailure): void {
    const { clock, meter, unit, readRetries } = this.#ports;
    const now = clock.epoch();
    meter.failed(failure.detail, now);
    if (consequenceOf(failure).retry && !unit.failing && this.#repetitions < readRetries) {
      this.#repetitions += 1;
      return;
    }
    unit.failing = isSilent(failure);
    const reason = badReason(failure);
    if (isUnreachable(failure)) {
      this.abandon(reason);
      return;
    }
    this.samples.push(...badSamples(read.points, reason, now));
    this.#advance();
  }

  #advance(): void {
    this.#at += 1;
    this.#repetitions = 0;
  }
}
