import type { EpochMs } from "../../kernel/units";
import { runsInParts } from "./inParts";
import { JsonOutput, type ValueForm } from "./jsonOutput";
import type { SampleRun } from "./sample";

/** The text of a message and its time: that of the last response in it. */
export interface Envelope {
  readonly body: string;
  readonly at: EpochMs;
  /** Length of the body in UTF-8. */
  readonly bytes: number;
}

const NUMBERS: ValueForm = { bigIntegers: "number" };

/** Where messages are written, one at a time; grows to the largest. */
const output = new JsonOutput();

/**
 * The good values, in order, as a JSON object: `{"supplyTemperature":61.5,"energy":18446744073709551.615}`.
 * `undefined` where there is none.
 */
function valuesObject(runs: readonly SampleRun[], form: ValueForm): Envelope | undefined {
  const at = latestGood(runs);
  if (at === undefined) return undefined;
  output.cut(0, 0);
  output.ascii("{");
  let isFirst = true;
  for (const run of runs) isFirst = output.values(run, isFirst, form);
  output.ascii("}");
  return { body: output.text(), at, bytes: output.end };
}

/** When the last response with a good value arrived. */
export function latestGood(runs: readonly SampleRun[]): EpochMs | undefined {
  let latest: EpochMs | undefined;
  for (const { at, bads, values } of runs) {
    if (bads < values.length && (latest === undefined || at > latest)) latest = at;
  }
  return latest;
}

/**
 * IoT Plug and Play messages (contract section 4) of the good values: one, or several where one would have more than
 * `maxBytes`; none without a good value. A value that is larger by itself has a message by itself.
 */
export function pnpMessages(
  runs: readonly SampleRun[],
  maxBytes = Number.POSITIVE_INFINITY,
  form: ValueForm = NUMBERS,
): readonly Envelope[] {
  return runsInParts(runs, maxBytes, (part) => valuesObject(part, form));
}
