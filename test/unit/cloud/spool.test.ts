import { createOutbox } from "../../../src/cloud/outbox";
import { bytesOf } from "../../../src/cloud/outboxEntry";
import type { Bounds } from "../../../src/cloud/spoolBacklog";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { createMemoryStore, type MemoryStore } from "../../support/memoryStore";
import { aMessage, createScriptedHub } from "../../support/scriptedHub";

const ONE = bytesOf(aMessage("a100"));
const WIDE: Bounds = { memoryBytes: 1e6, spoolBytes: 1e7 };

async function setUp(store: MemoryStore = createMemoryStore(), bounds = WIDE) {
  const clock = createManualClock();
  const hub = createScriptedHub();
  const log = createMemoryLog();
  const outbox = createOutbox({ hub, clock, log, store, bounds });
  await outbox.start();
  const offer = (...ids: string[]): void => {
    for (const id of ids) outbox.offer(id.slice(0, 1), aMessage(id));
  };
  const acknowledgeAll = async (): Promise<void> => {
    for (let rest = 0; rest < 100; rest++) {
      while (hub.pending.length > 0) {
        for (const send of [...hub.pending]) send.acknowledge();
        await clock.settle();
      }
      await clock.advance(20);
    }
  };
  return { clock, hub, log, outbox, offer, store, acknowledgeAll };
}

const stored = (store: MemoryStore): string[] =>
  [...store.records.values()].map(
    (value) => (JSON.parse(value.slice(8).split("\n")[0] ?? "") as { messageId: string }).messageId,
  );

test("a hub that acknowledges promptly costs the disk nothing: the store is not even opened", async () => {
  const { clock, hub, outbox, offer, store } = await setUp();
  for (let round = 0; round < 200; round++) {
    offer("a100", "b100");
    await clock.advance(50);
    for (const send of [...hub.pending]) send.acknowledge();
    await clock.settle();
  }
  expect(outbox.status()).toMatchObject({ acknowledged: 400, spool: { state: "unused", written: 0 } });
  expect(await store.exists()).toBe(false);
  await clock.advance(2000);
  expect(clock.pendingTimers).toBe(0);
});

test("what is not acknowledged is in the store within a second, what is on its way too", async () => {
  const { clock, offer, store } = await setUp();
  await clock.advance(123);
  offer("a100", "a101", "b100");
  await clock.advance(750);
  expect(stored(store).sort()).toEqual(["a100", "a101", "b100"]);
});

test("what was acknowledged is removed; an empty store is removed after a minute, or at the end", async () => {
  const { clock, offer, store, acknowledgeAll, outbox } = await setUp();
  offer("a100", "a101");
  await clock.advance(1000);
  await acknowledgeAll();
  expect(store.records.size).toBe(0);
  expect(store.isOpen).toBe(true);
  await clock.advance(61_000);
  expect(await store.exists()).toBe(false);
  expect(clock.pendingTimers).toBe(0);
  offer("a102");
  await clock.advance(1000);
  await acknowledgeAll();
  await outbox.close();
  expect(await store.exists()).toBe(false);
});

test("a start finds what the last one left, with ids and order; what is offered meanwhile comes after it", async () => {
  const first = await setUp();
  first.offer("a100", "b100", "a101");
  await first.clock.advance(1000);
  const second = await setUp(first.store);
  second.offer("a102", "c100");
  await second.clock.settle();
  expect(second.outbox.status()).toMatchObject({ recovered: 3, offered: 2, queued: 2, inFlight: 3 });
  await second.acknowledgeAll();
  expect(second.hub.acknowledged.filter((id) => id.startsWith("a"))).toEqual(["a100", "a101", "a102"]);
  expect(second.outbox.status()).toMatchObject({ acknowledged: 5, queued: 0 });
});

test("closing stores what was not delivered, younger than a second too", async () => {
  const { outbox, offer, store } = await setUp();
  offer("a100", "a101");
  await outbox.close();
  expect(stored(store)).toEqual(["a100", "a101"]);
  expect(store.isOpen).toBe(false);
});

test("memory holds a part of a large backlog; everything arrives in order at a bounded rate, beside live data", async () => {
  const { clock, hub, outbox, offer, acknowledgeAll } = await setUp(undefined, {
    memoryBytes: 100 * ONE,
    spoolBytes: 1e7,
  });
  for (const send of [...hub.pending]) send.fail("offline");
  for (let number = 100; number < 900; number++) {
    offer(`${"abcdefgh"[number % 8]}${number}`);
    if (number % 20 === 0) await clock.advance(400);
  }
  await clock.advance(1000);
  expect(outbox.status()).toMatchObject({ queued: 792, inFlight: 8, dropped: 0 });
  const before = clock.monotonic();
  offer("z900");
  for (const send of [...hub.pending].filter(({ message }) => message.messageId === "z900")) send.acknowledge();
  for (let round = 0; round < 50; round++) {
    for (const send of [...hub.pending]) send.acknowledge();
    await clock.advance(2);
  }
  const elapsed = clock.monotonic() - before;
  expect(hub.acknowledged.length).toBeLessThanOrEqual(100 + 10 + elapsed * 0.5 + 16);
  expect(hub.acknowledged).toContain("z900");
  await acknowledgeAll();
  expect(outbox.status()).toMatchObject({ queued: 0, acknowledged: 801 });
  for (const lane of "abcdefgh") {
    const own = hub.acknowledged.filter((id) => id.startsWith(lane));
    expect(own).toEqual([...own].sort());
  }
});

