import type { Bounds } from "../../../src/cloud/spoolBacklog";
import { type Act, expectOrder, Gateway, ONE, play } from "../../support/outboxLives";

/** Stories that `test/property/outbox.test.ts` has found, each with its defect. */
const offer = (lane: number, count: number, output = "telemetry"): Act => ({ kind: "offer", lane, count, output });
const pass = (ms: number): Act => ({ kind: "pass", ms });
const pace = (ms: number): Act => ({ kind: "pace", ms });
const disk = (how: Extract<Act, { kind: "disk" }>["how"]): Act => ({ kind: "disk", how });
const room = (messages: number): Bounds => ({ memoryBytes: 40 * ONE, spoolBytes: messages * ONE });

test("a write that failed and was made, behind a kill, is not read back beside what is in memory", async () => {
  const gateway = await play(
    [
      offer(0, 1),
      pass(700),
      disk("everything"),
      { kind: "kill" },
      pass(348),
      offer(0, 4),
      offer(0, 2),
      disk("afterWriting"),
      pass(183),
      pass(519),
    ],
    room(20),
  );
  gateway.expectEmpty();
  expect(gateway.acknowledged.length).toBe(7);
});

test("what waited behind dropped messages goes, and a lane whose first message was stored meanwhile, without a push", async () => {
  const gateway = await play(
    [offer(1, 1), offer(0, 5), offer(0, 8), pace(1), { kind: "restart" }, offer(1, 7)],
    room(20),
  );
  gateway.expectEmpty();
  expect(gateway.acknowledged.length + gateway.dropped).toBe(21);
});

test("messages that leave memory while later ones are read back go before them", async () => {
  const gateway = await play(
    [offer(0, 2), pace(3), offer(0, 9), pass(706), offer(0, 7), offer(0, 7), offer(0, 6), offer(0, 10), offer(0, 6)],
    room(45),
  );
  expectOrder(gateway.acknowledged);
  gateway.expectEmpty();
});

test("over the bound, with nothing urgent left to read: the oldest of the bulk goes, and the disk is not blamed", async () => {
  const gateway = new Gateway(room(60));
  await gateway.start();
  const steps = [offer(0, 12, "events"), pass(1000), offer(1, 30), offer(2, 10), pass(1000), offer(3, 12), pass(1000)];
  for (const step of steps) await gateway.do(step);
  await gateway.do({ kind: "acknowledge", at: 0, count: 15 });
  for (const step of [offer(4, 30), pass(1000), offer(5, 30), pass(1000)]) await gateway.do(step);
  expect(gateway.now.outbox.status()).toMatchObject({ spool: { state: "open", reason: "" } });
});

test("what was dropped over the bound does not come back behind its successors, killed the moment after", async () => {
  const gateway = new Gateway(room(20));
  await gateway.start();
  for (const step of [offer(0, 2), pass(700), offer(0, 4)]) await gateway.do(step);
  gateway.now.outbox.setBounds({ memoryBytes: 6 * ONE, spoolBytes: 5 * ONE });
  await gateway.do(offer(0, 1));
  await gateway.do({ kind: "acknowledge", at: 0, count: 1 });
  await gateway.do({ kind: "kill" });
  await gateway.recover();
  expectOrder(gateway.acknowledged);
  gateway.expectEmpty();
});

test("nor does one for which memory had no room while it was being written", async () => {
  const fail: Act = { kind: "fail", at: 0, reason: "timeout" };
  const first = [offer(0, 1), pass(38), pace(1), pass(662), pace(3), offer(0, 20), offer(1, 9), pass(3), fail];
  const gateway = await play(
    [...first, offer(0, 11), { kind: "acknowledge", at: 0, count: 2 }, { kind: "kill" }],
    room(20),
  );
  expectOrder(gateway.acknowledged);
  gateway.expectEmpty();
});
