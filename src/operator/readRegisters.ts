import type { MethodAnswer } from "../cloud/edgeHub";
import type { ModbusFailure } from "../core/modbus/failure";
import { isBitTable, LIMITS } from "../core/modbus/spec";
import { candidateName, candidatesAt, textIn } from "../core/points/candidates";
import { valueForTwin } from "../core/points/valueText";
import type { Json, JsonObject } from "../kernel/json";
import { answerError, type CommandPorts, deadline, refusal, unknownKey } from "./methodError";
import { countOf, type RegisterRange, rangeOf, standsOn } from "./registerRange";

export const RAW_DEADLINE_MS = 20_000;
const MOST = { registers: LIMITS.readRegisters, bits: LIMITS.readBits };
/** Answers of methods stay under 100 KB (contract section 6). */
const MOST_BYTES = 90_000;

/**
 * `readRegisters`: `{connection, unitId, table, address, count? 1, cursor?}` → `{connection, unitId, table, address,
 * count, at, registers, text?, decodings: [{address, hex, uint16, int16, "float32 CDAB": …}]}` (`candidatesAt` says which), of bits `{…, bits}`.
 * `decodings` that do not fit into one answer go on with its `cursor`. 502 exception, 504 no answer.
 */
export async function readRegisters(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["connection", "unitId", "table", "address", "count", "cursor"]);
  if (unknown !== undefined) return answerError(unknown);
  const range = rangeOf(payload, ports);
  if (!range.ok) return answerError(range.error);
  const count = countOf(range.value, payload["count"] ?? 1, MOST, "/count");
  if (!count.ok) return answerError(count.error);
  const { address } = range.value;
  const cursor = payload["cursor"] ?? address;
  if (typeof cursor !== "number" || !Number.isInteger(cursor) || cursor < address || cursor >= address + count.value) {
    return answerError(refusal(400, '"cursor" is the one of an earlier answer to the same question', "/cursor"));
  }
  return read(range.value, count.value, cursor, ports);
}

export function rangeJson({ connection, unitId, table, address }: RegisterRange, count: number): JsonObject {
  return { connection: connection.name, unitId, table, address, count };
}

async function read(range: RegisterRange, count: number, cursor: number, ports: CommandPorts): Promise<MethodAnswer> {
  const { unitId, table, address } = range;
  const request = isBitTable(table)
    ? ({ kind: "readBits", table, address, count } as const)
    : ({ kind: "readRegisters", table, address, count } as const);
  const answer = await inTurn(range, ports, (bus, signal) => bus.transact(unitId, request, { signal }));
  const about = rangeJson(range, count);
  if (!standsOn(range, ports)) return answerError(refusal(409, CHANGED, "/connection"), about);
  if (answer === undefined) return answerError(refusal(504, NO_TURN), about);
  if (!answer.ok) return answerError(refusal(statusOf(answer.error), answer.error.detail), about);
  const { response, at } = answer.value;
  const head = { ...about, at: new Date(at).toISOString() };
  if ("bits" in response) return { status: 200, payload: { ...head, bits: [...response.bits] } };
  const { registers } = response;
  const text = textIn(registers);
  const shown = { ...head, registers: [...registers], ...(text === undefined ? {} : { text }) };
  return { status: 200, payload: { ...shown, ...decodingsFrom(registers, address, cursor) } };
}

type Lane = NonNullable<ReturnType<CommandPorts["runner"]>>;
type Bus = Parameters<Parameters<Lane["command"]>[0]>[0];

/** One turn on the connection of the range, under the deadline of raw registers; `undefined`: there was none. */
async function inTurn<T>(
  { connection, unitId }: RegisterRange,
  { clock, signal: closing, runner }: CommandPorts,
  task: (bus: Bus, signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const limit = deadline(clock, closing, RAW_DEADLINE_MS);
  try {
    return await runner(connection.name)?.command((bus) => task(bus, limit.signal), limit.signal, unitId);
  } finally {
    limit.done();
  }
}

const CHANGED = "the connection was changed while it was read; ask again";
export const NO_TURN = "the connection is closed, or gave no turn in time";

export function statusOf({ kind }: ModbusFailure): 502 | 504 {
  return kind === "exception" ? 502 : 504;
}

/** What each register may mean from `cursor` on, as far as one answer carries it. */
function decodingsFrom(registers: Uint16Array, address: number, cursor: number): JsonObject {
  const decodings: Json[] = [];
  let bytes = 0;
  for (let at = cursor; at < address + registers.length; at++) {
    const decoding = decodingAt(registers, at - address, at);
    bytes += JSON.stringify(decoding).length;
    if (bytes > MOST_BYTES && decodings.length > 0) return { decodings, cursor: at };
    decodings.push(decoding);
  }
  return { decodings };
}

function decodingAt(registers: Uint16Array, offset: number, address: number): JsonObject {
  const register = registers[offset] ?? 0;
  const hex = `0x${register.toString(16).toUpperCase().padStart(4, "0")}`;
  const found = candidatesAt(registers, offset).map((one): [string, Json] => [
    candidateName(one),
    valueForTwin(one.value),
  ]);
  return { address, hex, ...Object.fromEntries(found) };
}
