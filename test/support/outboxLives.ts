import fc from "fast-check";
import type { HubFailure } from "../../src/cloud/edgeHub";
import { createOutbox, type Outbox } from "../../src/cloud/outbox";
import { bytesOf } from "../../src/cloud/outboxEntry";
import type { Bounds } from "../../src/cloud/spoolBacklog";
import { silentLog } from "../../src/kernel/log";
import { createManualClock, type ManualClock } from "./manualClock";
import { createMemoryStore, type MemoryStore } from "./memoryStore";
import { createPacedStore, type PacedStore } from "./pacedStore";
import { aMessage, createScriptedHub, type ScriptedHub } from "./scriptedHub";

/** What may happen to an outbox. `at` picks one of the sends without an answer. */
export type Act =
  | { readonly kind: "offer"; readonly lane: number; readonly count: number; readonly output: string }
  | { readonly kind: "acknowledge"; readonly at: number; readonly count: number }
  | { readonly kind: "fail"; readonly at: number; readonly reason: HubFailure["kind"] }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "nudge" }
  /** kill -9: what was in memory only is gone. */
  | { readonly kind: "kill" }
  | { readonly kind: "restart" }
  | { readonly kind: "disk"; readonly how: Parameters<MemoryStore["fail"]>[0] }
  /** From now on an access to the disk takes this long. */
  | { readonly kind: "pace"; readonly ms: number }
  /** In messages. */
  | { readonly kind: "bounds"; readonly memory: number; readonly spool: number };

interface Weighted {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Act>;
}

const failures = fc.constantFrom<HubFailure["kind"]>("timeout", "closed");
/** Few lanes, so that messages queue up behind each other, and more than can be in flight. */
const lane = fc.oneof(fc.nat(2), fc.nat(24));
const output = fc.constantFrom("telemetry", "telemetry", "events");
const how = fc.constantFrom<Parameters<MemoryStore["fail"]>[0]>("everything", "writing", "afterWriting", "nothing");
const common: readonly Weighted[] = [
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("offer" as const), lane, count: fc.integer({ min: 1, max: 12 }), output }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("acknowledge" as const), at: fc.nat(15), count: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail" as const), at: fc.nat(15), reason: failures }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "nudge" as const }) },
];
export const kill: Weighted = { weight: 1, arbitrary: fc.constant({ kind: "kill" as const }) };
export const restart: Weighted = { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) };
export const disk: Weighted = { weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), how }) };
const ms = fc.oneof(fc.constant(0), fc.nat(40), fc.nat(1500));
export const pace: Weighted = { weight: 2, arbitrary: fc.record({ kind: fc.constant("pace" as const), ms }) };

const memory = fc.integer({ min: 5, max: 100 });
const spool = fc.integer({ min: 5, max: 150 });
export const bounds: Weighted = {
  weight: 2,
  arbitrary: fc.record({ kind: fc.constant("bounds" as const), memory, spool }),
};

export const acts = (...more: readonly Weighted[]): fc.Arbitrary<Act[]> =>
  fc.array(fc.oneof(...common, ...more), { maxLength: 60, size: "max" });

export const ONE = bytesOf(aMessage("lane00-00000"));
export const WIDE: Bounds = { memoryBytes: 1e7, spoolBytes: 1e8 };
/** Most of a backlog is then only in the store, and comes back in pages. */
export const LITTLE_MEMORY: Bounds = { memoryBytes: 120 * ONE, spoolBytes: 1e8 };

interface Life {
  readonly outbox: Outbox;
  readonly hub: ScriptedHub;
  readonly clock: ManualClock;
  readonly disk: PacedStore;
}

/** A gateway through all its lives: what it produced, and when by the clock of that life. */
export class Gateway {
  readonly store = createMemoryStore();
  readonly produced: { readonly id: string; readonly life: number; readonly at: number }[] = [];
  readonly deaths = new Map<number, number>();
  readonly acknowledged: string[] = [];
  dropped = 0;
  private life: Life | undefined;
  private lives = 0;
  private paceMs = 0;
  private hasFailed = false;

  /** Offers at most `mostASecond`: what can't be in the store yet has to fit into memory, or it is dropped. */
  constructor(
    private readonly bounds: Bounds,
    private readonly mostASecond = Number.POSITIVE_INFINITY,
  ) {}

