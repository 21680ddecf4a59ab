import type { CliIo } from "./io";

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Colours on a terminal, unless NO_COLOR (any text) or TERM=dumb says otherwise; elsewhere the text as it is. */
export function painter({ isTerminal, env }: Pick<CliIo, "isTerminal" | "env">): Paint {
  const plain = !isTerminal || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return plain ? (_, text) => text : (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
