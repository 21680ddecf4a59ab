import fc from "fast-check";
import type { HubFailure } from "../../src/cloud/edgeHub";
import { createOutbox } from "../../src/cloud/outbox";
import { silentLog } from "../../src/kernel/log";
import { createManualClock } from "../support/manualClock";
import { aMessage, createScriptedHub, type ScriptedHub } from "../support/scriptedHub";

/** What may happen to an outbox. `at` picks one of the sends without an answer. */
type Act =
  | { readonly kind: "offer"; readonly lane: number }
  | { readonly kind: "acknowledge"; readonly at: number }
  | { readonly kind: "fail"; readonly at: number; readonly reason: HubFailure["kind"] }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "nudge" };

const failures = fc.constantFrom<HubFailure["kind"]>("offline", "timeout", "closed");
/** Few lanes, so that messages queue up behind each other, and more than can be in flight. */
const lane = fc.oneof(fc.nat(2), fc.nat(24));
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("offer" as const), lane }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("acknowledge" as const), at: fc.nat(15) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail" as const), at: fc.nat(15), reason: failures }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(12_000) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "nudge" as const }) },
);

function laneOf(id: string): string {
  return id.slice(0, id.indexOf("-"));
}

/** At most one send a lane and 16 in all wait for an answer. */
function expectBounds({ pending }: ScriptedHub): void {
  const lanes = pending.map(({ message }) => laneOf(message.messageId));
  expect(new Set(lanes).size).toBe(lanes.length);
  expect(lanes.length).toBeLessThanOrEqual(16);
}

/** What the hub acknowledged, by lane, in order. */
function byLane(ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const lanes = new Map<string, string[]>();
  for (const id of ids) lanes.set(laneOf(id), [...(lanes.get(laneOf(id)) ?? []), id]);
  return lanes;
}

async function play(acts: readonly Act[], capacity: number) {
  const clock = createManualClock();
  const hub = createScriptedHub();
  const outbox = createOutbox({ hub, clock, log: silentLog, capacity });
  const offered: string[] = [];
  for (const step of acts) {
    if (step.kind === "offer") {
      const id = `lane${step.lane}-${offered.length}`;
      offered.push(id);
      outbox.offer(`lane${step.lane}`, aMessage(id));
    } else if (step.kind === "acknowledge") hub.pending[step.at % Math.max(hub.pending.length, 1)]?.acknowledge();
    else if (step.kind === "fail") hub.pending[step.at % Math.max(hub.pending.length, 1)]?.fail(step.reason);
    else if (step.kind === "pass") await clock.advance(step.ms);
    else outbox.nudge();
    await clock.settle();
    expectBounds(hub);
    const { queued, inFlight, acknowledged, dropped } = outbox.status();
    expect(queued + inFlight + acknowledged + dropped).toBe(offered.length);
    expect(queued).toBeLessThanOrEqual(capacity);
  }
  return { clock, hub, outbox, offered };
}

/** From now on the hub acknowledges everything. */
async function recover({ clock, hub, outbox }: Awaited<ReturnType<typeof play>>): Promise<void> {
  outbox.nudge();
  await clock.settle();
  while (hub.pending.length > 0) {
    for (const send of [...hub.pending]) send.acknowledge();
    await clock.settle();
    expectBounds(hub);
  }
  expect(clock.pendingTimers).toBe(0);
  await outbox.close();
}

test("whatever fails and however often: nothing is lost, and every lane arrives in order, each message once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const scene = await play(acts, 1000);
      await recover(scene);
      expect(byLane(scene.hub.acknowledged)).toEqual(byLane(scene.offered));
      expect(scene.outbox.status()).toEqual({
        queued: 0,
        inFlight: 0,
        acknowledged: scene.offered.length,
        dropped: 0,
      });
    }),
    { numRuns: 60 },
  );
});

test("with little room: what arrives is in order, and what is missing was counted, never what was offered last", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (acts, capacity) => {
      const scene = await play(acts, capacity);
      await recover(scene);
      const { acknowledged } = scene.hub;
      for (const [lane, ids] of byLane(acknowledged)) {
        const offered = byLane(scene.offered).get(lane) ?? [];
        expect(offered.filter((id) => ids.includes(id))).toEqual(ids);
      }
      expect(scene.outbox.status().dropped).toBe(scene.offered.length - acknowledged.length);
      for (const id of scene.offered.slice(-capacity)) expect(acknowledged).toContain(id);
    }),
    { numRuns: 60 },
  );
});
