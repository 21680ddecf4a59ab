import type { Fault } from "./fault";

/** One fault as people write it: `name=text`. */
interface FaultWord {
  /** How the text looks, for messages; empty: none. */
  readonly text: string;
  /** The fault, or undefined where the text is not of that form. Without a text: what is usual. */
  read(text: string): Fault | undefined;
}

/** `200ms`, `1.5s`, in milliseconds. */
function durationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (match[2] === "s" ? 1000 : 1);
}

/** A whole number from `low` to `high`, decimal or 0x…, with a unit of one letter or none. */
function integer(text: string, low: number, high: number): number | undefined {
  const match = /^([+-]?\d+|0x[0-9a-f]+)B?$/i.exec(text);
  const value = Number(match?.[1]);
  return match !== null && value >= low && value <= high ? value : undefined;
}

function word<T>(
  text: string,
  usual: string,
  parse: (text: string) => T | undefined,
  make: (value: T) => Fault,
): FaultWord {
  const read = (given: string): Fault | undefined => {
    const value = parse(given === "" ? usual : given);
    return value === undefined ? undefined : make(value);
  };
  return { text, read };
}

function plain(fault: Fault): FaultWord {
  return { text: "", read: (text) => (text === "" ? fault : undefined) };
}

function optionalDuration(make: (afterMs: number | undefined) => Fault): FaultWord {
  const parse = (text: string): { ms?: number } | undefined => {
    if (text === "") return {};
    const ms = durationMs(text);
    return ms === undefined ? undefined : { ms };
  };
  return word("a duration (200ms, 1.5s) or nothing", "", parse, ({ ms }) => make(ms));
}

function bytes(usual: string, make: (count: number) => Fault): FaultWord {
  return word("a number of bytes (0 to 65536)", usual, (text) => integer(text, 0, 65_536), make);
}

function byte(usual: string, make: (value: number) => Fault): FaultWord {
  return word("a number from 0 to 255", usual, (text) => integer(text, 0, 255), make);
}

function difference(usual: string, make: (by: number) => Fault): FaultWord {
  return word("a number from -255 to 255", usual, (text) => integer(text, -255, 255), make);
}

function range(text: string): readonly [number, number] | undefined {
  const [, from, to, unit] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?(ms|s)$/.exec(text) ?? [];
  const low = durationMs(`${from}${unit}`);
  const high = durationMs(`${to ?? from}${unit}`);
  return low === undefined || high === undefined || high < low ? undefined : [low, high];
}

function pieces(text: string): { sizes: number[]; everyMs: number } | undefined {
  const [sizesText = "", every = "0ms", ...more] = text.split(/\s+/);
  const sizes = sizesText.split("+").map((size) => integer(size, 1, 65_536));
  const everyMs = durationMs(every);
  if (more.length > 0 || everyMs === undefined || sizes.includes(undefined)) return undefined;
  return { sizes: sizes.filter((size) => size !== undefined), everyMs };
}

/** Every fault that can be written, by name. */
export const FAULT_WORDS: Readonly<Record<string, FaultWord>> = {
  delay: word("a duration (200ms) or two (50-200ms)", "200ms", range, ([ms, upToMs]) => ({
    kind: "delay",
    ms,
    upToMs,
  })),
  drip: word("a duration", "5ms", durationMs, (everyMs) => ({ kind: "drip", everyMs })),
  split: word("sizes of the pieces and a duration between (3+4 20ms)", "3 20ms", pieces, (how) => ({
    kind: "split",
    ...how,
  })),
  garble: word(
    "a number of bits (1 to 64)",
    "1",
    (text) => integer(text, 1, 64),
    (bits) => ({ kind: "garble", bits }),
  ),
  noise: bytes("5", (count) => ({ kind: "noise", bytes: count })),
  trail: bytes("5", (count) => ({ kind: "trail", bytes: count })),
  drop: plain({ kind: "drop" }),
  late: optionalDuration((afterMs) => (afterMs === undefined ? { kind: "late" } : { kind: "late", afterMs })),
  duplicate: optionalDuration((afterMs) =>
    afterMs === undefined ? { kind: "duplicate" } : { kind: "duplicate", afterMs },
  ),
  close: bytes("0", (afterBytes) => ({ kind: "close", afterBytes })),
  reset: bytes("0", (afterBytes) => ({ kind: "reset", afterBytes })),
  halfOpen: plain({ kind: "halfOpen" }),
  wrongTransaction: difference("1", (by) => ({ kind: "wrongTransaction", by })),
  wrongUnit: difference("1", (by) => ({ kind: "wrongUnit", by })),
  wrongProtocol: word(
    "a number from 1 to 65535",
    "0x1234",
    (text) => integer(text, 1, 65_535),
    (id) => ({
      kind: "wrongProtocol",
      id,
    }),
  ),
  wrongFunction: byte("4", (code) => ({ kind: "wrongFunction", code })),
  wrongLength: difference("-1", (by) => ({ kind: "wrongLength", by })),
  lengthField: word(
    "a number from 0 to 65535",
    "0xffff",
    (text) => integer(text, 0, 65_535),
    (is) => ({
      kind: "lengthField",
      is,
    }),
  ),
  dataBytes: difference("-2", (by) => ({ kind: "dataBytes", by })),
  byteCount: byte("0", (is) => ({ kind: "byteCount", is })),
  emptyAnswer: plain({ kind: "emptyAnswer" }),
  exception: byte("6", (code) => ({ kind: "exception", code })),
  exceptionWithoutCode: plain({ kind: "exceptionWithoutCode" }),
  changedByte: byte("4", (index) => ({ kind: "changedByte", index, bits: 1 })),
  badCrc: plain({ kind: "badCrc" }),
  moreFollows: plain({ kind: "moreFollows" }),
};
