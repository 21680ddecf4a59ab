import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import { createOutbox } from "../../../src/cloud/outbox";
import { bytesOf } from "../../../src/cloud/outboxEntry";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aMessage, createScriptedHub } from "../../support/scriptedHub";

const never = new AbortController().signal;
/** Every message of these tests. */
const ONE = bytesOf(aMessage("a1"));

async function setUp(most = 100) {
  const clock = createManualClock();
  const hub = createScriptedHub();
  const log = createMemoryLog();
  const put: [string, string][] = [];
  const bounds = { memoryBytes: most * ONE, spoolBytes: 1e9 };
  const quarantine = (message: OutgoingMessage, reason: string): void => void put.push([message.messageId, reason]);
  const outbox = createOutbox({ hub, clock, log, bounds, quarantine });
  await outbox.start();
  const offer = (...ids: string[]): void => {
    for (const id of ids) outbox.offer(id.slice(0, 1), aMessage(id));
  };
  const inFlight = (): string[] => hub.pending.map(({ message }) => message.messageId);
  const failAll = (kind: "offline" | "timeout"): void => {
    for (const send of [...hub.pending]) send.fail(kind);
  };
  return { clock, hub, log, outbox, offer, inFlight, failAll, put };
}

describe("delivery", () => {
  test("one message a lane is in flight; the next follows its acknowledgement", async () => {
    const { clock, hub, outbox, offer, inFlight } = await setUp();
    offer("a1", "a2", "b1", "a3");
    expect(inFlight()).toEqual(["a1", "b1"]);
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight()).toEqual(["b1", "a2"]);
    expect(outbox.status()).toMatchObject({ offered: 4, queued: 1, inFlight: 2, acknowledged: 1, dropped: 0 });
  });

  test("sixteen are in flight in all, and no lane waits for ever behind busy ones", async () => {
    const { clock, hub, outbox, offer, inFlight } = await setUp();
    const lanes = "abcdefghijklmnopqr".split("");
    for (const lane of lanes) offer(`${lane}1`, `${lane}2`);
    expect(inFlight()).toHaveLength(16);
    expect(inFlight()).not.toContain("q1");
    hub.pending[0]?.acknowledge();
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight()).toHaveLength(16);
    // Those that have not had a turn come before a2 and b2.
    expect(inFlight().slice(-2)).toEqual(["q1", "r1"]);
    expect(outbox.status()).toMatchObject({ inFlight: 16, queued: 18 });
  });

  test("a lost link is tried with one message after growing rests: 250, 500, 1000 … 10000 ms; then all go", async () => {
    const { clock, hub, offer, failAll } = await setUp();
    offer("a1", "a2", "b1");
    for (const restMs of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      failAll("timeout");
      await clock.advance(restMs - 1);
      expect(hub.pending).toHaveLength(0);
      await clock.advance(1);
      expect(hub.pending).toHaveLength(1);
    }
    hub.pending[0]?.acknowledge();
    await clock.settle();
    while (hub.pending.length > 0) {
      hub.pending[0]?.acknowledge();
      await clock.settle();
    }
    expect(hub.acknowledged.filter((id) => id.startsWith("a"))).toEqual(["a1", "a2"]);
    expect(hub.acknowledged).toHaveLength(3);
  });

  test("a nudge ends the rest, and growing starts anew", async () => {
    const { clock, outbox, offer, inFlight, failAll } = await setUp();
    offer("a1", "b1");
    for (let round = 0; round < 6; round++) {
      failAll("timeout");
      await clock.advance(10_000);
    }
    failAll("timeout");
    await clock.settle();
    expect(inFlight()).toEqual([]);
    outbox.nudge();
    await clock.settle();
    expect(inFlight().sort()).toEqual(["a1", "b1"]);
    failAll("timeout");
    await clock.advance(250);
    expect(inFlight()).toHaveLength(1);
  });

  test("events go ahead of bulk, not ahead of older messages of their lane", async () => {
    const { clock, hub, outbox, offer, inFlight } = await setUp();
    for (const lane of "abcdefghijklmnop") offer(`${lane}1`);
    offer("q1", "r1", "r2");
    outbox.offer("r", aMessage("r3", "events"));
    outbox.offer("s", aMessage("s1", "events"));
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight().at(-1)).toBe("s1");
    while (hub.pending.length > 0) {
      hub.pending[0]?.acknowledge();
      await clock.settle();
    }
    expect(hub.acknowledged.filter((id) => id.startsWith("r"))).toEqual(["r1", "r2", "r3"]);
  });
});

