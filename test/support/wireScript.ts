import type { Link, LinkEvents, LinkOpener } from "../../src/bus/link";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { ok } from "../../src/kernel/result";

/**
 * A wire transcript that a field engineer can read:
 *
 *     # a comment
 *     plant 7 > 04 0064 0001      the request that must come next on this connection (unit id, then the PDU in hex)
 *     plant 7 < 04 02 0267        what the device answers
 *     hall 3 < silence            it does not answer
 *
 * Each connection has its own order. What stands behind two spaces and a letter is remark.
 */
export interface WireScript {
  openerFor(connection: ConnectionConfig): LinkOpener;
  /** Requests that did not come as written, and those still to come. */
  faults(): readonly string[];
}

interface Exchange {
  readonly connection: string;
  readonly unit: number;
  readonly request: string;
  readonly answer: string;
}

export function readWireScript(text: string): WireScript {
  const exchanges = parse(text);
  const faults: string[] = [];
  const openerFor = (connection: ConnectionConfig): LinkOpener => {
    return async () => ok(scriptedLink(connection, exchanges, faults));
  };
  return {
    openerFor,
    faults: () => [
      ...faults,
      ...exchanges.map(({ connection, unit, request }) => `never asked: ${connection} ${unit} > ${request}`),
    ],
  };
}

function parse(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  let asked: Omit<Exchange, "answer"> | undefined;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^(\w+) (\d+) ([<>]) (silence|[0-9A-Fa-f ]+?)(?:\s{2,}.*)?$/.exec(line);
    if (match === null) throw new Error(`wire.txt: ${line}`);
    const [, connection = "", unit = "", direction, payload = ""] = match;
    const hex = payload.replaceAll(" ", "").toLowerCase();
    if (direction === ">") asked = { connection, unit: Number(unit), request: hex };
    else if (asked !== undefined) exchanges.push({ ...asked, answer: hex });
  }
  return exchanges;
}

/** Frames are taken apart and put together here, by code of the test alone. */
function scriptedLink(connection: ConnectionConfig, exchanges: Exchange[], faults: string[]): Link {
  let events: LinkEvents | undefined;
  const answer = (bytes: Uint8Array): void => {
    const { unit, pdu, reply } = openRequest(connection, bytes);
    const at = exchanges.findIndex((exchange) => exchange.connection === connection.name);
    const next = exchanges[at];
    if (next === undefined || next.unit !== unit || next.request !== pdu) {
      const wanted = next === undefined ? "nothing" : `${next.unit} > ${next.request}`;
      if (next !== undefined || faults.length > 0)
        faults.push(`${connection.name}: asked ${unit} > ${pdu}, written: ${wanted}`);
      else faults.push(`${connection.name}: asked ${unit} > ${pdu} after the end of the transcript`);
      return;
    }
    exchanges.splice(at, 1);
    if (next.answer !== "silence") queueMicrotask(() => events?.data(reply(next.answer)));
  };
  return {
    name: connection.name,
    pending: 0,
    listen(given) {
      events = given;
    },
    write: answer,
    async close() {
      events?.closed("closed by the test");
      events = undefined;
    },
  };
}

/** A request taken out of its frame, and what puts an answer into one. */
export interface Opened {
  readonly unit: number;
  readonly pdu: string;
  reply(pdu: string): Uint8Array;
}

export function openRequest(connection: ConnectionConfig, bytes: Uint8Array): Opened {
  return connection.transport === "tcp" ? openMbap(bytes) : openRtu(bytes);
}

function openMbap(bytes: Uint8Array): Opened {
  const frame = Buffer.from(bytes);
  return {
    unit: frame.readUInt8(6),
    pdu: frame.subarray(7).toString("hex"),
    reply(pdu) {
      const body = Buffer.from(pdu, "hex");
      const header = Buffer.from(frame.subarray(0, 7));
      header.writeUInt16BE(body.length + 1, 4);
      return Buffer.concat([header, body]);
    },
  };
}

function openRtu(bytes: Uint8Array): Opened {
  const frame = Buffer.from(bytes);
  if (crc(frame.subarray(0, -2)) !== frame.readUInt16LE(frame.length - 2)) throw new Error("wrong CRC sent");
  return {
    unit: frame.readUInt8(0),
    pdu: frame.subarray(1, -2).toString("hex"),
    reply(pdu) {
      const body = Buffer.concat([frame.subarray(0, 1), Buffer.from(pdu, "hex")]);
      const sum = Buffer.alloc(2);
      sum.writeUInt16LE(crc(body));
      return Buffer.concat([body, sum]);
    },
  };
}

/** CRC-16/MODBUS bit by bit, as in the serial line specification (section 6.2.2): not the table of the product. */
function crc(bytes: Uint8Array): number {
  let sum = 0xffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >> 1) ^ 0xa001 : sum >> 1;
  }
  return sum;
}
