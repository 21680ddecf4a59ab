import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { withoutSecrets } from "../runtime/secrets";

/** A place in a bundle of ours: `(/app/dist/main.cjs:12:345)`. */
const BUNDLE_PLACE = /(\/[^\s()]*\/(?:main|desk|gateway|workshop)\.cjs):(\d+):(\d+)/g;

/** The last words of the process: one line for the log, as edgeAgent's tools read it; on a terminal as Node shows it. */
export function lastWords(error: unknown, options: { isTerminal: boolean; json: boolean; at: Date }): string {
  return withoutSecrets(wordsOf(error, options));
}

function wordsOf(error: unknown, options: { isTerminal: boolean; json: boolean; at: Date }): string {
  const stack = sourceStack(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const message = error instanceof Error ? error.message : String(error);
  if (options.isTerminal) return `modbus-edge ended by a bug of its own.\n${stack}\n`;
  const text = `Ended by a bug of its own: ${message}`.replaceAll(/\s+/g, " ");
  if (options.json) return `${JSON.stringify({ level: 60, time: options.at.getTime(), msg: text, stack })}\n`;
  const time = options.at.toISOString().replace("T", " ").replace("Z", " +00:00");
  return `<3> ${time} [ERR] - ${text} ${JSON.stringify({ stack })}\n`;
}

/**
 * A stack in the places of the sources. Read from the source map only now: `--enable-source-maps` would keep the map
 * in the memory of a module that never crashes.
 */
export function sourceStack(stack: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  return stack.replaceAll(BUNDLE_PLACE, (place, file: string, line: string, column: string) => {
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !("fileName" in origin)) return place;
    return `${origin.fileName.replace(/^(\.\.\/)+/, "")}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    // Without the map the stack stays in the places of the bundle: still a stack.
    return undefined;
  }
}
