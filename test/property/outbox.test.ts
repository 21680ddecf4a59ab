import fc from "fast-check";
import {
  acts,
  disk,
  expectOrder,
  kill,
  LITTLE_MEMORY,
  bounds as newBounds,
  ONE,
  pace,
  play,
  restart,
  WIDE,
} from "../support/outboxLives";

const RUNS = { numRuns: 40 };
const LITTLE_ROOM = fc.integer({ min: 20, max: 80 }).map((room) => ({ memoryBytes: 40 * ONE, spoolBytes: room * ONE }));

test.each([
  ["memory", WIDE, Number.POSITIVE_INFINITY],
  ["memory for a part, the store for the rest", LITTLE_MEMORY, 100],
])(
  "whatever fails, kill -9 and restarts too: nothing older than a second is lost, each lane in order (%s)",
  async (_, bounds, mostASecond) => {
    await fc.assert(
      fc.asyncProperty(acts(kill, restart), async (steps) => {
        const gateway = await play(steps, bounds, mostASecond);
        const { produced, acknowledged, deaths } = gateway;
        expectOrder(acknowledged);
        const arrived = new Set(acknowledged);
        for (const { id, life, at } of produced) {
          const death = deaths.get(life);
          if (death === undefined || at < death - 1000) expect([...arrived]).toContain(id);
        }
        gateway.expectEmpty();
      }),
      RUNS,
    );
  },
);

test.each([
  ["memory", WIDE],
  ["memory for a part, the store for the rest", LITTLE_MEMORY],
])(
  "a slow disk, kill -9 and restarts: what is missing was killed or counted, each lane in order (%s)",
  async (_, bounds) => {
    await fc.assert(
      fc.asyncProperty(acts(kill, restart, pace), async (steps) => {
        const gateway = await play(steps, bounds);
        const { produced, acknowledged, deaths, dropped } = gateway;
        expectOrder(acknowledged);
        const arrived = new Set(acknowledged);
        const missing = produced.filter(({ id, life }) => !arrived.has(id) && !deaths.has(life));
        expect(missing.length).toBeLessThanOrEqual(bounds === WIDE ? 0 : dropped);
        gateway.expectEmpty();
      }),
      RUNS,
    );
  },
);

test("a disk that fails and comes back, slow or not: nothing is lost while memory has room, each lane in order", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk, pace), async (steps) => {
      const gateway = await play(steps, WIDE);
      const { produced, acknowledged } = gateway;
      expectOrder(acknowledged);
      expect(new Set(acknowledged).size).toBe(produced.length);
      gateway.expectEmpty();
    }),
    RUNS,
  );
});

test("with little room, and a disk that fails: what arrives is in order, what is missing was counted", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk, pace), LITTLE_ROOM, async (steps, bounds) => {
      const gateway = await play(steps, bounds);
      const { produced, acknowledged, dropped } = gateway;
      expectOrder(acknowledged);
      expect(produced.length - new Set(acknowledged).size).toBe(dropped);
      gateway.expectEmpty();
    }),
    RUNS,
  );
});

test("everything at once: the counters add up all the time, and in the end nothing is left", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk, kill, restart, pace), LITTLE_ROOM, async (steps, bounds) => {
      (await play(steps, bounds)).expectEmpty();
    }),
    RUNS,
  );
});

test("bounds that change, kill -9 and restarts: what arrives is in order, dropped messages never come back late", async () => {
  await fc.assert(
    fc.asyncProperty(acts(kill, restart, pace, newBounds), LITTLE_ROOM, async (steps, bounds) => {
      const gateway = await play(steps, bounds);
      expectOrder(gateway.acknowledged);
      gateway.expectEmpty();
    }),
    RUNS,
  );
});
