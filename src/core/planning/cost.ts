import type { ConnectionConfig } from "../config/gatewayConfig";
import { frameGapMs, wireTimeMs } from "../modbus/serialTiming";
import { isBitTable, type Table } from "../modbus/spec";

/** What a read costs on a link: `perRequestMs` whatever it carries, and `perByteMs` for every byte of data. */
export interface RequestCost {
  readonly perRequestMs: number;
  readonly perByteMs: number;
}

/** Until it has been measured: how long a device takes to begin its answer. */
const SERIAL_TURNAROUND_MS = 10;
/** A round trip in a plant's network with an embedded server at its end. */
const TCP_ROUND_TRIP_MS = 5;
/** Read request of RTU: unit, function, address, count, CRC. */
const RTU_REQUEST_BYTES = 8;
/** Around the data of an RTU answer: unit, function, byte count, CRC. */
const RTU_ANSWER_OVERHEAD_BYTES = 5;

/** Ethernet at 10 Mbit/s: bytes are nearly free, requests are not. */
export const LAN_COST: RequestCost = { perRequestMs: TCP_ROUND_TRIP_MS, perByteMs: 0.001 };

/** Costs that are kept to be handed out again: links and measured steps of a house with many kinds of them. */
const MOST_COSTS = 500;
const costs = new Map<string, RequestCost>();

/** The same object for the same figures, mostly: plans made with it can be found by it. */
export function costOf(perRequestMs: number, perByteMs: number): RequestCost {
  const key = `${perRequestMs} ${perByteMs}`;
  const known = costs.get(key);
  if (known !== undefined) return known;
  if (costs.size >= MOST_COSTS) costs.clear();
  const made = { perRequestMs, perByteMs };
  costs.set(key, made);
  return made;
}

/** The link model of a connection, from its definition alone. */
export function linkCost(connection: ConnectionConfig): RequestCost {
  if (connection.transport !== "serial") {
    return costOf(TCP_ROUND_TRIP_MS + connection.requestGapMs, LAN_COST.perByteMs);
  }
  const { line } = connection;
  const frames = wireTimeMs(line, RTU_REQUEST_BYTES + RTU_ANSWER_OVERHEAD_BYTES);
  return costOf(frames + SERIAL_TURNAROUND_MS + restMs(connection), wireTimeMs(line, 1));
}

/** The rest that every request of a connection begins with, ms. */
export function restMs(connection: ConnectionConfig): number {
  const { requestGapMs } = connection;
  return connection.transport === "serial"
    ? Math.max(frameGapMs(connection.line.baudRate), requestGapMs)
    : requestGapMs;
}

/** Bytes of data that the answer to a read of `count` registers or bits carries. */
export function dataBytes(table: Table, count: number): number {
  return isBitTable(table) ? Math.ceil(count / 8) : 2 * count;
}

/** Predicted time of one read of `count` registers or bits, ms. */
export function blockMs(table: Table, count: number, cost: RequestCost): number {
  return cost.perRequestMs + dataBytes(table, count) * cost.perByteMs;
}
