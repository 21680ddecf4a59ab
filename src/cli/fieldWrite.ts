import type { ModbusError } from "../client/modbusError";
import { LIMITS } from "../core/modbus/spec";
import { planPointWrite } from "../core/planning/writePlan";
import type { Point } from "../core/points/point";
import { encodePoint, type PointData, sameRaw } from "../core/points/transform";
import { err, ok, type Result } from "../kernel/result";
import type { FieldClient } from "./fieldModels";
import { modbusErrorOf, readRange } from "./fieldRead";
import type { FieldTarget } from "./fieldTarget";

/** Values for consecutive addresses: one request. */
export interface PlannedValues {
  readonly table: "coil" | "holding";
  readonly address: number;
  readonly count: number;
  readonly encoded: readonly number[] | readonly boolean[];
  /** What the registers mean, in their order. */
  readonly points: readonly Point[];
}

/**
 * `verified`: read back as written. `acknowledged`: the device confirmed it, nothing more is known. `mismatch`: the
 * device holds something else. `refused`: not written. `unknown`: no confirmation, and it could not be read back.
 */
export interface WriteOutcome {
  readonly outcome: "verified" | "acknowledged" | "mismatch" | "refused" | "unknown";
  readonly readBack?: PointData;
  /** Of the write; for `acknowledged`, of the reading back. */
  readonly error?: ModbusError;
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["0", false],
  ["true", true],
  ["false", false],
  ["on", true],
  ["off", false],
]);

/** A text of the command line as the point takes it; whether it fits is told by the encoding. */
function pointValue(point: Point, text: string): boolean | string {
  const isBit = point.type === "bool" || point.bit !== undefined;
  return isBit && point.enum === undefined ? (WORDS.get(text.toLowerCase()) ?? text) : text;
}

/** One value of a configured point, within everything that the configuration says of it. */
export function planPoint({ device }: FieldTarget, point: Point, text: string): Result<PlannedValues, string> {
  const planned = planPointWrite(device, point, pointValue(point, text));
  if (!planned.ok) return err(planned.error.message);
  const { encoded, mask } = planned.value;
  if (mask !== undefined) {
    return err(
      `${point.name} is a part of a register: the module writes it without changing the rest, this command not yet`,
    );
  }
  return ok(valuesOf([point], typeof encoded === "boolean" ? [encoded] : encoded));
}

/** Values for points that follow one another: one request for all. */
export function planValues(points: readonly Point[], texts: readonly string[]): Result<PlannedValues, string> {
  const encoded: (number | boolean)[] = [];
  for (const [index, point] of points.entries()) {
    const one = encodePoint(point, pointValue(point, texts[index] ?? ""));
    if (!one.ok) return err(one.error.text);
    if (typeof one.value === "boolean") encoded.push(one.value);
    else encoded.push(...one.value);
  }
  const most = points[0]?.table === "coil" ? LIMITS.writeBits : LIMITS.writeRegisters;
  if (encoded.length > most) return err(`${encoded.length} in one request; ${most} are possible: write in parts`);
  // All of one table: all coils or all registers.
  return ok(valuesOf(points, encoded as readonly number[] | readonly boolean[]));
}

function valuesOf(points: readonly Point[], encoded: PlannedValues["encoded"]): PlannedValues {
  const table = points[0]?.table === "coil" ? "coil" : "holding";
  return { table, address: points[0]?.address ?? 0, count: encoded.length, encoded, points };
}

export interface WriteManner {
  readonly function: "auto" | "single" | "multiple";
  /** The confirmation of the device is enough; nothing is read. */
  readonly echo: boolean;
}

/** Writes once, and reads back: after a lost answer too, for then only the device knows. */
export async function writeVerified(
  client: FieldClient,
  unitId: number,
  planned: PlannedValues,
  manner: WriteManner,
): Promise<WriteOutcome> {
  const failed = await send(client, unitId, planned, manner);
  if (failed !== undefined && !mayBeWritten(failed)) return { outcome: "refused", error: failed };
  if (failed === undefined && manner.echo) return { outcome: "acknowledged" };
  const held = await readRange(client, unitId, planned, {});
  if ("error" in held) {
    if (failed === undefined) return { outcome: "acknowledged", error: held.error };
    return { outcome: "unknown", error: failed };
  }
  const same = sameContents(planned.encoded, held.data);
  if (same) return { outcome: "verified", readBack: held.data };
  if (failed?.exceptionCode === 4) return { outcome: "refused", readBack: held.data, error: failed };
  return { outcome: "mismatch", readBack: held.data, ...(failed === undefined ? {} : { error: failed }) };
}

/**
 * No answer that can be trusted, or an exception that does not say that nothing was done: the device failed while it was
 * at it (4), is still at work (5), or did not answer the gateway that had asked it (11).
 */
function mayBeWritten({ kind, exceptionCode = 0 }: ModbusError): boolean {
  return ["timeout", "lost", "crc", "protocol"].includes(kind) || [4, 5, 11].includes(exceptionCode);
}

function sameContents(encoded: PlannedValues["encoded"], held: PointData): boolean {
  const bits = encoded.every((value) => typeof value === "boolean");
  return bits ? encoded.every((bit, index) => sameRaw(bit, held, index)) : sameRaw(encoded as readonly number[], held);
}

async function send(
  client: FieldClient,
  unitId: number,
  { table, address, encoded }: PlannedValues,
  manner: WriteManner,
): Promise<ModbusError | undefined> {
  const options = { function: manner.function };
  try {
    if (table === "coil") await client.write(unitId, table, address, encoded as readonly boolean[], options);
    else await client.write(unitId, table, address, encoded as readonly number[], options);
    return undefined;
  } catch (error) {
    return modbusErrorOf(error);
  }
}
