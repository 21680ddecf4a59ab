import { err, ok, type Result } from "../../kernel/result";
import { bytesOf, registersOf, typeSpec } from "./dataType";
import type { DataType } from "./point";
import type { ByteOrder } from "./typeSpec";

/** An order for values of any length (profiles, devices, defaults). */
export interface OrderSwitches {
  /** The register with the lowest significance arrives first. */
  readonly wordsReversed: boolean;
  /** The byte with the lower significance arrives first in each register. */
  readonly bytesSwapped: boolean;
}

const SWITCHES: ReadonlyMap<string, OrderSwitches> = new Map([
  ["ABCD", { wordsReversed: false, bytesSwapped: false }],
  ["CDAB", { wordsReversed: true, bytesSwapped: false }],
  ["BADC", { wordsReversed: false, bytesSwapped: true }],
  ["DCBA", { wordsReversed: true, bytesSwapped: true }],
]);

export const SWITCH_ORDERS: readonly string[] = [...SWITCHES.keys()];

const MOST_LETTERS = 26;
const shared = new Map<string, ByteOrder>();

/** One array an order, however many points use it. */
function share(order: number[]): ByteOrder {
  const key = order.join();
  const known = shared.get(key);
  if (known !== undefined) return known;
  const frozen: ByteOrder = Object.freeze(order);
  shared.set(key, frozen);
  return frozen;
}

/** `ABCD` for 4 bytes: the letters in the order of significance. */
function plainLetters(bytes: number): string {
  return Array.from({ length: bytes }, (_, i) => String.fromCharCode(65 + i)).join("");
}

function lettersOf(order: ByteOrder): string {
  return order.map((significance) => String.fromCharCode(65 + significance)).join("");
}

/** How many letters a point's own order has; 0: the type takes none. */
function letterCount(type: DataType, length: number): number {
  const { ordering } = typeSpec(type);
  if (ordering === "none" || ordering === "words") return 0;
  return ordering === "register" ? 2 : bytesOf(type, length);
}

function examples(bytes: number): string {
  const plain = plainLetters(bytes);
  const all = SWITCH_ORDERS.map((name) => lettersOf(switchedOrder(SWITCHES.get(name), bytes)));
  return bytes === 2 ? "AB or BA" : `such as ${[...new Set([plain, ...all])].join(", ")}`;
}

/**
 * A point's own order: one letter a byte of the type, `A` the most significant, in the order of arrival; any permutation
 * (`AB` and `BA` for 16-bit types and, in every register, for strings). The error says what is wrong and what fits.
 */
export function orderFor(type: DataType, letters: string, length = 1): Result<ByteOrder, string> {
  const count = letterCount(type, length);
  if (typeSpec(type).ordering === "words") {
    return err(`${type} has no order of its own: leave it out (a device's "order" may reverse its registers)`);
  }
  if (count === 0) return err(`${type} has no order: leave it out`);
  const wanted = plainLetters(count);
  const order = [...letters].map((letter) => wanted.indexOf(letter));
  const what = typeSpec(type).ordering === "register" ? `a register of a ${type}` : type;
  if (order.length !== count) {
    return err(`"${letters}" has ${order.length} letters, but ${what} has ${count} bytes: use ${examples(count)}`);
  }
  if (order.includes(-1) || new Set(order).size !== count) {
    return err(`"${letters}" does not name each of the bytes ${wanted} of ${what} once: use ${examples(count)}`);
  }
  return ok(share(order));
}

/** An order of a profile, a device or defaults: two switches that apply to values of any length. */
export function parseSwitches(letters: string): Result<OrderSwitches, string> {
  const found = SWITCHES.get(letters);
  if (found !== undefined) return ok(found);
  return err(
    `"${letters}" is not an order for all types: use ABCD, CDAB (words reversed), BADC (bytes swapped in each word) ` +
      "or DCBA (both); other permutations stand on the point",
  );
}

function switchedOrder(switches: OrderSwitches | undefined, bytes: number): number[] {
  const words = bytes / 2;
  return Array.from({ length: bytes }, (_, i) => {
    const word = Math.floor(i / 2);
    const significantWord = switches?.wordsReversed === true ? words - 1 - word : word;
    const byte = switches?.bytesSwapped === true ? 1 - (i % 2) : i % 2;
    return significantWord * 2 + byte;
  });
}

/**
 * The order that the switches mean for a type: CDAB is `AB` for int16, `CDAB` for float32, `GHEFCDAB` for uint64; a
 * string knows the byte switch alone, mod10k, ti081 and ymdhms the word switch. `undefined` where the type has no order.
 */
export function orderBySwitches(type: DataType, switches: OrderSwitches, length = 1): ByteOrder | undefined {
  const { ordering } = typeSpec(type);
  if (ordering === "words") {
    return share(switchedOrder({ wordsReversed: switches.wordsReversed, bytesSwapped: false }, bytesOf(type, length)));
  }
  const count = letterCount(type, length);
  if (count === 0 || count > MOST_LETTERS) return undefined;
  return share(switchedOrder(switches, count));
}

/** For people: `CDAB`; empty where there is no order. */
export function orderText(type: DataType, order: ByteOrder | undefined): string {
  return registersOf(type) === 0 || order === undefined ? "" : lettersOf(order);
}
