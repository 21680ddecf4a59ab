import { addressText } from "../core/modbus/address";
import { isBitTable } from "../core/modbus/spec";
import type { ReadItem } from "./fieldRead";

/** Raw ranges that failed alike and lie one behind the other become one: a refusal of all is said once. */
export function joinedFailures(items: readonly ReadItem[]): readonly ReadItem[] {
  const joined: ReadItem[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (last !== undefined && isContinued(last, item))
      joined[joined.length - 1] = { ...last, count: last.count + item.count };
    else joined.push(item);
  }
  return joined;
}

function isContinued(last: ReadItem, next: ReadItem): boolean {
  if (last.point !== undefined || next.point !== undefined) return false;
  if (!("error" in last.outcome) || !("error" in next.outcome)) return false;
  const isBehind = last.table === next.table && last.address + last.count === next.address;
  const [one, other] = [last.outcome.error, next.outcome.error];
  return isBehind && one.kind === other.kind && one.exceptionCode === other.exceptionCode;
}

/** Where a range took several requests and not all were answered: how much is there, as a line; else nothing. */
export function shareText(items: readonly ReadItem[]): string {
  const raw = items.filter(({ point }) => point === undefined);
  const good = raw.filter(({ outcome }) => "data" in outcome);
  if (raw.length < 2 || good.length === raw.length) return "";
  const what = raw.every(({ table }) => isBitTable(table)) ? "bits" : "registers";
  const counted = (some: readonly ReadItem[]): number => some.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...raw.map(({ count }) => count));
  return `${counted(good)} of ${counted(raw)} ${what} read, in requests of ${most}: one that touches a missing address is refused whole\n`;
}

/** Points in a row that failed alike are one row from here on. */
const MOST_ALIKE = 3;

/** Rows of points, the values of those that were read beside the reasons of those that were not. */
export function pointRows(
  items: readonly ReadItem[],
  rowOf: (item: ReadItem) => readonly string[],
  reasonOf: (item: ReadItem) => string,
): readonly (readonly string[])[] {
  const rows: (readonly string[])[] = [];
  for (let from = 0; from < items.length; ) {
    const end = endOfAlike(items, from, reasonOf);
    const [first, last] = [items[from], items[end - 1]];
    if (first !== undefined && last !== undefined && end - from > MOST_ALIKE) {
      const places = `${addressText(first.table, first.address)} … ${addressText(last.table, last.address)}`;
      rows.push([
        `${first.point?.name} … ${last.point?.name}`,
        places,
        "-",
        `${end - from} points: ${reasonOf(first)}`,
      ]);
    } else rows.push(...items.slice(from, end).map(rowOf));
    from = end;
  }
  return rows;
}

/** Behind the last that failed as the one at `from` did, all others in between too. */
function endOfAlike(items: readonly ReadItem[], from: number, reasonOf: (item: ReadItem) => string): number {
  const reason = (at: number): string | undefined => {
    const item = items[at];
    return item !== undefined && "error" in item.outcome ? reasonOf(item) : undefined;
  };
  const first = reason(from);
  let end = from + 1;
  while (first !== undefined && reason(end) === first) end++;
  return end;
}
