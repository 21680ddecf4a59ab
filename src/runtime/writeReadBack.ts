import type { Answer, TransactOptions, Transactor } from "../bus/transactor";
import type { DeviceConfig, ReadLimits } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import type { ModbusRequest } from "../core/modbus/pdu";
import { isBitTable } from "../core/modbus/spec";
import { isReadable } from "../core/planning/readPlan";
import type { PlannedWrite, WriteCheck } from "../core/planning/writePlan";
import type { PointValue } from "../core/points/point";
import { decodePoint, type PointData } from "../core/points/transform";
import { holdsWritten } from "../core/points/writeField";
import type { Sample } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
import { wait } from "../kernel/wait";
import { optionsFor, plannedRead } from "./cycle";

/** After the connection was lost under a write, the read-back waits this long for it to come back. */
const REOPEN_MS = 5000;
const REOPEN_POLL_MS = 250;

/** What the device held afterwards, as a value and as it stood in the registers. */
export interface Held {
  readonly same: boolean;
  readonly sample: Sample;
}

export function heldValue({ sample: { reading } }: Held): PointValue | undefined {
  return "value" in reading ? reading.value : undefined;
}

/** A check with what it is compared by. */
export interface ReadBackCheck extends WriteCheck {
  readonly tolerance: number;
}

/**
 * How a value is looked for afterwards; `undefined`: not at all, for the echo is enough. After a lost answer always, but
 * for what may never be read.
 */
export function checkOf(write: PlannedWrite, lost: boolean, { limits }: DeviceConfig): ReadBackCheck | undefined {
  const tolerance = write.point.write?.verifyTolerance ?? 0;
  if (write.check !== undefined) return { ...write.check, tolerance };
  const { point, encoded, mask } = write;
  return lost && isReadable(point, limits)
    ? { point, encoded, tolerance, ...(mask === undefined ? {} : { mask }) }
    : undefined;
}

export interface ReadBackPorts {
  readonly bus: Transactor;
  readonly device: DeviceConfig;
  /** Aborts when nobody can wait for it any longer. */
  readonly signal: AbortSignal;
}

interface Block {
  readonly table: WriteCheck["point"]["table"];
  readonly first: number;
  end: number;
  readonly checks: number[];
}

/**
 * Reads what the device holds, for each check; what stands side by side in one request. The signal is not the caller's own:
 * once something may have been written, what came of it is worth some time.
 */
export async function readBack(
  ports: ReadBackPorts,
  checks: readonly (ReadBackCheck | undefined)[],
): Promise<readonly (Result<Held, ModbusFailure> | undefined)[]> {
  const held: (Result<Held, ModbusFailure> | undefined)[] = checks.map(() => undefined);
  let silence: ModbusFailure | undefined;
  for (const block of blocksOf(checks, ports.device.limits)) {
    const answer = silence === undefined ? await readBlock(ports, block) : err(silence);
    if (!answer.ok && answer.error.kind !== "exception") silence = answer.error;
    for (const i of block.checks) {
      const check = checks[i];
      if (check !== undefined) held[i] = answer.ok ? ok(heldBy(check, answer.value, block.first)) : answer;
    }
  }
  return held;
}

function blocksOf(checks: readonly (ReadBackCheck | undefined)[], limits: ReadLimits): readonly Block[] {
  const blocks: Block[] = [];
  for (const [i, check] of checks.entries()) {
    if (check === undefined) continue;
    const { table, address, count } = check.point;
    const last = blocks.at(-1);
    const most = isBitTable(table) ? limits.maxReadBits : limits.maxReadRegisters;
    const end = Math.max(last?.end ?? 0, address + count);
    const joins = last !== undefined && last.table === table && address >= last.first && address <= last.end;
    if (joins && !limits.singlePointReads && end - last.first <= most) {
      last.end = end;
      last.checks.push(i);
    } else blocks.push({ table, first: address, end: address + count, checks: [i] });
  }
  return blocks;
}

interface BlockData {
  readonly raw: PointData;
  readonly at: EpochMs;
}

async function readBlock(
  { bus, device, signal }: ReadBackPorts,
  { table, first, end }: Block,
): Promise<Result<BlockData, ModbusFailure>> {
  const { request } = plannedRead({ table, first, count: end - first, points: [] });
  const answer = await bus.transact(device.unitId, request, optionsFor(device, signal));
  if (!answer.ok) return answer;
  const { response, at } = answer.value;
  return ok({ raw: "bits" in response ? response.bits : response.registers, at });
}

/** The same bus; where `reopens` says so, one that waits for a lost connection to come back. For reading only. */
export function patient(bus: Transactor, clock: Clock, signal: AbortSignal, reopens: boolean): Transactor {
  if (!reopens) return bus;
  const waitsUntil = clock.monotonic() + REOPEN_MS;
  return {
    async transact<R extends ModbusRequest>(
      unitId: number,
      request: R,
      options?: TransactOptions,
    ): Promise<Result<Answer<R>, ModbusFailure>> {
      for (;;) {
        const answer = await bus.transact(unitId, request, options);
        if (answer.ok || answer.error.kind !== "offline" || clock.monotonic() >= waitsUntil) return answer;
        if ((await wait(clock, REOPEN_POLL_MS, signal)) === "aborted") return answer;
      }
    },
  };
}

function heldBy(check: ReadBackCheck, { raw, at }: BlockData, first: number): Held {
  const { point, tolerance } = check;
  const offset = point.address - first;
  return {
    same: holdsWritten(point, check, raw, offset, tolerance),
    sample: { point, at, reading: decodePoint(point, raw, offset) },
  };
}