test("events that wait are brought back ahead of the bulk", async () => {
  const first = await setUp();
  for (let number = 100; number < 400; number++) first.offer(`${"abcd"[number % 4]}${number}`);
  first.outbox.offer("z", aMessage("z400", "events"));
  await first.outbox.close();
  const second = await setUp(first.store, { memoryBytes: 100 * ONE, spoolBytes: 1e7 });
  await second.clock.settle();
  expect(second.hub.arrived[0]).toBe("z400");
});

test("over the bound the oldest go, from the store too, and are counted", async () => {
  const { clock, hub, outbox, offer, acknowledgeAll, log } = await setUp(undefined, {
    memoryBytes: 40 * ONE,
    spoolBytes: 200 * ONE,
  });
  for (let number = 100; number < 500; number++) {
    offer(`a${number}`);
    if (number % 10 === 0) await clock.advance(400);
  }
  await clock.advance(1000);
  const { dropped, queued, inFlight } = outbox.status();
  expect(queued + inFlight).toBeLessThanOrEqual(200);
  expect(queued + inFlight).toBeGreaterThan(190);
  expect(dropped).toBe(400 - queued - inFlight);
  expect(log.lines).toHaveLength(1);
  await acknowledgeAll();
  // The first one was on its way all the time.
  expect(hub.acknowledged).toEqual(["a100", ...Array.from({ length: queued }, (_, at) => `a${500 - queued + at}`)]);
});

test("a disk that can't be written: said once, delivery goes on, memory keeps what it can; later all is stored", async () => {
  const store = createMemoryStore();
  store.fail("everything");
  const { clock, hub, outbox, offer, log, acknowledgeAll } = await setUp(store);
  offer("a100", "b100", "a101");
  await clock.advance(5000);
  expect(outbox.status().spool).toMatchObject({ state: "failing", reason: "the disk is full" });
  hub.pending[0]?.acknowledge();
  await clock.settle();
  expect(hub.arrived).toEqual(["a100", "b100", "a101"]);
  store.fail("nothing");
  await clock.advance(35_000);
  expect(stored(store).sort()).toEqual(["a101", "b100"]);
  expect(outbox.status().spool.state).toBe("open");
  expect(log.lines).toEqual([
    "error: the spool can't be used; what waits for the hub is in memory only",
    "info: the spool works again",
  ]);
  await acknowledgeAll();
  expect(outbox.status()).toMatchObject({ acknowledged: 3, queued: 0, dropped: 0 });
});

test("a disk that gets full: what it holds goes on being delivered, and what is new behind it; nothing comes twice", async () => {
  // Memory keeps 10 messages of what is stored: most of these are on the disk alone.
  const { clock, hub, outbox, offer, store, acknowledgeAll } = await setUp(undefined, {
    memoryBytes: 40 * ONE,
    spoolBytes: 1e7,
  });
  const ids = Array.from({ length: 200 }, (_, at) => `a${100 + at}`);
  for (const id of ids) {
    offer(id);
    await clock.advance(100);
  }
  store.fail("writing");
  // More than a quarter of the memory that these fill up.
  const late = Array.from({ length: 15 }, (_, at) => `a${500 + at}`);
  offer(...late, "b500");
  await clock.advance(40_000);
  expect(outbox.status().spool.state).toBe("failing");
  await acknowledgeAll();
  expect(hub.acknowledged.filter((id) => id.startsWith("a"))).toEqual([...ids, ...late]);
  expect(outbox.status()).toMatchObject({ acknowledged: 216, queued: 0, inFlight: 0, dropped: 0 });
  expect(outbox.status().spool.state).toBe("failing");
  store.fail("nothing");
  await clock.advance(100_000);
  expect(store.records.size).toBe(0);
  expect(hub.acknowledged).toHaveLength(216);
});

test("a write that is said to have failed and was made: nothing is read back that is in memory anyway", async () => {
  const first = await setUp();
  first.offer("a100");
  await first.clock.advance(700);
  const { store } = first;
  store.fail("everything");
  const { clock, hub, outbox, offer, acknowledgeAll } = await setUp(store, { memoryBytes: 40 * ONE, spoolBytes: 1e7 });
  await clock.advance(348);
  offer("a101", "a102", "a103", "a104", "a105", "a106");
  store.fail("afterWriting");
  await clock.advance(702);
  expect(store.records.size).toBe(7);
  expect(outbox.status()).toMatchObject({ recovered: 1, queued: 6, inFlight: 1, spool: { state: "failing" } });
  store.fail("nothing");
  await acknowledgeAll();
  expect(hub.acknowledged).toEqual(["a101", "a100", "a102", "a103", "a104", "a105", "a106"]);
  await clock.advance(5000);
  expect(store.records.size).toBe(0);
  expect(outbox.status()).toMatchObject({ acknowledged: 7, queued: 0, inFlight: 0, dropped: 0 });
});

test("a flipped bit in the store is no wrong value: the message is dropped, counted and said", async () => {
  const first = await setUp();
  first.offer("a100", "a101", "a102");
  await first.outbox.close();
  for (const [key, value] of first.store.records)
    if (value.includes("a101")) first.store.records.set(key, value.replace("a101", "a901"));
  const { hub, outbox, acknowledgeAll, log } = await setUp(first.store);
  await acknowledgeAll();
  expect(hub.acknowledged).toEqual(["a100", "a102"]);
  expect(outbox.status()).toMatchObject({ recovered: 3, acknowledged: 2, dropped: 1 });
  expect(log.lines).toContain("error: a spooled message is damaged; it is dropped");
  expect(first.store.records.size).toBe(0);
});