describe("messages that are put aside", () => {
  test("one that the hub refuses three times; it is counted, named and kept, the next one goes on", async () => {
    const { clock, hub, log, outbox, offer, put } = await setUp();
    offer("a1", "a2");
    for (let attempt = 0; attempt < 3; attempt++) {
      hub.pending[0]?.fail("rejected");
      await clock.advance(10_000);
    }
    expect(hub.arrived).toEqual(["a1", "a1", "a1", "a2"]);
    expect(outbox.status()).toMatchObject({ queued: 0, inFlight: 1, acknowledged: 0, dropped: 0, quarantined: 1 });
    expect(put).toEqual([["a1", "it was refused 3 times: test: rejected"]]);
    expect(log.lines).toEqual(["error: a message is put aside: it was refused 3 times: test: rejected"]);
  });

  test("one that three links are lost to; those that were under way beside it are sent one by one and arrive", async () => {
    const { clock, hub, outbox, offer, put } = await setUp();
    offer("a1", "b1", "x1", "a2");
    for (let connection = 0; connection < 30 && hub.acknowledged.length < 3; connection++) {
      if (hub.pending.some(({ message }) => message.messageId === "x1"))
        for (const send of [...hub.pending]) send.fail("offline");
      else hub.pending[0]?.acknowledge();
      await clock.settle();
      if (hub.pending.length === 0) outbox.nudge();
      await clock.settle();
    }
    expect(put).toEqual([["x1", "3 links were lost to it: test: offline"]]);
    expect([...hub.acknowledged].sort()).toEqual(["a1", "a2", "b1"]);
    expect(hub.arrived.filter((id) => id === "x1")).toHaveLength(3);
    expect(outbox.status()).toMatchObject({ queued: 0, inFlight: 0, quarantined: 1, acknowledged: 3 });
  });

  test("failures that say nothing about the message never cost it: a silent hub, a link that is down", async () => {
    const { clock, hub, outbox, offer } = await setUp();
    offer("a1");
    for (const kind of ["rejected", "timeout", "timeout", "offline", "timeout", "rejected", "closed"] as const) {
      hub.pending[0]?.fail(kind);
      await clock.advance(10_000);
    }
    for (let round = 0; round < 6; round++) {
      // Lost long after sending: a deadline of something else.
      outbox.nudge();
      await clock.advance(6000);
      hub.pending[0]?.fail("offline");
      await clock.advance(10_000);
    }
    outbox.nudge();
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(outbox.status()).toMatchObject({ queued: 0, inFlight: 0, acknowledged: 1, quarantined: 0, dropped: 0 });
  });

  test("one that is too big for the hub", async () => {
    const { outbox, put, inFlight } = await setUp(1e6);
    outbox.offer("a", { ...aMessage("a1"), body: "ä".repeat(122_000) });
    outbox.offer("b", { ...aMessage("b1"), body: "ä".repeat(123_000) });
    expect(inFlight()).toEqual(["a1"]);
    expect(put).toEqual([["b1", "it is over 245760 bytes and can't be divided"]]);
    expect(outbox.status()).toMatchObject({ offered: 2, quarantined: 1, inFlight: 1 });
  });

  test("one whose properties MQTT can't carry: sent, it would break the link for all", async () => {
    const { outbox, put, inFlight } = await setUp(1e6);
    outbox.offer("a", { ...aMessage("a1"), properties: { tag: "x".repeat(64_000) } });
    outbox.offer("b", { ...aMessage("b1"), properties: { tag: "x".repeat(65_000) } });
    outbox.offer("c", { ...aMessage("c1"), properties: { tag: "€".repeat(7300) } });
    expect(inFlight()).toEqual(["a1"]);
    expect(put).toEqual([
      ["b1", "its properties are over 65535 bytes"],
      ["c1", "its properties are over 65535 bytes"],
    ]);
  });
});

describe("the bound of memory, without a store", () => {
  test("over it the oldest message of all lanes is dropped, counted, and said once", async () => {
    const { clock, hub, log, outbox, offer } = await setUp(5);
    offer("a1", "b1");
    offer("a2", "b2", "a3", "b3", "b4");
    expect(outbox.status()).toMatchObject({ queued: 3, inFlight: 2, acknowledged: 0, dropped: 2 });
    expect(log.lines).toEqual([
      "warn: there is no room for what waits for the hub; the oldest messages are dropped from now on",
    ]);
    while (hub.pending.length > 0) {
      hub.pending[0]?.acknowledge();
      await clock.settle();
    }
    expect([...hub.acknowledged].sort()).toEqual(["a1", "a3", "b1", "b3", "b4"]);
  });

  test("what is in flight is never dropped", async () => {
    const { outbox, offer, inFlight } = await setUp(2);
    offer("a1", "a2", "a3", "a4");
    expect(inFlight()).toEqual(["a1"]);
    expect(outbox.status()).toMatchObject({ queued: 1, dropped: 2 });
  });

  test("a lane that lost its only message is used again as any other", async () => {
    const { clock, hub, outbox, offer, inFlight } = await setUp(17);
    for (const lane of "abcdefghijklmnop") offer(`${lane}1`);
    offer("x1", "y1");
    expect(outbox.status()).toMatchObject({ queued: 1, dropped: 1 });
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight().at(-1)).toBe("y1");
    offer("x2");
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight().at(-1)).toBe("x2");
  });
});

describe("the end", () => {
  test("drained waits for the last acknowledgement", async () => {
    const { clock, hub, outbox, offer } = await setUp();
    offer("a1", "a2");
    let drained = false;
    const done = outbox.drained(never).then(() => {
      drained = true;
    });
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(drained).toBe(false);
    hub.pending[0]?.acknowledge();
    await done;
    await outbox.drained(never);
  });

  test("drained ends with its signal, and with the outbox", async () => {
    const { outbox, offer } = await setUp();
    offer("a1", "a2");
    const controller = new AbortController();
    const first = outbox.drained(controller.signal);
    controller.abort();
    await first;
    const second = outbox.drained(never);
    await outbox.close();
    await second;
    await outbox.drained(never);
  });

  test("closing settles at once, whatever the hub does, and nothing is sent after it", async () => {
    const { clock, hub, outbox, offer } = await setUp();
    offer("a1", "a2", "b1");
    hub.pending[1]?.fail("rejected");
    await clock.settle();
    await outbox.close();
    expect(clock.pendingTimers).toBe(0);
    offer("c1");
    hub.pending[0]?.fail("timeout");
    await clock.advance(60_000);
    expect(hub.arrived).toEqual(["a1", "b1"]);
    await outbox.close();
  });
});
