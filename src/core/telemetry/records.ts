import type { EpochMs } from "../../kernel/units";
import type { BadReason } from "../points/point";
import { isNoValue } from "../points/pointValue";
import { type ValueForm, valuesObject } from "./envelope";
import { runsInParts } from "./inParts";
import type { SampleRun } from "./sample";

/** What a device yielded, as an entry of a `records` message. */
export interface RecordText {
  readonly text: string;
  readonly bytes: number;
  /** Where in the text its instant stands. */
  readonly place: number;
}

/**
 * `{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{…},"bad":{"doorOpen":"timeout"}}`: the time is that of
 * the last good response, or of the last failure where there is none. Several where one would have more than
 * `maxBytes`; none without samples. Names of devices and points are ASCII.
 */
export function recordsOf(
  device: string,
  runs: readonly SampleRun[],
  maxBytes: number,
  form: ValueForm,
): readonly RecordText[] {
  const head = `{"device":"${device}","at":"`;
  return runsInParts(runs, maxBytes, (part) => {
    const values = valuesObject(part, form);
    const at = values?.at ?? latestOf(part);
    if (at === undefined) return undefined;
    const rest = `","values":${values?.body ?? "{}"},"bad":{${badText(part)}}}`;
    const text = `${head}${new Date(at).toISOString()}${rest}`;
    // Only texts of devices have characters beyond ASCII, and they are all in the values.
    const bytes = text.length + (values === undefined ? 0 : values.bytes - values.body.length);
    return { text, bytes, place: head.length };
  });
}

function latestOf(runs: readonly SampleRun[]): EpochMs | undefined {
  let latest: EpochMs | undefined;
  for (const { at } of runs) if (latest === undefined || at > latest) latest = at;
  return latest;
}

function badText(runs: readonly SampleRun[]): string {
  const entries: string[] = [];
  for (const { list, values, bads } of runs) {
    if (bads === 0) continue;
    for (const [place, value] of values.entries()) {
      if (isNoValue(value)) entries.push(badEntry(list.points[place]?.name ?? "", value.bad));
    }
  }
  return entries.join();
}

function badEntry(name: string, reason: BadReason): string {
  return `"${name}":"${reason}"`;
}

/** A JSON array of records: the body of a message, and the places of its instants. */
export function recordsBody(records: readonly RecordText[]): {
  readonly body: string;
  readonly places: readonly number[];
} {
  const places: number[] = [];
  let length = 1;
  for (const { text, place } of records) {
    places.push(length + place);
    length += text.length + 1;
  }
  return { body: `[${records.map(({ text }) => text).join()}]`, places };
}

/** Bytes that an array has beyond its first entry, for each further one and for its brackets. */
export const ARRAY_BRACKETS = 2;
export const ARRAY_COMMA = 1;