  async start(): Promise<void> {
    const clock = createManualClock();
    const hub = createScriptedHub();
    const store = createPacedStore(this.store, clock, () => this.paceMs);
    const outbox = createOutbox({ hub, clock, log: silentLog, store, bounds: this.bounds });
    this.life = { outbox, hub, clock, disk: store };
    // Where the disk takes its time, life goes on before it has answered.
    void outbox.start();
    await clock.settle();
  }

  get now(): Life {
    if (this.life === undefined) throw new Error("it lives");
    return this.life;
  }

  async do(step: Act): Promise<void> {
    const { outbox, hub, clock } = this.now;
    const send = "at" in step ? hub.pending[step.at % Math.max(hub.pending.length, 1)] : undefined;
    if (step.kind === "offer") await this.offer(step);
    else if (step.kind === "acknowledge")
      for (let i = 0; i <= step.count; i++) {
        hub.pending[(step.at + i) % Math.max(hub.pending.length, 1)]?.acknowledge();
        await clock.settle();
      }
    else if (step.kind === "fail") send?.fail(step.reason);
    else if (step.kind === "pass") await clock.advance(step.ms);
    else if (step.kind === "nudge") outbox.nudge();
    else if (step.kind === "disk") this.turn(step.how);
    else if (step.kind === "pace") this.paceMs = step.ms;
    else if (step.kind === "bounds") outbox.setBounds({ memoryBytes: step.memory * ONE, spoolBytes: step.spool * ONE });
    else await this.end(step.kind);
    await this.now.clock.settle();
    this.check();
  }

  /** Lets everything arrive; nobody helps. */
  async recover(): Promise<void> {
    this.store.fail("nothing");
    this.paceMs = 0;
    const { outbox, hub, clock } = this.now;
    await clock.advance(40_000);
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

  private async offer({ lane, count, output }: Extract<Act, { kind: "offer" }>): Promise<void> {
    const { outbox, clock } = this.now;
    const young = this.produced.filter(({ life, at }) => life === this.lives && at > clock.monotonic() - 1000);
    if (young.length + count > this.mostASecond) await clock.advance(1000);
    for (let i = 0; i < count; i++) {
      const id = `lane${lane}-${String(this.produced.length).padStart(5, "0")}`;
      this.produced.push({ id, life: this.lives, at: clock.monotonic() });
      outbox.offer(`lane${lane}`, aMessage(id, output));
    }
  }

  /** Nothing is left, in memory or in the store. */
  expectEmpty(): void {
    expect([...this.store.records.keys()]).toEqual([]);
    expect(this.now.outbox.status()).toMatchObject({ queued: 0, inFlight: 0 });
  }

  private turn(how: Parameters<MemoryStore["fail"]>[0]): void {
    this.store.fail(how);
    if (how !== "nothing") this.hasFailed = true;
  }

  private async end(how: "kill" | "restart"): Promise<void> {
    const { outbox, hub, clock, disk } = this.now;
    if (how === "restart") await clock.advanceUntil(outbox.close());
    else this.deaths.set(this.lives, clock.monotonic());
    this.acknowledged.push(...hub.acknowledged);
    this.dropped += outbox.status().dropped;
    this.lives += 1;
    disk.die();
    await this.store.close();
    await this.start();
  }

  /** At most one send a lane and 16 in all wait for an answer; the counters add up; only a disk that fails is said to. */
  private check(): void {
    const { outbox, hub } = this.now;
    const lanes = hub.pending.map(({ message }) => laneOf(message.messageId));
    expect(new Set(lanes).size).toBe(lanes.length);
    expect(lanes.length).toBeLessThanOrEqual(16);
    const { offered, recovered, queued, inFlight, acknowledged, dropped, quarantined, spool } = outbox.status();
    expect(queued + inFlight + acknowledged + dropped + quarantined).toBe(offered + recovered);
    expect(queued).toBeGreaterThanOrEqual(0);
    if (!this.hasFailed) expect(spool.reason).toBe("");
  }
}

function laneOf(id: string): string {
  return id.slice(0, id.indexOf("-"));
}

/** Ids of a lane rise: a repeat may come after a restart, a message before an older one never (its first arrival counts). */
export function expectOrder(ids: readonly string[]): void {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) continue;
    seen.add(id);
    expect(id > (last.get(laneOf(id)) ?? "")).toBe(true);
    last.set(laneOf(id), id);
  }
}

export async function play(acts: readonly Act[], bounds: Bounds, mostASecond?: number): Promise<Gateway> {
  const gateway = new Gateway(bounds, mostASecond);
  await gateway.start();
  for (const step of acts) await gateway.do(step);
  await gateway.recover();
  return gateway;
}
