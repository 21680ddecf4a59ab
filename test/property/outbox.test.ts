import fc from "fast-check";
import type { HubFailure } from "../../src/cloud/edgeHub";
import { createOutbox, type Outbox } from "../../src/cloud/outbox";
import { bytesOf } from "../../src/cloud/outboxEntry";
import type { Bounds } from "../../src/cloud/spoolBacklog";
import { silentLog } from "../../src/kernel/log";
import { createManualClock, type ManualClock } from "../support/manualClock";
import { createMemoryStore, type MemoryStore } from "../support/memoryStore";
import { aMessage, createScriptedHub, type ScriptedHub } from "../support/scriptedHub";

/** What may happen to an outbox. `at` picks one of the sends without an answer. */
type Act =
  | { readonly kind: "offer"; readonly lane: number; readonly count: number; readonly output: string }
  | { readonly kind: "acknowledge"; readonly at: number; readonly count: number }
  | { readonly kind: "fail"; readonly at: number; readonly reason: HubFailure["kind"] }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "nudge" }
  /** kill -9: what was in memory only is gone. */
  | { readonly kind: "kill" }
  | { readonly kind: "restart" }
  | { readonly kind: "disk"; readonly how: Parameters<MemoryStore["fail"]>[0] };

const failures = fc.constantFrom<HubFailure["kind"]>("timeout", "closed");
/** Few lanes, so that messages queue up behind each other, and more than can be in flight. */
const lane = fc.oneof(fc.nat(2), fc.nat(24));
const output = fc.constantFrom("telemetry", "telemetry", "events");
const offer = fc.record({ kind: fc.constant("offer" as const), lane, count: fc.integer({ min: 1, max: 12 }), output });
const common = [
  { weight: 8, arbitrary: offer },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("acknowledge" as const), at: fc.nat(15), count: fc.nat(6) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail" as const), at: fc.nat(15), reason: failures }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "nudge" as const }) },
] as const;
const kill = { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) };
const restart = { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) };
const how = fc.constantFrom("everything" as const, "afterWriting" as const, "nothing" as const);
const disk = { weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), how }) };

interface Life {
  readonly outbox: Outbox;
  readonly hub: ScriptedHub;
  readonly clock: ManualClock;
}

/** A gateway through all its lives: what it produced, and when by the clock of that life. */
class Gateway {
  readonly store = createMemoryStore();
  readonly produced: { readonly id: string; readonly life: number; readonly at: number }[] = [];
  readonly deaths = new Map<number, number>();
  readonly acknowledged: string[] = [];
  dropped = 0;
  life: Life | undefined;
  private lives = 0;
  constructor(private readonly bounds: Bounds) {}

  async start(): Promise<void> {
    const clock = createManualClock();
    const hub = createScriptedHub();
    const outbox = createOutbox({ hub, clock, log: silentLog, store: this.store, bounds: this.bounds });
    this.life = { outbox, hub, clock };
    await outbox.start();
    await clock.settle();
  }

  get now(): Life {
    if (this.life === undefined) throw new Error("it lives");
    return this.life;
  }

  async do(step: Act): Promise<void> {
    const { outbox, hub, clock } = this.now;
    const send = "at" in step ? hub.pending[step.at % Math.max(hub.pending.length, 1)] : undefined;
    if (step.kind === "offer") for (let i = 0; i < step.count; i++) this.offer(`lane${step.lane}`, step.output);
    else if (step.kind === "acknowledge")
      for (let i = 0; i <= step.count; i++) {
        hub.pending[(step.at + i) % Math.max(hub.pending.length, 1)]?.acknowledge();
        await clock.settle();
      }
    else if (step.kind === "fail") send?.fail(step.reason);
    else if (step.kind === "pass") await clock.advance(step.ms);
    else if (step.kind === "nudge") outbox.nudge();
    else if (step.kind === "disk") this.store.fail(step.how);
    else await this.end(step.kind);
    await this.now.clock.settle();
    this.check();
  }

  /** Lets everything arrive. */
  async recover(): Promise<void> {
    this.store.fail("nothing");
    const { outbox, hub, clock } = this.now;
    await clock.advance(40_000);
    outbox.nudge();
    for (let quiet = 0; quiet < 100; quiet++) {
      await clock.settle();
      while (hub.pending.length > 0) {
        quiet = 0;
        for (const send of [...hub.pending]) send.acknowledge();
        await clock.settle();
        this.check();
      }
      await clock.advance(20);
    }
    await clock.advance(2000);
    this.acknowledged.push(...hub.acknowledged);
    this.dropped += outbox.status().dropped;
  }

