import type { OutgoingMessage } from "../../src/cloud/edgeHub";
import { createDevHub, type DevHub, type DevHubOptions } from "../../src/devhub/devHub";
import type { Clock } from "../../src/kernel/clock";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createHubProbe, type HubProbe } from "../support/hubProbe";
import { eventually } from "../support/moduleProcess";

const RENEWALS = 27;
/** A minute for 200 on a busy machine; fewer in everyday runs. */
const RECONNECTS = Number(process.env["HUB_RECONNECTS"] ?? 60);
const IN_FLIGHT = 16;

const clock = createSystemClock();
/** The system's, but for rests between attempts to connect: a fiftieth of them. */
const hurried: Clock = {
  ...clock,
  setTimer: (delayMs, callback) => clock.setTimer(delayMs <= 5000 ? delayMs / 50 : delayMs, callback),
};
const closing: (() => Promise<unknown>)[] = [];

async function startHub(options: DevHubOptions = {}): Promise<DevHub> {
  const created = await createDevHub(options, { clock });
  if (!created.ok) throw new TypeError(created.error);
  closing.push(() => created.value.close());
  return created.value;
}

function message(number: number): OutgoingMessage {
  return {
    output: "telemetry",
    messageId: `m${number}`,
    body: `{"n":${number}}`,
    contentType: "application/json",
    contentEncoding: "utf-8",
    properties: {},
  };
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Sends as fast as acknowledgements come, until told to stop; the value is how many were sent, all acknowledged. */
async function load({ hub }: HubProbe, isOver: () => boolean): Promise<number> {
  let count = 0;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (!isOver()) {
      count += 1;
      const sent = await hub.send(message(count));
      if (!sent.ok) failures.push(sent.error);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  expect(failures).toEqual([]);
  return count;
}

it(`${RENEWALS} renewals of the token under load lose nothing, double nothing, and keep the session`, async () => {
  const devHub = await startHub({ messageCapacity: 1_000_000 });
  let connects = 0;
  devHub.onTraffic(({ kind }) => {
    if (kind === "connected") connects += 1;
  });
  // Renewed 0.2 s after each token was made.
  const probe = createHubProbe(devHub.environmentFor("modbus"), undefined, undefined, clock, {
    tokens: { validS: 4, marginS: 3.8 },
  });
  closing.push(() => probe.hub.close());
  await probe.until(({ twins }) => twins.length === 1);
  const sent = await load(probe, () => connects > RENEWALS);
  const ids = devHub.messages.list().map(({ messageId }) => messageId);
  expect(ids).toHaveLength(sent);
  expect(new Set(ids).size).toBe(sent);
  expect(sent).toBeGreaterThan(RENEWALS * IN_FLIGHT);
  expect(probe.states).toEqual(["connected"]);
}, 60_000);

/** What keeps the event loop busy, by kind. */
function resources(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

it(`${RECONNECTS} lost sessions leave nothing behind`, async () => {
  const devHub = await startHub();
  const probe = createHubProbe(devHub.environmentFor("modbus"), undefined, undefined, hurried);
  closing.push(() => probe.hub.close());
  const connected = (times: number): Promise<void> => probe.until(({ twins }) => twins.length >= times);
  await connected(1);
  const lose = async (): Promise<void> => {
    const before = probe.twins.length;
    await devHub.fault(before % 3 === 0 ? "reset" : "loseSessions");
    await connected(before + 1);
  };
  for (let round = 0; round < 5; round++) await lose();
  const sockets = ({ TCPSocketWrap = 0, TLSWrap = 0 }: Readonly<Record<string, number>>): number =>
    TCPSocketWrap + TLSWrap;
  const before = resources();
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  while (probe.twins.length < RECONNECTS + 1) await lose();
  await eventually(
    "as many sockets and timers are open as before",
    () => sockets(resources()) <= sockets(before) && (resources()["Timeout"] ?? 0) <= (before["Timeout"] ?? 0) + 2,
    () => JSON.stringify({ before, after: resources() }),
  );
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
  await expect(probe.hub.send(message(1))).resolves.toMatchObject({ ok: true });
  await expect(devHub.invokeMethod("modbus", "ping", {}, 5000)).resolves.toMatchObject({ status: 200 });
}, 60_000);
