import { createOutbox } from "../../../src/cloud/outbox";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aMessage, createScriptedHub } from "../../support/scriptedHub";

const never = new AbortController().signal;

function setUp(capacity = 100) {
  const clock = createManualClock();
  const hub = createScriptedHub();
  const log = createMemoryLog();
  const outbox = createOutbox({ hub, clock, log, capacity });
  const offer = (...ids: string[]): void => {
    for (const id of ids) outbox.offer(id.slice(0, 1), aMessage(id));
  };
  const inFlight = (): string[] => hub.pending.map(({ message }) => message.messageId);
  return { clock, hub, log, outbox, offer, inFlight };
}

describe("delivery", () => {
  test("one message a lane is in flight; the next follows its acknowledgement", async () => {
    const { clock, hub, outbox, offer, inFlight } = setUp();
    offer("a1", "a2", "b1", "a3");
    expect(inFlight()).toEqual(["a1", "b1"]);
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight()).toEqual(["b1", "a2"]);
    expect(outbox.status()).toEqual({ queued: 1, inFlight: 2, acknowledged: 1, dropped: 0 });
  });

  test("sixteen are in flight in all, and no lane waits for ever behind busy ones", async () => {
    const { clock, hub, outbox, offer, inFlight } = setUp();
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

  test("a failed message is sent again, before its successors, after growing rests: 250, 500, 1000 … 10000 ms", async () => {
    const { clock, hub, offer } = setUp();
    offer("a1", "a2");
    for (const restMs of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      hub.pending[0]?.fail("timeout");
      await clock.advance(restMs - 1);
      expect(hub.pending).toHaveLength(0);
      await clock.advance(1);
      expect(hub.pending.map(({ message }) => message.messageId)).toEqual(["a1"]);
    }
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(hub.arrived).toEqual([...Array(9).fill("a1"), "a2"]);
  });

  test("a lane whose message rests does not hold up the others", async () => {
    const { clock, hub, offer, inFlight } = setUp();
    offer("a1", "b1", "b2");
    hub.pending[0]?.fail("offline");
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(inFlight()).toEqual(["b2"]);
  });

  test("a nudge ends the rests, and growing starts anew", async () => {
    const { clock, hub, outbox, offer, inFlight } = setUp();
    offer("a1", "b1");
    for (let round = 0; round < 6; round++) {
      for (const send of [...hub.pending]) send.fail("offline");
      await clock.advance(10_000);
    }
    for (const send of [...hub.pending]) send.fail("offline");
    await clock.settle();
    expect(inFlight()).toEqual([]);
    outbox.nudge();
    await clock.settle();
    expect(inFlight()).toEqual(["a1", "b1"]);
    expect(clock.pendingTimers).toBe(0);
    for (const send of [...hub.pending]) send.fail("offline");
    await clock.advance(500);
    expect(inFlight()).toEqual(["a1", "b1"]);
  });
});

describe("refusals", () => {
  test("a message that the hub refuses three times is given up, counted and named; the next one goes on", async () => {
    const { clock, hub, log, outbox, offer } = setUp();
    offer("a1", "a2");
    for (let attempt = 0; attempt < 3; attempt++) {
      hub.pending[0]?.fail("rejected");
      await clock.advance(10_000);
    }
    expect(hub.arrived).toEqual(["a1", "a1", "a1", "a2"]);
    expect(outbox.status()).toEqual({ queued: 0, inFlight: 1, acknowledged: 0, dropped: 1 });
    expect(log.lines).toEqual(["error: a message was refused 3 times and is given up"]);
  });

  test("failures that say nothing about the message never cost it", async () => {
    const { clock, hub, outbox, offer } = setUp();
    offer("a1");
    for (const kind of ["rejected", "offline", "timeout", "rejected", "closed", "offline", "timeout"] as const) {
      hub.pending[0]?.fail(kind);
      await clock.advance(10_000);
    }
    hub.pending[0]?.acknowledge();
    await clock.settle();
    expect(outbox.status()).toEqual({ queued: 0, inFlight: 0, acknowledged: 1, dropped: 0 });
  });
});

describe("the bound", () => {
  test("over it the oldest message of all lanes is dropped, counted, and said once", async () => {
    const { clock, hub, log, outbox, offer } = setUp(3);
    offer("a1", "b1");
    offer("a2", "b2", "a3", "b3", "b4");
    // Waiting: b2 a3 b3 b4 after a2 had to go; then b2.
    expect(outbox.status()).toEqual({ queued: 3, inFlight: 2, acknowledged: 0, dropped: 2 });
    expect(log.lines).toEqual(["warn: 3 messages wait for the hub; the oldest are dropped from now on"]);
    while (hub.pending.length > 0) {
      hub.pending[0]?.acknowledge();
      await clock.settle();
    }
    expect(hub.acknowledged).toEqual(["a1", "b1", "a3", "b3", "b4"]);
  });

  test("what is in flight is never dropped", async () => {
    const { outbox, offer, inFlight } = setUp(1);
    offer("a1", "a2", "a3", "a4");
    expect(inFlight()).toEqual(["a1"]);
    expect(outbox.status()).toMatchObject({ queued: 1, dropped: 2 });
  });

  test("a lane that lost its only message is used again as any other", async () => {
    const { clock, hub, outbox, offer, inFlight } = setUp(1);
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
    const { clock, hub, outbox, offer } = setUp();
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
    const { outbox, offer } = setUp();
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
    const { clock, hub, outbox, offer } = setUp();
    offer("a1", "a2", "b1");
    hub.pending[1]?.fail("offline");
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