  private offer(name: string, kind: string): void {
    const { outbox, clock } = this.now;
    const id = `${name}-${String(this.produced.length).padStart(5, "0")}`;
    this.produced.push({ id, life: this.lives, at: clock.monotonic() });
    outbox.offer(name, aMessage(id, kind));
  }

  private async end(how: "kill" | "restart"): Promise<void> {
    const { outbox, hub, clock } = this.now;
    if (how === "restart") await outbox.close();
    else this.deaths.set(this.lives, clock.monotonic());
    this.acknowledged.push(...hub.acknowledged);
    this.dropped += outbox.status().dropped;
    this.lives += 1;
    // A dead process touches its store no more.
    await this.store.close();
    await this.start();
  }

  /** At most one send a lane and 16 in all wait for an answer; the counters add up. */
  private check(): void {
    const { outbox, hub } = this.now;
    const lanes = hub.pending.map(({ message }) => laneOf(message.messageId));
    expect(new Set(lanes).size).toBe(lanes.length);
    expect(lanes.length).toBeLessThanOrEqual(16);
    const { offered, recovered, queued, inFlight, acknowledged, dropped, quarantined } = outbox.status();
    expect(queued + inFlight + acknowledged + dropped + quarantined).toBe(offered + recovered);
    expect(queued).toBeGreaterThanOrEqual(0);
  }
}

function laneOf(id: string): string {
  return id.slice(0, id.indexOf("-"));
}

/** Ids of a lane rise: a repeat may come after a restart, a message before an older one never (its first arrival counts). */
function expectOrder(ids: readonly string[]): void {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) continue;
    seen.add(id);
    expect(id > (last.get(laneOf(id)) ?? "")).toBe(true);
    last.set(laneOf(id), id);
  }
}

const ONE = bytesOf(aMessage("lane00-00000"));
const WIDE: Bounds = { memoryBytes: 1e7, spoolBytes: 1e8 };
/** Most of a backlog is then only in the store, and comes back in pages. */
const LITTLE_MEMORY: Bounds = { memoryBytes: 120 * ONE, spoolBytes: 1e8 };

async function play(acts: readonly Act[], bounds: Bounds): Promise<Gateway> {
  const gateway = new Gateway(bounds);
  await gateway.start();
  for (const step of acts) await gateway.do(step);
  await gateway.recover();
  return gateway;
}

const acts = (...more: readonly { weight: number; arbitrary: fc.Arbitrary<Act> }[]): fc.Arbitrary<Act[]> =>
  fc.array(fc.oneof(...common, ...more), { maxLength: 60, size: "max" });

test.each([
  ["memory", WIDE],
  ["memory for a part, the store for the rest", LITTLE_MEMORY],
])(
  "whatever fails, kill -9 and restarts too: nothing older than a second is lost, each lane in order (%s)",
  async (_, bounds) => {
    await fc.assert(
      fc.asyncProperty(acts(kill, restart), async (steps) => {
        const { produced, acknowledged, deaths, store } = await play(steps, bounds);
        expectOrder(acknowledged);
        const arrived = new Set(acknowledged);
        for (const { id, life, at } of produced) {
          const death = deaths.get(life);
          if (death === undefined || at < death - 1000) expect([...arrived]).toContain(id);
        }
        expect([...store.records.keys()]).toEqual([]);
      }),
      { numRuns: 40 },
    );
  },
);

test("a disk that fails and comes back: nothing is lost while memory has room, each lane in order", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk), async (steps) => {
      const { produced, acknowledged, store } = await play(steps, WIDE);
      expectOrder(acknowledged);
      expect(new Set(acknowledged).size).toBe(produced.length);
      expect([...store.records.keys()]).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("with little room, and a disk that fails: what arrives is in order, what is missing was counted", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk), fc.integer({ min: 20, max: 80 }), async (steps, room) => {
      const bounds = { memoryBytes: 40 * ONE, spoolBytes: room * ONE };
      const { produced, acknowledged, dropped, store } = await play(steps, bounds);
      expectOrder(acknowledged);
      expect(produced.length - new Set(acknowledged).size).toBe(dropped);
      expect([...store.records.keys()]).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

test("everything at once: the counters add up all the time, and in the end nothing is left", async () => {
  await fc.assert(
    fc.asyncProperty(acts(disk, kill, restart), fc.integer({ min: 20, max: 80 }), async (steps, room) => {
      const bounds = { memoryBytes: 40 * ONE, spoolBytes: room * ONE };
      const { store, now } = await play(steps, bounds);
      expect([...store.records.keys()]).toEqual([]);
      expect(now.outbox.status()).toMatchObject({ queued: 0, inFlight: 0 });
    }),
    { numRuns: 40 },
  );
});
