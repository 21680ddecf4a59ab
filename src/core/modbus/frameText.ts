import { addressText } from "./address";
import { exceptionText, type Table } from "./spec";
import type { WireFrame, WireItem } from "./wireFrames";

/** Registers or bits that a line shows. */
const MOST_VALUES = 16;
/** Bytes of a frame that a line shows. */
const MOST_BYTES = 260;
const READS: Readonly<Record<number, Table>> = { 1: "coil", 2: "discrete", 3: "holding", 4: "input" };
const WRITES: Readonly<Record<number, Table>> = { 5: "coil", 6: "holding", 15: "coil", 16: "holding" };
const NAMES: Readonly<Record<number, string>> = {
  7: "read exception status",
  8: "diagnostics",
  17: "report server id",
  20: "read file record",
  21: "write file record",
  22: "mask write register",
  23: "read and write registers",
  24: "read FIFO queue",
  43: "read device identification",
};

/** A line for each frame: `10:15:30.123 > unit 7: read holding 199 (400200), 2 registers | 07 03 00 c7 …`. */
export function frameLines(items: readonly WireItem[]): readonly string[] {
  const asked = new Map<string, WireFrame>();
  return items.map((item) => {
    const time = new Date(item.at).toISOString().slice(11, 23);
    if ("note" in item) return `${time} -- ${item.note}`;
    const arrow = item.direction === "sent" ? ">" : "<";
    if (item.pdu === undefined) return `${time} ${arrow} ${item.fault ?? "?"} | ${hex(item.raw)}`;
    const key = `${item.unitId} ${item.transactionId ?? ""}`;
    const request = item.direction === "sent" ? undefined : asked.get(key);
    if (item.direction === "sent") asked.set(key, item);
    else asked.delete(key);
    const number = item.transactionId === undefined ? "" : ` #${item.transactionId}`;
    const after = request === undefined ? "" : ` after ${(item.at - request.at).toFixed(1)} ms`;
    const text = item.direction === "sent" ? requestLine(item.pdu) : answerLine(item.pdu);
    return `${time} ${arrow} unit ${item.unitId}${number}${after}: ${text} | ${hex(item.raw)}`;
  });
}

function requestLine(pdu: Uint8Array): string {
  const code = pdu[0] ?? 0;
  const table = READS[code];
  if (table !== undefined) return `read ${addressText(table, word(pdu, 1))}, ${counted(table, word(pdu, 3))}`;
  const written = WRITES[code];
  if (written === undefined) return named(code);
  const place = `write ${addressText(written, word(pdu, 1))}`;
  if (code === 5) return `${place} = ${word(pdu, 3) === 0 ? "off" : "on"}`;
  if (code === 6) return `${place} = ${word(pdu, 3)}`;
  const values = code === 16 ? registers(pdu, 6) : bits(pdu, 6, word(pdu, 3));
  return `${place}, ${counted(written, word(pdu, 3))} = ${values}`;
}

function answerLine(pdu: Uint8Array): string {
  const code = pdu[0] ?? 0;
  if (code >= 0x80) return `${exceptionText(pdu[1] ?? 0)} to function ${code - 0x80}`;
  if (code === 1 || code === 2) return `bits ${bits(pdu, 2, 8 * (pdu[1] ?? 0))}`;
  if (code === 3 || code === 4) return `registers ${registers(pdu, 2)}`;
  const written = WRITES[code];
  if (written === undefined) return named(code);
  const place = `written ${addressText(written, word(pdu, 1))}`;
  return code > 6 ? `${place}, ${counted(written, word(pdu, 3))}` : place;
}

function named(code: number): string {
  const name = NAMES[code];
  return name === undefined ? `function ${code}` : `${name} (function ${code})`;
}

function counted(table: Table, count: number): string {
  const what = table === "coil" || table === "discrete" ? "bit" : "register";
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function registers(pdu: Uint8Array, from: number): string {
  const values = Array.from({ length: Math.max(pdu.length - from, 0) >> 1 }, (_, at) => word(pdu, from + 2 * at));
  return limited(values.map(String));
}

function bits(pdu: Uint8Array, from: number, count: number): string {
  const values = Array.from({ length: Math.min(count, 8 * Math.max(pdu.length - from, 0)) }, (_, at) =>
    String(((pdu[from + (at >> 3)] ?? 0) >> (at & 7)) & 1),
  );
  return limited(values);
}

function limited(values: readonly string[]): string {
  if (values.length <= MOST_VALUES) return values.join(" ");
  return `${values.slice(0, MOST_VALUES).join(" ")} … (${values.length})`;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function hex(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, MOST_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > MOST_BYTES ? `${shown} …` : shown;
}
