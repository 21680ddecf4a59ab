import type { Link, LinkEvents, LinkOpener } from "../../src/bus/link";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { ok } from "../../src/kernel/result";
import type { ManualClock } from "./manualClock";
import { openRequest } from "./wireScript";

/** Registers or bits that answer once; then their device is silent about them. */
export interface OnceAnswered {
  /** Host, or path of a serial port. */
  readonly endpoint: string;
  readonly unitId: number;
  readonly table: "coil" | "discrete" | "input" | "holding";
  readonly first: number;
  readonly values: readonly number[];
  readonly afterMs: number;
}

export interface LegacyDevices {
  openerFor(connection: ConnectionConfig): LinkOpener;
  /** Requests as they came: `endpoint unit pdu`. */
  readonly requests: readonly string[];
}

const TABLES = { 1: "coil", 2: "discrete", 3: "holding", 4: "input" } as const;

/** Devices that have these values and no others (exception 2), each of them once. */
export function createLegacyDevices(ranges: readonly OnceAnswered[], clock: ManualClock): LegacyDevices {
  const requests: string[] = [];
  const spent = new Set<string>();

  function read(endpoint: string, unit: number, pdu: Buffer) {
    const table = TABLES[pdu.readUInt8(0) as keyof typeof TABLES];
    const [first, count] = [pdu.readUInt16BE(1), pdu.readUInt16BE(3)];
    const cells = Array.from({ length: count }, (_, at) => {
      const own = (range: OnceAnswered): boolean =>
        range.endpoint === endpoint && range.unitId === unit && range.table === table;
      const range = ranges.find((one) => own(one) && one.values[first + at - one.first] !== undefined);
      return { key: `${endpoint} ${unit} ${table} ${first + at}`, range, at: first + at };
    });
    if (cells.some(({ range }) => range === undefined))
      return { afterMs: 0, pdu: Buffer.of(0x80 | pdu.readUInt8(0), 2) };
    if (cells.some(({ key }) => spent.has(key))) return undefined;
    for (const { key } of cells) spent.add(key);
    const values = cells.map(({ range, at }) => range?.values[at - range.first] ?? 0);
    const afterMs = Math.max(...cells.map(({ range }) => range?.afterMs ?? 0));
    return { afterMs, pdu: answer(pdu.readUInt8(0), values) };
  }

  return {
    requests,
    openerFor: (connection) => async () => {
      const endpoint = connection.transport === "serial" ? connection.path : connection.host;
      let events: LinkEvents | undefined;
      const link: Link = {
        name: endpoint,
        pending: 0,
        listen: (given) => {
          events = given;
        },
        write(bytes) {
          const { unit, pdu, reply } = openRequest(connection, bytes);
          requests.push(`${endpoint} ${unit} ${pdu}`);
          const found = read(endpoint, unit, Buffer.from(pdu, "hex"));
          if (found === undefined) return;
          const frame = reply(found.pdu.toString("hex"));
          clock.setTimer(found.afterMs, () => events?.data(frame));
        },
        async close() {
          events?.closed("closed by the test");
          events = undefined;
        },
      };
      return ok(link);
    },
  };
}

function answer(functionCode: number, values: readonly number[]): Buffer {
  if (functionCode > 2) {
    const registers = Buffer.alloc(2 * values.length);
    for (const [at, value] of values.entries()) registers.writeUInt16BE(value, 2 * at);
    return Buffer.concat([Buffer.of(functionCode, registers.length), registers]);
  }
  const bits = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [at, value] of values.entries()) bits[at >> 3] = (bits[at >> 3] ?? 0) | (value << (at & 7));
  return Buffer.concat([Buffer.of(functionCode, bits.length), bits]);
}
