import type { JsonObject } from "../../../src/kernel/json";
import { answerPage, PAGE_BYTES } from "../../../src/operator/answerPages";

const many = (count: number, bytes: number): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`name${at}`, "x".repeat(bytes)]));

function pagesOf(payload: JsonObject): JsonObject[] {
  const pages: JsonObject[] = [];
  let cursor: string | undefined;
  do {
    const { payload: page } = answerPage({ status: 200, payload }, cursor, ["first", "second"]);
    pages.push(page);
    cursor = page["cursor"] as string | undefined;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
}

test("what fits stays as it is", () => {
  const payload = { head: 1, first: many(3, 10), second: {} };
  expect(answerPage({ status: 502, payload }, undefined, ["first", "second"])).toEqual({ status: 502, payload });
});

test("more comes in pages under the limit, every entry once, the head on each", () => {
  const payload = { head: "stays", first: many(900, 200), second: many(700, 90) };
  const pages = pagesOf(payload);
  expect(pages.length).toBeGreaterThan(2);
  for (const page of pages) {
    expect(page["head"]).toBe("stays");
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(PAGE_BYTES + 1000);
  }
  const seen = (section: string) => pages.flatMap((page) => Object.keys(page[section] as JsonObject));
  expect(seen("first")).toEqual(Object.keys(payload.first));
  expect(seen("second")).toEqual(Object.keys(payload.second));
});

test("an entry that is too long by itself is a page of its own", () => {
  const pages = pagesOf({ first: { a: "x", long: "x".repeat(2 * PAGE_BYTES), z: "x" }, second: {} });
  expect(pages.map((page) => Object.keys(page["first"] as JsonObject))).toEqual([["a"], ["long"], ["z"]]);
});

test("names that look like cursors of others, and __proto__, are entries like any", () => {
  const first = JSON.parse('{"__proto__": 1, "second.a": 2, "constructor": 3}') as JsonObject;
  const { payload } = answerPage({ status: 200, payload: { first } }, undefined, ["first"]);
  expect(JSON.stringify(payload)).toBe(JSON.stringify({ first }));
});

test.each(["first.gone", "", "nothing", 7, null, {}])("the cursor %j is refused", (cursor) => {
  expect(answerPage({ status: 200, payload: { first: { a: 1 } } }, cursor as never, ["first"])).toMatchObject({
    status: 400,
    payload: { error: { path: "/cursor" } },
  });
});
