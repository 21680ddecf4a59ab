import type { ModbusRequest } from "../modbus/pdu";
import { LIMITS } from "../modbus/spec";
import { withField } from "../points/writeField";
import type { PlannedWrite } from "./writePlan";

/** One request that writes, and the values that it carries. */
export interface SendStep {
  readonly kind: "send";
  readonly request: ModbusRequest;
  readonly writes: readonly PlannedWrite[];
}

/** Registers that are read, changed in some bits and written back, in one turn on the bus. */
export interface ModifyStep {
  readonly kind: "modify";
  readonly address: number;
  readonly count: number;
  readonly writes: readonly PlannedWrite[];
}

export type WriteStep = SendStep | ModifyStep;

/** Values that go together, as long as it grows. */
interface Run {
  readonly manner: "whole" | "mask" | "modify";
  readonly writes: PlannedWrite[];
  readonly first: number;
  end: number;
}

/**
 * The requests of these values, in their order. A value that begins where the one before it ends goes into the same
 * request (FC 16, FC 15) up to what the device takes at once; parts of the same registers that follow one another are
 * changed together. Nothing is moved past anything else: where the order matters, the order of the values decides.
 */
export function writeSteps(maxWriteRegisters: number, writes: Iterable<PlannedWrite>): readonly WriteStep[] {
  const runs: Run[] = [];
  for (const write of writes) {
    const last = runs.at(-1);
    if (last !== undefined && joins(last, write, maxWriteRegisters)) {
      last.writes.push(write);
      last.end = Math.max(last.end, write.point.address + write.point.count);
    } else {
      const { address, count } = write.point;
      runs.push({ manner: mannerOf(write), writes: [write], first: address, end: address + count });
    }
  }
  return runs.map(stepOf);
}

/** `auto` for a part: read, change, write; FC 22 where the register cannot be read. */
function mannerOf({ mask, point }: PlannedWrite): Run["manner"] {
  if (mask === undefined) return "whole";
  return point.write?.function === "mask" || point.access === "write" ? "mask" : "modify";
}

function joins(run: Run, write: PlannedWrite, maxWriteRegisters: number): boolean {
  const { point } = write;
  const [first] = run.writes;
  if (first === undefined || first.point.table !== point.table || mannerOf(write) !== run.manner) return false;
  if (run.manner !== "whole") return run.first === point.address && run.end === point.address + point.count;
  if ([first, write].some((one) => one.point.write?.function === "single")) return false;
  const most = point.table === "coil" ? LIMITS.writeBits : maxWriteRegisters;
  return run.end === point.address && point.address + point.count - run.first <= most;
}

function stepOf({ manner, writes, first, end }: Run): WriteStep {
  if (manner === "modify") return { kind: "modify", address: first, count: end - first, writes };
  return {
    kind: "send",
    request: manner === "mask" ? maskRequest(first, writes) : wholeRequest(first, writes),
    writes,
  };
}

/** FC 5 and 6 for one coil or register, FC 15 and 16 for more, or where `multiple` asks for them. */
function wholeRequest(address: number, writes: readonly PlannedWrite[]): ModbusRequest {
  const multiple = writes.some(({ point }) => point.write?.function === "multiple");
  const values = writes.flatMap(({ encoded }): readonly (number | boolean)[] =>
    typeof encoded === "boolean" ? [encoded] : encoded,
  );
  const registers = values.filter((value) => typeof value === "number");
  if (registers.length > 0) return registersRequest(address, registers, multiple);
  const coils = values.filter((value) => typeof value === "boolean");
  const [coil, ...more] = coils;
  if (coil !== undefined && more.length === 0 && !multiple) return { kind: "writeSingleCoil", address, value: coil };
  return { kind: "writeCoils", address, values: coils };
}

function registersRequest(address: number, values: readonly number[], multiple: boolean): ModbusRequest {
  const [register, ...more] = values;
  const isSingle = register !== undefined && more.length === 0 && !multiple;
  return isSingle
    ? { kind: "writeSingleRegister", address, value: register }
    : { kind: "writeRegisters", address, values };
}

/** FC 22 on the one register that the parts stand in. Later values win where parts repeat. */
function maskRequest(first: number, writes: readonly PlannedWrite[]): ModbusRequest {
  const masks = touchedBits(writes);
  const at = Math.max(
    0,
    masks.findIndex((mask) => mask !== 0),
  );
  const values = writes.reduce<readonly number[]>(
    withField,
    masks.map(() => 0),
  );
  const own = masks[at] ?? 0;
  return { kind: "maskWriteRegister", address: first + at, andMask: ~own & 0xffff, orMask: values[at] ?? 0 };
}

function touchedBits(writes: readonly PlannedWrite[]): readonly number[] {
  const width = Math.max(...writes.map(({ mask }) => mask?.length ?? 0));
  return Array.from({ length: width }, (_, i) => writes.reduce((bits, { mask }) => bits | (mask?.[i] ?? 0), 0));
}

/** What a modify step writes over registers that have just been read: only those of which a bit is the points'. */
export function modifyRequest(step: ModifyStep, before: readonly number[]): ModbusRequest {
  const touched = touchedBits(step.writes);
  const first = touched.findIndex((mask) => mask !== 0);
  const last = touched.findLastIndex((mask) => mask !== 0);
  const after = step.writes.reduce<readonly number[]>(withField, before).slice(first, last + 1);
  const multiple = step.writes.some(({ point }) => point.write?.function === "multiple");
  return registersRequest(step.address + first, after, multiple);
}
