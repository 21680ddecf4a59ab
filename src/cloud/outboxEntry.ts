import { err, ok, type Result } from "../kernel/result";
import { checksum } from "./checksum";
import type { OutgoingMessage } from "./edgeHub";
import { propertyLength } from "./wireSize";

/** What an entry costs beside its texts. */
const OVERHEAD_BYTES = 128;

/** A message on its way, from `offer` until it is acknowledged, dropped or quarantined. */
export interface Entry {
  /** Order of offering over all lanes and starts of the process. Changes only before the entry is stored. */
  sequence: number;
  readonly lane: string;
  /** Stored ahead of the bulk: an event that had no bulk of its lane before it. Changes only before it is stored. */
  urgent: boolean;
  readonly message: OutgoingMessage;
  /** Characters of its texts and what surrounds them: what the bounds count. */
  readonly bytes: number;
  /** The beat of the spooler in which it was offered. */
  readonly beat: number;
  /** It is in the store, too. */
  stored: boolean;
  /** Its key in the store, once a write of it was begun: it may be there even if that has failed. */
  key: string | undefined;
  /** It is being written just now. */
  isWriting: boolean;
  /** It is acknowledged, dropped or quarantined. */
  settled: boolean;
  /** Links that were lost right after it was sent. */
  losses: number;
  /** Times that the hub refused it. */
  refusals: number;
}

export function bytesOf(message: OutgoingMessage): number {
  return message.body.length + propertyLength(message) + OVERHEAD_BYTES;
}

export function createEntry({
  sequence,
  lane,
  urgent,
  message,
  beat,
}: Pick<Entry, "sequence" | "lane" | "urgent" | "message" | "beat">): Entry {
  const bytes = bytesOf(message);
  return {
    sequence,
    lane,
    urgent,
    message,
    bytes,
    beat,
    stored: false,
    key: undefined,
    isWriting: false,
    settled: false,
    losses: 0,
    refusals: 0,
  };
}

/** What the key of a stored entry tells without reading it. */
export interface EntryKey {
  readonly urgent: boolean;
  readonly sequence: number;
  readonly bytes: number;
  readonly lane: string;
}

/** First character of the keys: urgent ones come before the bulk. */
export const URGENT = "a";
export const BULK = "b";
/** Where the keys of the bulk end. */
export const AFTER_BULK = "c";

/** 13 digits hold 10,000 messages a second for 31 years. */
const SEQUENCE_DIGITS = 13;
const KEY = /^([ab])(\d{13})\.(\d+)\.([!-~]*)$/;

/** `b0000000000042.310.boiler`: class, sequence, bytes, lane. */
export function keyOf({ urgent, sequence, bytes, lane }: EntryKey): string {
  return `${startKey(urgent, sequence)}.${bytes}.${encodeURIComponent(Buffer.from(lane).toString())}`;
}

/** Where the keys from this sequence on begin. */
export function startKey(urgent: boolean, sequence: number): string {
  return `${urgent ? URGENT : BULK}${String(sequence).padStart(SEQUENCE_DIGITS, "0")}`;
}

/** `undefined` for what is no key of ours. */
export function parseKey(key: string): EntryKey | undefined {
  const [, kind, sequence, bytes, lane] = KEY.exec(key) ?? [];
  if (kind === undefined || lane === undefined) return undefined;
  try {
    return {
      urgent: kind === URGENT,
      sequence: Number(sequence),
      bytes: Number(bytes),
      lane: decodeURIComponent(lane),
    };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * The stored form: a checksum over key and rest (8 hexadecimal digits; a flipped bit on a worn disk must not become a
 * wrong value), a line of JSON with everything but the body, the body as it is.
 */
export function recordText(key: string, { body, ...head }: OutgoingMessage): string {
  const first = `${JSON.stringify(head)}\n`;
  return checksumText(key, first, body) + first + body;
}

/** The message of a record, or why it can't be trusted. */
export function messageOf(key: string, value: string): Result<OutgoingMessage, string> {
  const text = value.slice(8);
  if (checksumText(key, text) !== value.slice(0, 8)) return err("its checksum does not fit");
  const end = text.indexOf("\n");
  if (end < 0) return err("it has no body");
  // Written by this code: the checksum says that it is what was written.
  const head = JSON.parse(text.slice(0, end)) as Omit<OutgoingMessage, "body">;
  return ok({ ...head, body: text.slice(end + 1) });
}

function checksumText(...parts: readonly string[]): string {
  let sum = 0;
  for (const part of parts) sum = checksum(part, sum);
  return sum.toString(16).padStart(8, "0");
}
