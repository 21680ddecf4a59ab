import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { DEVICE_DEFAULTS } from "../core/config/schemaDevice";
import { LIMITS } from "../core/modbus/spec";
import { planWrite } from "../core/planning/writePlan";
import { writeSteps } from "../core/planning/writeSteps";
import type { Point } from "../core/points/point";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { WriteOutcome, WriteResult } from "../runtime/deviceAccess";
import { carryOut } from "../runtime/deviceAccessWrite";
import { fixedSteps, type Obstacle } from "../runtime/writeSource";
import { answerError, type CommandPorts, deadline, type MethodError, refusal, unknownKey } from "./methodError";
import { NO_TURN, RAW_DEADLINE_MS, rangeJson } from "./readRegisters";
import { countOf, type RegisterRange, rangeOf, standsOn } from "./registerRange";
import { worstStatus } from "./writePlanRefusal";

const BY = "writeRegisters";
const MOST = { registers: LIMITS.writeRegisters, bits: LIMITS.writeBits };

/**
 * `writeRegisters`: `{connection, unitId, table, address, values}` → `{connection, unitId, table, address, count,
 * outcome, requested, readBack, attempts, ms}`. Only where `MODBUS_EDGE_WRITES` is `raw` (403). One request (FC 6 or 5
 * for one value, 16 or 15 for more), read back register by register, never repeated.
 */
export async function writeRegisters(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["connection", "unitId", "table", "address", "values"]);
  if (unknown !== undefined) return answerError(unknown);
  const range = rangeOf(payload, ports);
  if (!range.ok) return answerError(range.error);
  const values = valuesOf(range.value, payload["values"]);
  if (!values.ok) return answerError(values.error);
  const isRaw = (): boolean => ports.writes() === "raw";
  if (isRaw()) return writeRange(range.value, values.value, { by: BY, isAllowed: isRaw }, ports);
  record(range.value, values.value, { outcome: "refused", by: BY }, ports);
  const text = `registers that no point declares are only written with MODBUS_EDGE_WRITES=raw; it is ${ports.writes()} (module.writes may narrow it)`;
  const about = { ...rangeJson(range.value, values.value.length), requested: values.value };
  return answerError(refusal(403, text), { ...about, outcome: "refused", attempts: 0, ms: 0 });
}

/** Who writes, for the audit, and whether it still may: asked again when its turn on the bus has come. */
export interface RawWriter {
  readonly by: string;
  isAllowed(): boolean;
}

/** Writes raw values in one request and reads them back. Who may is asked before, too. */
export async function writeRange(
  range: RegisterRange,
  values: readonly (number | boolean)[],
  writer: RawWriter,
  ports: CommandPorts,
): Promise<MethodAnswer> {
  const { by } = writer;
  const { results, stopped } = await write(range, values, writer, ports);
  const answer = combined(results);
  record(range, values, { outcome: answer.outcome, by }, ports);
  const whole = { ...rangeJson(range, values.length), requested: values, ...answer };
  const status =
    results.length === 0
      ? (stopped?.status ?? 504)
      : worstStatus(new Map(results.map((result, i) => [String(i), result])));
  if (status === 200) return { status, payload: whole };
  const reason = results.find((result) => result.status === status)?.reason ?? stopped?.reason ?? NO_TURN;
  return answerError(refusal(status, reason), whole);
}

function valuesOf(range: RegisterRange, values: Json | undefined): Result<readonly (number | boolean)[], MethodError> {
  const { table } = range;
  if (table === "input" || table === "discrete") {
    return err(refusal(403, `the ${table} table can only be read`, "/table"));
  }
  if (!Array.isArray(values)) return err(refusal(400, '"values" must be a list', "/values"));
  const count = countOf(range, values.length, MOST, "/values");
  if (!count.ok) return count;
  const list: readonly Json[] = values;
  const wrong = list.findIndex((value) => !(table === "coil" ? typeof value === "boolean" : isRegister(value)));
  if (wrong < 0) return ok(list as readonly (number | boolean)[]);
  const expected = table === "coil" ? "true or false" : "a whole number from 0 to 65535";
  return err(refusal(400, `${JSON.stringify(list[wrong])} does not fit: ${expected}`, `/values/${wrong}`));
}

