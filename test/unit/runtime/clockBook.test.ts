import { readClockBook } from "../../../src/runtime/clockBook";
import { createMemoryFolder } from "../../support/memoryTranslator";

const standing = { shift: () => 0 };

test("a start knows its own clock, and nothing of others", async () => {
  const book = await readClockBook(createMemoryFolder(), { shift: () => 7000 }, "b1");
  expect(book.shiftOf("b1")).toBe(7000);
  expect(book.shiftOf("b2")).toBeUndefined();
});

test("a later start knows how far the clocks of earlier ones were set at last", async () => {
  const data = createMemoryFolder();
  const first = await readClockBook(data, standing, "b1");
  first.stepped(5000);
  first.stepped(-3000);
  (await readClockBook(data, standing, "b2")).stepped(60_000);
  const third = await readClockBook(data, standing, "b3");
  expect([third.shiftOf("b1"), third.shiftOf("b2"), third.shiftOf("b3")]).toEqual([-3000, 60_000, 0]);
});

test("the last twenty starts are kept", async () => {
  const data = createMemoryFolder();
  for (let boot = 0; boot < 25; boot++) (await readClockBook(data, standing, `b${boot}`)).stepped(boot + 1);
  const book = await readClockBook(data, standing, "next");
  expect(book.shiftOf("b4")).toBeUndefined();
  expect(book.shiftOf("b5")).toBe(6);
  expect(book.shiftOf("b24")).toBe(25);
});

test.each([[null], ["text"], [{ boots: [1] }], [{ boots: { b1: "far", b2: null } }]])(
  "a document that is none: %j",
  async (document) => {
    const data = createMemoryFolder();
    await data.write("clock", document);
    const book = await readClockBook(data, standing, "now");
    expect([book.shiftOf("b1"), book.shiftOf("b2")]).toEqual([undefined, undefined]);
  },
);
