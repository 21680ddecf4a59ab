import type { EdgeHubHandlers } from "../../../src/cloud/edgeHub";
import type { HubSession, HubSessionEvents } from "../../../src/cloud/hubSession";
import { type AnnouncingOpener, createSupervisedHub } from "../../../src/cloud/supervisedHub";
import { silentLog } from "../../../src/kernel/log";
import { err, ok } from "../../../src/kernel/result";
import { createManualClock, type ManualClock } from "../../support/manualClock";

interface Stage {
  readonly clock: ManualClock;
  readonly said: string[];
  /** When each attempt to open began. */
  readonly attempts: number[];
  readonly announced: (string | undefined)[];
  readonly sessions: { readonly events: HubSessionEvents; closed: boolean }[];
  hub: ReturnType<typeof createSupervisedHub>;
}

/** A hub that refuses while `isDown(attempt)`; sessions live until a test loses them. */
function stage(isDown: (attempt: number) => boolean, beforeTwin?: (events: HubSessionEvents) => void): Stage {
  const clock = createManualClock();
  const said: string[] = [];
  const attempts: number[] = [];
  const announced: (string | undefined)[] = [];
  const sessions: { events: HubSessionEvents; closed: boolean }[] = [];
  const open: AnnouncingOpener = async (modelId, events) => {
    attempts.push(clock.monotonic());
    announced.push(modelId);
    if (isDown(attempts.length)) return err({ kind: "offline", detail: "refused" });
    beforeTwin?.(events);
    const record = { events, closed: false };
    sessions.push(record);
    const number = sessions.length;
    const session: HubSession = {
      send: async () => ok(undefined),
      patchReported: async () => ok(undefined),
      readTwin: async () => ok({ desired: { read: number, $version: 2 }, reported: {} }),
      lose: events.lost,
      async close() {
        record.closed = true;
      },
    };
    return ok({ session, twin: { desired: { session: number, $version: 1 }, reported: {} } });
  };
  const handlers: EdgeHubHandlers = {
    twin: ({ desired }) => said.push(`twin ${JSON.stringify(desired)}`),
    desiredPatch: (patch) => said.push(`patch ${JSON.stringify(patch)}`),
    method: async (name) => ({ status: 200, payload: { name } }),
    input: ({ body }) => said.push(`input ${body}`),
    twinRefused: (reason) => said.push(`refused ${reason}`),
    connection: (state, reason) => said.push(`${state} ${reason}`),
  };
  const hub = createSupervisedHub(open, { clock, log: silentLog });
  hub.start(handlers);
  return { clock, said, attempts, announced, sessions, hub };
}

const message = {
  output: "o",
  messageId: "1",
  body: "{}",
  contentType: "application/json",
  contentEncoding: "utf-8",
  properties: {},
} as const;

describe("supervised hub", () => {
  it("tries again with growing rests, at most 5 s, and says once why", async () => {
    const { clock, said, attempts, hub } = stage((attempt) => attempt < 9);
    await clock.advance(25_000);
    expect(attempts).toEqual([0, 100, 350, 850, 1850, 3850, 8850, 13_850, 18_850]);
    expect(said).toEqual(["disconnected refused", "connected ", 'twin {"session":1,"$version":1}']);
    await hub.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("discards a lost session and opens another", async () => {
    const { clock, said, sessions, attempts, hub } = stage(() => false);
    await clock.advance(20_000);
    sessions[0]?.events.lost("reset");
    await clock.settle();
    expect(sessions[0]?.closed).toBe(true);
    await expect(hub.send(message)).resolves.toMatchObject({ ok: false, error: { kind: "offline" } });
    await clock.advance(100);
    await expect(hub.send(message)).resolves.toEqual({ ok: true, value: undefined });
    expect(attempts).toEqual([0, 20_100]);
    expect(said).toEqual([
      "connected ",
      'twin {"session":1,"$version":1}',
      "disconnected reset",
      "connected ",
      'twin {"session":2,"$version":1}',
    ]);
    await hub.close();
  });

  it("goes on backing off where sessions are lost at once", async () => {
    const { clock, sessions, attempts, hub } = stage(() => false);
    for (let round = 0; round < 4; round++) {
      await clock.settle();
      sessions.at(-1)?.events.lost("kicked");
      await clock.advance(1000);
    }
    expect(attempts).toEqual([0, 100, 1250, 2500, 4000]);
    await hub.close();
  });

  it("reads the twin again where a patch came before it", async () => {
    const { clock, said, sessions, hub } = stage(
      () => false,
      (events) => events.desiredPatch({ a: 1, $version: 2 }),
    );
    await clock.settle();
    sessions[0]?.events.desiredPatch({ b: 1, $version: 3 });
    expect(said).toEqual([
      "connected ",
      'twin {"session":1,"$version":1}',
      'twin {"read":1,"$version":2}',
      'patch {"b":1,"$version":3}',
    ]);
    await hub.close();
  });

  it("closes its session, refuses messages afterwards, and never connects again", async () => {
    const { clock, said, sessions, attempts, hub } = stage(() => false);
    await clock.settle();
    await hub.close();
    await clock.advance(60_000);
    expect(sessions[0]?.closed).toBe(true);
    expect(attempts).toEqual([0]);
    expect(said).toHaveLength(2);
    await expect(hub.send(message)).resolves.toMatchObject({ ok: false, error: { kind: "closed" } });
  });

  it("closes while it rests", async () => {
    const { clock, hub } = stage(() => true);
    await clock.advance(1000);
    await hub.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("announces the model, and connects anew when it changes", async () => {
    const { clock, announced, said, hub } = stage(() => false);
    await clock.advance(20_000);
    hub.announce("dtmi:a:b;1");
    await clock.advance(1000);
    hub.announce("dtmi:a:b;1");
    await clock.advance(1000);
    expect(announced).toEqual([undefined, "dtmi:a:b;1"]);
    expect(said).toContain("disconnected the model id has changed");
    await hub.close();
  });

  it("discards its session on a word from outside", async () => {
    const { clock, attempts, said, hub } = stage(() => false);
    await clock.advance(20_000);
    hub.discard("the SDK threw");
    await clock.advance(1000);
    expect(attempts).toEqual([0, 20_100]);
    expect(said).toContain("disconnected the SDK threw");
    await hub.close();
  });

  it("hands on input messages, and reads the twin where a patch cannot be read", async () => {
    const { clock, said, sessions, hub } = stage(() => false);
    await clock.settle();
    sessions[0]?.events.input({ input: "write", body: "{}", properties: {} });
    sessions[0]?.events.unreadablePatch("no JSON");
    await clock.settle();
    expect(said.slice(2)).toEqual(["input {}", 'twin {"read":1,"$version":2}']);
    await hub.close();
  });

  it("reads the twin every 15 minutes", async () => {
    const { clock, said, hub } = stage(() => false);
    await clock.advance(1_800_000);
    expect(said.filter((line) => line.startsWith("twin"))).toHaveLength(3);
    await hub.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