function isRegister(value: Json): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

const CHANGED = "nothing was written: the connection has just been changed; send it again";

/** A result for each value, in order; none where there was no turn. */
async function write(
  range: RegisterRange,
  values: readonly (number | boolean)[],
  { isAllowed }: RawWriter,
  ports: CommandPorts,
): Promise<{ readonly results: readonly WriteResult[]; readonly stopped: Obstacle | undefined }> {
  const lane = ports.runner(range.connection.name);
  const device = deviceOf(range, values.length);
  const named = Object.fromEntries(device.points.map(({ name }, i) => [name, values[i] ?? 0]));
  const planned = planWrite(device, named);
  if (lane === undefined || !planned.ok) return { results: [], stopped: undefined };
  const limit = deadline(ports.clock, ports.signal, RAW_DEADLINE_MS);
  try {
    const steps = fixedSteps(writeSteps(device.maxWriteRegisters, planned.value.values()));
    const obstacle = (): Obstacle | undefined => {
      if (!isAllowed()) return { status: 403, reason: "nothing was written: it was forbidden while it waited" };
      return standsOn(range, ports) ? undefined : { status: 409, reason: CHANGED };
    };
    const { clock } = ports;
    const job = { lane, device, clock, signal: limit.signal, steps, obstacle, onHeld: () => undefined };
    const { results, stopped } = await carryOut(job);
    return { results: [...results.values()], stopped };
  } finally {
    limit.done();
  }
}

/** The unit as if each register or coil of the range were a point of its own. */
function deviceOf({ connection, unitId, table, address }: RegisterRange, count: number): DeviceConfig {
  const isCoil = table === "coil";
  const points = Array.from({ length: count }, (_, i): Point => {
    const shape = isCoil ? ({ type: "bool" } as const) : ({ type: "uint16", order: [0, 1] } as const);
    const use = { access: "readWrite", kind: "none", group: "default", write: { verify: "readBack" } } as const;
    return { name: `at${address + i}`, table, address: address + i, count: 1, ...shape, ...use };
  });
  const { maxReadRegisters, maxReadBits, maxGap, singlePointReads, maxWriteRegisters } = DEVICE_DEFAULTS;
  return {
    name: `${connection.name} unit ${unitId}`,
    connection: connection.name,
    unitId,
    enabled: true,
    points,
    groups: new Map(),
    limits: { maxReadRegisters, maxReadBits, maxGap, singlePointReads, neverRead: [] },
    maxWriteRegisters,
    fingerprint: "",
  };
}

/** One request: the worst of its values is what came of it. */
function combined(results: readonly WriteResult[]) {
  const order: readonly WriteOutcome[] = ["verified", "acknowledged", "mismatch", "unknown", "refused"];
  const worst = Math.max(-1, ...results.map(({ outcome }) => order.indexOf(outcome)));
  const readBack = results.flatMap((result) => (result.readBack === undefined ? [] : [result.readBack as number]));
  return {
    outcome: order[worst] ?? ("refused" as const),
    ...(readBack.length === results.length && readBack.length > 0 ? { readBack } : {}),
    attempts: results[0]?.attempts ?? 0,
    ms: Math.round(results[0]?.ms ?? 0),
  };
}

function record(
  { connection, unitId, table, address }: RegisterRange,
  values: readonly (number | boolean)[],
  about: { readonly outcome: WriteOutcome; readonly by: string },
  { clock, onAudit }: CommandPorts,
): void {
  const named = values.map((value, i) => [`${table}${address + i}`, value]);
  const device = `${connection.name}/${unitId}`;
  onAudit({ device, values: Object.fromEntries(named), ...about, at: clock.epoch() });
}
