import type { OutboxStatus } from "../../../src/cloud/outbox";
import { createScope } from "../../../src/kernel/scope";
import { createModuleNews } from "../../../src/runtime/moduleNews";
import { createManualClock } from "../../support/manualClock";

const QUIET: OutboxStatus = {
  offered: 0,
  recovered: 0,
  queued: 0,
  inFlight: 0,
  acknowledged: 0,
  dropped: 0,
  quarantined: 0,
  spool: { state: "unused", reason: "", written: 0 },
};

function setUp() {
  const clock = createManualClock();
  const scope = createScope();
  const told: [kind: string, text: string][] = [];
  let status = QUIET;
  const news = createModuleNews(
    { clock, outbox: { status: () => status }, events: { moduleEvent: (...event) => void told.push(event) } },
    scope,
  );
  const set = async (change: Partial<OutboxStatus>, ms = 5000): Promise<void> => {
    status = { ...status, ...change };
    await clock.advance(ms);
  };
  return { clock, scope, told, news, set };
}

const problem = { path: "/devices/boiler/unitId", text: "300 is out of range" };

test("each document has its outcome told, a refusal that comes again once", () => {
  const { news, told } = setUp();
  const rejected = { state: "rejected", version: 3, problems: [problem] } as const;
  news.configured({
    state: "applied",
    version: 2,
    problems: [],
    config: { connections: new Map(), devices: new Map(), module: {} },
  });
  news.configured(rejected);
  news.configured({ ...rejected, version: 4 });
  news.configured({ state: "partial", version: 5, problems: Array(5).fill(problem) });
  news.configured({ ...rejected, version: 6 });
  const shown = "/devices/boiler/unitId: 300 is out of range";
  expect(told).toEqual([
    ["configurationApplied", "configuration 2 applied (0 devices, 0 connections in force)"],
    ["configurationRejected", `configuration 3 rejected: ${shown}`],
    ["configurationPartial", `configuration 5 partial: ${shown}; ${shown}; ${shown}; and 2 more`],
    ["configurationRejected", `configuration 6 rejected: ${shown}`],
  ]);
});

test("what is given up is told at once, then every ten minutes with the number since", async () => {
  const { told, set } = setUp();
  await set({ dropped: 1 });
  await set({ dropped: 5 });
  await set({ dropped: 40 }, 300_000);
  expect(told).toEqual([["messagesDropped", expect.stringMatching(/^1 message given up: /)]]);
  await set({ dropped: 41 }, 600_000);
  await set({}, 3_600_000);
  expect(told.slice(1)).toEqual([["messagesDropped", expect.stringMatching(/^40 messages given up: /)]]);
});

test("what is put aside, and a spool that fails and works again", async () => {
  const { told, set } = setUp();
  await set({ quarantined: 2, spool: { state: "failing", reason: "the disk is full", written: 0 } });
  await set({ spool: { state: "open", reason: "", written: 0 } });
  expect(told.map(([kind]) => kind)).toEqual(["messagesQuarantined", "spoolFailing", "spoolWorks"]);
  expect(told[1]?.[1]).toContain("the disk is full");
  // On and off: the second time waits, and nothing is told that is over by then.
  await set({ spool: { state: "failing", reason: "the disk is full", written: 0 } });
  await set({ spool: { state: "open", reason: "", written: 0 } }, 3_600_000);
  expect(told).toHaveLength(3);
});

test("nothing is looked at after the end", async () => {
  const { told, scope, set } = setUp();
  await scope.close();
  await set({ dropped: 1 });
  expect(told).toEqual([]);
});
