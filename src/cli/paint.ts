import type { CliIo } from "./io";

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;
export type Colour = keyof typeof CODES;
export type Paint = (colour: Colour, text: string) => string;

/** Colours on a terminal; elsewhere the text as it is. */
export function painter({ isTerminal }: Pick<CliIo, "isTerminal">): Paint {
  return isTerminal ? (colour, text) => `${ESCAPE}${CODES[colour]}m${text}${ESCAPE}0m` : (_, text) => text;
}

const ESCAPE = "\u001b[";

/** Takes colours out of everything that is said, where NO_COLOR (any text) or TERM=dumb asks for that. */
export function heedingNoColour(io: CliIo): CliIo {
  if ((io.env["NO_COLOR"] ?? "") === "" && io.env["TERM"] !== "dumb") return io;
  return { ...io, out: (text) => io.out(uncoloured(text)), err: (text) => io.err(uncoloured(text)) };
}

/** Movements of the cursor stay. */
function uncoloured(text: string): string {
  const [first = "", ...rest] = text.split(ESCAPE);
  return first + rest.map((part) => part.replace(/^[\d;]*m|^/, (code) => (code === "" ? ESCAPE : ""))).join("");
}
