import type { ConnectionConfig, SerialConnection } from "../config/gatewayConfig";
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

/** One character on the line: start bit, data, parity, stop bits (MODBUS over Serial Line V1.02 section 2.5.1). */
export function characterMs(connection: SerialConnection): number {
  const { baudRate, dataBits, parity, stopBits } = connection.line;
  return ((1 + dataBits + (parity === "none" ? 0 : 1) + stopBits) * 1000) / baudRate;
}

/** Silence between frames (section 2.5.1.1): 3.5 characters of 11 bits, 1.75 ms above 19,200 baud. */
function frameGapMs(baudRate: number): number {
  return baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate;
}

/** The link model of a connection, from its definition alone. */
export function linkCost(connection: ConnectionConfig): RequestCost {
  if (connection.transport !== "serial") {
    return { perRequestMs: TCP_ROUND_TRIP_MS + connection.requestGapMs, perByteMs: LAN_COST.perByteMs };
  }
  const character = characterMs(connection);
  const frames = (RTU_REQUEST_BYTES + RTU_ANSWER_OVERHEAD_BYTES) * character;
  const rest = Math.max(frameGapMs(connection.line.baudRate), connection.requestGapMs);
  return { perRequestMs: frames + SERIAL_TURNAROUND_MS + rest, perByteMs: character };
}

/** Predicted time of one read of `count` registers or bits, ms. */
export function blockMs(table: Table, count: number, cost: RequestCost): number {
  return cost.perRequestMs + (isBitTable(table) ? Math.ceil(count / 8) : 2 * count) * cost.perByteMs;
}
