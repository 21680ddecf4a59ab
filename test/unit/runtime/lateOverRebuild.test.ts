import { builtInProfiles } from "../../../src/core/config/profiles";
import { rtuFrame } from "../../../src/core/modbus/rtuFrame";
import { samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { ok } from "../../../src/kernel/result";
import { createSupervisor } from "../../../src/runtime/supervisor";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock } from "../../support/manualClock";

function document(requestGapMs: number, address: number) {
  const points = { level: { table: "holding", address, type: "uint16" } };
  return {
    connections: {
      line: { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1", requestGapMs, readRetries: 0 },
    },
    devices: { boiler: { connection: "line", unitId: 1, points } },
  };
}

const answer = (register: number): string =>
  Buffer.from(rtuFrame(1, Uint8Array.of(3, 2, register >> 8, register & 0xff))).toString("hex");

test("the answer to a connection that is gone is no value of the one that has taken its place", async () => {
  const clock = createManualClock();
  const links: FakeLink[] = [];
  const seen: unknown[] = [];
  const supervisor = createSupervisor({
    clock,
    log: silentLog,
    openerFor: () => async () => {
      const link = createFakeLink();
      links.push(link);
      return ok(link);
    },
    profiles: async () => builtInProfiles,
    onConfig: () => undefined,
    onCycle: ({ runs }) => void seen.push(...samplesOf(runs).map(({ reading }) => reading)),
    onConnection: () => undefined,
    onApplied: () => undefined,
  });
  await clock.advanceUntil(supervisor.apply(document(0, 100), 1));
  await clock.advance(500);
  expect(links[0]?.written).toHaveLength(1);

  // Register 100 is asked for and takes its time; then the document is about register 200.
  const applied = supervisor.apply(document(5, 200), 2);
  await clock.advanceUntil(applied);
  // Behind the rest of a unit that owes an answer, which outlives the connection.
  await clock.advance(300);
  const [, link] = links;
  expect(link?.written[0]).toContain("010300c8");
  link?.arrive(answer(100));
  await clock.advance(100);
  expect(link?.written).toHaveLength(2);
  link?.arrive(answer(200));
  await clock.advance(100);
  expect(seen).toEqual([{ value: 200 }]);
  await clock.advanceUntil(supervisor.close());
});
