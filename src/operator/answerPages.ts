import type { MethodAnswer } from "../cloud/edgeHub";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { answerError, refusal } from "./methodError";

/** The hub takes answers of 128 KB; with this there is room for what it adds. */
export const PAGE_BYTES = 100_000;

const NO_SUCH_PAGE =
  'there is no such page (any more): "cursor" is the one of the answer before; begin again without it';

/**
 * The part of an answer that one page can hold: all of it, or from `cursor` on as many entries of `sections` (members
 * that are objects, in this order) as fit, with the `cursor` of the rest. A page has at least one entry; what is no
 * section stands on each.
 *
 * @param cursor `SECTION.NAME` of the first entry; `undefined`: the first page.
 */
export function answerPage(answer: MethodAnswer, cursor: Json | undefined, sections: readonly string[]): MethodAnswer {
  const entries = sections.flatMap((section) => {
    const part = answer.payload[section];
    return isJsonObject(part) ? Object.entries(part).map(([name, value]) => ({ section, name, value })) : [];
  });
  const start = cursor === undefined ? 0 : entries.findIndex(({ section, name }) => `${section}.${name}` === cursor);
  if (start < 0) return answerError(refusal(400, NO_SUCH_PAGE, "/cursor"));
  const head = Object.entries(answer.payload).filter(([key]) => !sections.includes(key));
  const present = sections.filter((section) => isJsonObject(answer.payload[section]));
  let bytes = bytesOf(Object.fromEntries(head)) + present.length * SECTION_BYTES;
  const page = new Map<string, [string, Json][]>(present.map((section) => [section, []]));
  for (const [at, { section, name, value }] of entries.entries()) {
    if (at < start) continue;
    bytes += bytesOf([name, value]);
    if (bytes > PAGE_BYTES && at > start) return { ...answer, payload: joined(head, page, `${section}.${name}`) };
    page.get(section)?.push([name, value]);
  }
  return { ...answer, payload: joined(head, page) };
}

/** Room for the name of a section, and for the cursor. */
const SECTION_BYTES = 200;

function joined(
  head: readonly (readonly [string, Json])[],
  page: ReadonlyMap<string, readonly (readonly [string, Json])[]>,
  cursor?: string,
): JsonObject {
  const parts = [...page].map(([section, entries]): [string, Json] => [section, Object.fromEntries(entries)]);
  return Object.fromEntries([...head, ...parts, ...(cursor === undefined ? [] : [["cursor", cursor] as const])]);
}

function bytesOf(json: Json): number {
  return Buffer.byteLength(JSON.stringify(json));
}
