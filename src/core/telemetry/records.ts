import type { EpochMs } from "../../kernel/units";
import { isNoValue } from "../points/pointValue";
import { latestGood } from "./envelope";
import { isSingle } from "./inParts";
import { INSTANT_BYTES, writeInstant } from "./jsonBytes";
import { JsonOutput, type ValueForm } from "./jsonOutput";
import type { SampleRun } from "./sample";

/** The body of a message, its length in UTF-8, and the places of its instants in the text. */
export interface RecordsText {
  readonly body: string;
  readonly bytes: number;
  readonly places: readonly number[];
}

const BRACKET = 1;

/**
 * Gathers the body of a `records` message: an array of
 * `{"device":"boiler","at":"2026-11-23T10:15:30.123Z","values":{…},"bad":{"doorOpen":"timeout"}}`. The time is that of
 * the last good response, or of the last failure where there is none. Names of devices and points are ASCII.
 *
 * Written as bytes into one piece of memory: texts of a thousand records a second would each outlive the garbage
 * collection of what is young.
 */
export class RecordsBody {
  readonly #out = new JsonOutput();
  #places: number[] = [];
  /** How far it is written with whole records: what a bug has left half written of one is gone with the next. */
  #end = 0;
  #surplus = 0;

  get isEmpty(): boolean {
    return this.#places.length === 0;
  }

  /**
   * Appends what a device yielded, and returns 0; or, where the body would have more than `maxBytes` with it, leaves it
   * as it is and returns how many these would be. A single sample that is larger by itself has a body by itself.
   */
  append(device: string, runs: readonly SampleRun[], maxBytes: number, form: ValueForm): number {
    const at = latestGood(runs) ?? latestOf(runs);
    if (at === undefined) return 0;
    const out = this.#out;
    out.cut(this.#end, this.#surplus);
    const place = this.#write(device, at, runs, form);
    const bytes = out.end + BRACKET;
    if (bytes > maxBytes && !(this.isEmpty && isSingle(runs))) return bytes;
    this.#places.push(place);
    this.#end = out.end;
    this.#surplus = out.surplus;
    return 0;
  }

  /** The body so far; the next one is begun. */
  take(): RecordsText {
    const out = this.#out;
    out.cut(this.#end, this.#surplus);
    out.ascii("]");
    const text = { body: out.text(), bytes: out.end, places: this.#places };
    this.#places = [];
    this.#end = 0;
    this.#surplus = 0;
    return text;
  }

  /** Returns where in the text the instant stands. */
  #write(device: string, at: EpochMs, runs: readonly SampleRun[], form: ValueForm): number {
    const out = this.#out;
    out.ascii(this.isEmpty ? '[{"device":"' : ',{"device":"');
    out.ascii(device);
    out.ascii('","at":"');
    out.makeRoom(INSTANT_BYTES);
    const place = out.end - out.surplus;
    out.end = writeInstant(out.bytes, out.end, at);
    out.ascii('","values":{');
    let isFirst = true;
    let bads = 0;
    for (const run of runs) {
      isFirst = out.values(run, isFirst, form);
      bads += run.bads;
    }
    out.ascii('},"bad":{');
    if (bads > 0) out.ascii(badText(runs));
    out.ascii("}}");
    return place;
  }
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
      if (isNoValue(value)) entries.push(`"${list.points[place]?.name ?? ""}":"${value.bad}"`);
    }
  }
  return entries.join();
}
