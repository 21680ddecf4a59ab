import fc from "fast-check";
import { createRangeWalk, type WalkRange } from "../../../../src/core/fieldwork/rangeWalk";

/** Answers like a device that has these addresses, and gives at most so many at once. */
function walk(ranges: readonly WalkRange[], exists: (address: number) => boolean, most = 125, requests = 5000) {
  const run = createRangeWalk(ranges, requests);
  const read = new Set<number>();
  for (let range = run.next; range !== undefined; range = run.next) {
    const { first, count } = range;
    const addresses = Array.from({ length: count }, (_, index) => first + index);
    if (count <= most && addresses.every(exists)) {
      for (const address of addresses) read.add(address);
      run.answered();
    } else run.refused(2);
  }
  return { read, run };
}

const range = (first: number, count: number): WalkRange => ({ table: "holding", first, count });

test("whatever exists is read where little is missing, however little a device gives at once", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 199 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 125 }),
      (missing, most) => {
        const { read } = walk([range(0, 200)], (address) => !missing.includes(address), most);
        expect(read.size).toBe(200 - missing.length);
      },
    ),
  );
});

test("it asks for nothing outside the ranges, and ends within its requests", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_000 }), fc.integer({ min: 1, max: 500 }), (first, count) => {
      const run = createRangeWalk([range(first, count)], 100);
      let requests = 0;
      for (let next = run.next; next !== undefined; next = run.next) {
        requests += 1;
        expect(next.count).toBeGreaterThan(0);
        expect(next.first).toBeGreaterThanOrEqual(first);
        expect(next.first + next.count).toBeLessThanOrEqual(first + count);
        run.refused(2);
      }
      expect(requests).toBeLessThanOrEqual(100);
    }),
  );
});

test("a desert is sampled, an oasis in it is found", () => {
  const { read, run } = walk([range(0, 2000)], (address) => address >= 1024 && address < 1064);
  expect([...read].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => 1024 + index));
  expect(run.requests).toBeLessThan(1200);
});

test("a function that the device does not know: nothing more of that table", () => {
  const run = createRangeWalk([range(0, 200), { table: "input", first: 0, count: 64 }], 1000);
  run.refused(1);
  expect(run.next).toEqual({ table: "input", first: 0, count: 64 });
  run.answered();
  expect(run.next).toBeUndefined();
  expect(run.ended).toBeUndefined();
});

test("silence is not asked again; three in a row end it", () => {
  const run = createRangeWalk([range(0, 640)], 1000);
  run.silent();
  run.answered();
  run.silent();
  run.silent();
  run.silent();
  expect(run.next).toBeUndefined();
  expect(run.ended).toBe("silence");
  expect(run.requests).toBe(5);
});
