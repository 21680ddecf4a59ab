import type { CliIo } from "./io";
import { wrapped } from "./textTable";

/** Lines that are typed, or that show a form: cutting them would spoil them. */
const VERBATIM = /^\s*(modbus-edge |Usage:|Examples?[,:]|\{|echo |\. )/;
const OPTION = /^( +\S.*? {2,})\S/;
/** What begins further right is a remark behind the text, no column of its own. */
const LAST_COLUMN = 32;

interface Paragraph {
  text: string;
  /** Where its further lines begin. */
  readonly indent: number;
  readonly verbatim: boolean;
}

/**
 * A help text, written for 120 columns, on a narrower terminal: paragraphs are wrapped anew, options keep their column.
 * Elsewhere it stays as it is.
 */
export function fittedHelp(text: string, { isTerminal, size }: Pick<CliIo, "isTerminal" | "size">): string {
  const { columns } = size();
  const lines = text.split("\n");
  if (!isTerminal || lines.every((line) => line.length <= columns)) return text;
  return paragraphsOf(lines)
    .map(({ text: all, indent, verbatim }) => (verbatim ? all : wrapped(all, columns, " ".repeat(indent))))
    .join("\n");
}

function paragraphsOf(lines: readonly string[]): readonly Paragraph[] {
  const paragraphs: Paragraph[] = [];
  for (const line of lines) {
    const last = paragraphs.at(-1);
    const start = line.length - line.trimStart().length;
    const found = OPTION.exec(line)?.[1]?.length;
    const column = found === undefined || found > LAST_COLUMN ? undefined : found;
    const goesOn = last !== undefined && !last.verbatim && line.trim() !== "" && last.text.trim() !== "";
    if (goesOn && !/^Exit code:/.test(line) && !VERBATIM.test(line) && column === undefined && start === last.indent)
      last.text += ` ${line.trim()}`;
    else paragraphs.push({ text: line, indent: column ?? start, verbatim: VERBATIM.test(line) });
  }
  return paragraphs;
}
