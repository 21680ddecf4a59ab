import { parseArgs } from "node:util";
import { decodeLine, encodeLine, type LineOutcome } from "./codecLine";
import type { CliIo } from "./io";

const COMMON = `Reads JSON lines from FILE or standard input, writes one line for each, in order; numbers keep every digit.

Exit code: 0 good, 1 a line could not be understood ({"error"}), 2 usage.
`;

const DECODE = `Usage: modbus-edge decode [FILE]

What registers mean, by the keys of a point (docs/configuration.md): {"type", "registers": […] or "bits": […], "order",
"scale", …, "scalePointValue"} gives {"value"}, {"bad": REASON} or {"error"}.

Example: echo '{"type":"float32","order":"CDAB","registers":[13107,17254]}' | modbus-edge decode

${COMMON}`;

const ENCODE = `Usage: modbus-edge encode [FILE]

The registers of a value, by the keys of a point (docs/configuration.md): {"type", "value", "order", "scale", …,
"scalePointValue"} gives {"registers"}, {"bits"} or {"error"} with the nearest value that fits. With "bit", "mask" or
an 8-bit type: "registers" as they are before, else all others are 0.

Example: echo '{"type":"uint16","scale":0.5,"value":21.5}' | modbus-edge encode

${COMMON}`;

/** `modbus-edge decode`. */
export function decode(args: string[], io: CliIo): Promise<number> {
  return lineByLine(args, io, DECODE, decodeLine);
}

/** `modbus-edge encode`. */
export function encode(args: string[], io: CliIo): Promise<number> {
  return lineByLine(args, io, ENCODE, encodeLine);
}

async function lineByLine(
  args: string[],
  io: CliIo,
  usage: string,
  outcomeOf: (line: string) => LineOutcome,
): Promise<number> {
  const words = wordsOf(args);
  if (words === undefined) {
    io.err(usage);
    return 2;
  }
  if (words.help) {
    io.out(usage);
    return 0;
  }
  let failed = false;
  const each = (line: string): void => {
    const { text, isError } = outcomeOf(line);
    failed ||= isError;
    io.out(`${text}\n`);
  };
  if (words.file === undefined && io.lines !== undefined) {
    for await (const line of io.lines()) each(line);
  } else {
    const text = await io.readFile(words.file ?? "-");
    if (!text.ok) {
      io.err(`${text.error}\n`);
      return 1;
    }
    for (const line of linesIn(text.value)) each(line);
  }
  return failed ? 1 : 0;
}

/** The end of the last line begins no further one. */
function linesIn(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function wordsOf(args: string[]): { readonly file: string | undefined; readonly help: boolean } | undefined {
  try {
    const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return positionals.length > 1 ? undefined : { file: positionals[0], help: values.help === true };
  } catch {
    return undefined;
  }
}
