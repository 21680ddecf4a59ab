import { builtInProfiles } from "../../../src/core/config/profiles";
import { silentLog } from "../../../src/kernel/log";
import { ok } from "../../../src/kernel/result";
import { createSupervisor, type Supervisor } from "../../../src/runtime/supervisor";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";
import { SerialBus } from "../../support/serialBus";

/** Two units on a line, polled every 200 ms; unit 1 leaves one request unanswered. */
const points = { level: { table: "holding", address: 100, type: "uint16" } };
const groups = { default: { intervalMs: 200 } };
const device = (unitId: number) => ({ connection: "line", unitId, points, groups });
const DOCUMENT = {
  connections: { line: { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8N1", responseTimeoutMs: 1000 } },
  devices: { silent: device(1), well: device(2) },
};

let clock: ManualClock;
let link: FakeLink;
let supervisor: Supervisor;
/** Instants at which a unit was asked. */
let asked: [number, number][];

beforeEach(async () => {
  clock = createManualClock();
  link = createFakeLink();
  asked = [];
  new SerialBus(link, clock);
  const answering = link.onWrite;
  link.onWrite = (hex) => {
    asked.push([Number.parseInt(hex.slice(0, 2), 16), clock.monotonic()]);
    // The answers of unit 1 to its third and fourth request never come.
    const ofFirst = asked.filter(([unitId]) => unitId === 1).length;
    if (!hex.startsWith("01") || (ofFirst !== 3 && ofFirst !== 4)) answering(hex);
  };
  supervisor = createSupervisor({
    clock,
    log: silentLog,
    openerFor: () => async () => ok(link),
    profiles: async () => builtInProfiles,
    onConfig: () => undefined,
    onCycle: () => undefined,
    onConnection: () => undefined,
    onApplied: () => undefined,
  });
  await clock.advanceUntil(supervisor.apply(DOCUMENT, 1));
});

afterEach(async () => {
  await clock.advanceUntil(supervisor.close());
});

test("a unit that owes an answer takes no more of the line than its timeout: the others are polled while it rests", async () => {
  await clock.advance(12_000);
  const times = asked.filter(([unitId]) => unitId === 2).map(([, at]) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  // T, the time on the wire, its own interval; the hold-off of a quarter of T and the rest of three T are unit 1's alone.
  expect(Math.max(...gaps)).toBeLessThan(1000 + 200 + 50);
  const first = asked.filter(([unitId]) => unitId === 1).length;
  expect(first).toBeGreaterThan(5);
});
