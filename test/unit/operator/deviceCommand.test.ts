import { setMaxListeners } from "node:events";
import type { DeviceCommand } from "../../../src/core/config/deviceCommand";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { createCommands } from "../../../src/operator/commands";
import type { WriteAudit } from "../../../src/operator/writeAudit";
import type { WritePolicy } from "../../../src/operator/writePolicy";
import { restOfPorts } from "../../support/commandPorts";
import { createFakeAccess } from "../../support/fakeAccess";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

const whole = (value: number) => ({ coefficient: BigInt(value), scale: 0 });
const write = { verify: "readBack" } as const;

const POINTS = [
  aPoint("running", 1, { table: "discrete", type: "bool" }),
  aPoint("level", 200, { access: "readWrite", write: { ...write, min: whole(10), max: whole(80) } }),
  aPoint("pulse", 8, { table: "coil", type: "bool", access: "write", kind: "none", write: { verify: "echo" } }),
];

const fill: DeviceCommand = {
  name: "fill",
  request: [{ name: "target", type: "number", min: whole(20), max: whole(70) }],
  when: [{ point: "running", value: { constant: false } }],
  steps: [
    { kind: "write", items: [{ point: "level", value: { field: "target" } }] },
    { kind: "write", items: [{ point: "pulse", value: { constant: true } }] },
    { kind: "wait", waitMs: 500 },
    { kind: "until", items: [{ point: "running", value: { constant: true } }], timeoutMs: 2000 },
    { kind: "write", items: [{ point: "pulse", value: { constant: false } }] },
  ],
};

function setUp(writes: WritePolicy = "declared", command: DeviceCommand = fill) {
  const clock = createManualClock();
  const access = createFakeAccess(aDevice("tank", POINTS, { commands: new Map([[command.name, command]]) }));
  access.held.set("tank/running", false).set("tank/level", 15);
  const audits: string[] = [];
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const call = createCommands({
    ...restOfPorts,
    access,
    writes: () => writes,
    clock,
    log: createMemoryLog(),
    signal: controller.signal,
    plan: () => undefined,
    polling: { pause: () => undefined, resume: () => undefined },
    runner: () => undefined,
    onAudit: ({ device, values, outcome, by }: WriteAudit) =>
      void audits.push(`${device} ${JSON.stringify(values)} ${outcome} ${by}`),
    config: () => ({ connections: new Map(), devices: access.devices, module: {} }),
    status: () => ({ status: 200, payload: {} }),
  });
  const begin = (payload: Json) => call(`tank*${command.name}`, payload);
  const run = (payload: Json) => clock.advanceUntil(begin(payload));
  return { clock, access, audits, run, begin, call, controller };
}

/** The pump starts when the pulse comes. */
function starts(access: ReturnType<typeof createFakeAccess>): void {
  access.before = (what, _device, point) => {
    if (what === "write" && point === "pulse") access.held.set("tank/running", true);
  };
}

describe("a command of a device", () => {
  it("carries its steps out in order and says what came of each", async () => {
    const { access, run, audits, clock } = setUp();
    starts(access);
    const begin = clock.monotonic();
    const { status, payload } = await run({ target: 40 });
    expect(status).toBe(200);
    expect(access.writes).toEqual(["tank/level=40", "tank/pulse=true", "tank/pulse=false"]);
    expect(clock.monotonic() - begin).toBeGreaterThanOrEqual(500);
    expect(payload).toMatchObject({
      device: "tank",
      command: "fill",
      results: { level: { outcome: "verified", requested: 40 }, pulse: { requested: false } },
      steps: [
        { results: { level: { outcome: "verified" } } },
        { results: { pulse: { requested: true } } },
        { waitMs: 500 },
        { until: { running: true } },
        { results: { pulse: { requested: false } } },
      ],
    });
    expect(audits).toEqual([
      'tank {"level":40} verified command fill',
      'tank {"pulse":true} verified command fill',
      'tank {"pulse":false} verified command fill',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, Json, number, string | undefined, RegExp]>([
    ["without its field", {}, 400, "/target", /"target" is missing: a number/],
    ["with a text", { target: "40" }, 400, "/target", /expected a number, got "40"/],
    ["with a list", { target: [4] }, 400, "/target", /not a list/],
    ["with another key", { target: 40, trget: 1 }, 400, "/trget", /did you mean "target"/],
    ["with no object", [1], 400, "", /must be a JSON object/],
    ["below the field's limit", { target: 19 }, 422, "/target", /19 is below 20; the nearest value is 20/],
    ["above the field's limit", { target: 70.5 }, 422, "/target", /70.5 is above 70; the nearest value is 70/],
    ["between two steps of the point", { target: 30.4 }, 422, "/target", /level: 30.4 lies between/],
  ])("%s is refused, and nothing is read or written", async (_what, payload, status, path, message) => {
    const { access, run } = setUp();
    const read = jest.spyOn(access, "read");
    const answer = await run(payload);
    const error = answer.payload["error"] as { code: number; message: string; path?: string };
    expect([answer.status, error.code, error.path]).toEqual([status, status, path]);
    expect(error.message).toMatch(message);
    expect(access.writes).toEqual([]);
    expect(read).not.toHaveBeenCalled();
  });

  it("checks the limits of the point too, and names the nearest value", async () => {
    const wide = { ...fill, request: [{ name: "target", type: "number" as const }] };
    const { run, access, audits } = setUp("declared", wide);
    const { status, payload } = await run({ target: 99 });
    expect([status, payload["error"]]).toEqual([
      422,
      expect.objectContaining({ code: 422, path: "/target", nearest: 80 }),
    ]);
    expect(payload["results"]).toMatchObject({ level: { outcome: "refused", attempts: 0 } });
    expect(access.writes).toEqual([]);
    expect(audits).toHaveLength(1);
  });

  it("is not begun where writing is off, or its condition is not met, or cannot be known", async () => {
    const off = setUp("off");
    expect((await off.run({ target: 40 })).status).toBe(403);
    const busy = setUp();
    busy.access.held.set("tank/running", true);
    const refused = await busy.run({ target: 40 });
    expect([refused.status, (refused.payload["error"] as { message: string }).message]).toEqual([
      409,
      '"running" is true, not false; nothing was written',
    ]);
    const silent = setUp();
    silent.access.bad.set("tank/running", "timeout");
    expect((await silent.run({ target: 40 })).status).toBe(504);
    const odd = setUp();
    odd.access.bad.set("tank/running", "exception:2");
    expect((await odd.run({ target: 40 })).status).toBe(502);
    for (const { access } of [off, busy, silent, odd]) expect(access.writes).toEqual([]);
    expect(busy.audits).toEqual(['tank {"level":40,"pulse":false} refused command fill']);
  });

  it("stops at the first failure, and says which step it was and what was not reached", async () => {
    const { access, run } = setUp();
    access.outcome = { outcome: "mismatch", status: 502, readBack: 15, reason: "the device holds another value" };
    const { status, payload } = await run({ target: 40 });
    expect(status).toBe(502);
    expect((payload["error"] as { message: string }).message).toBe(
      "step 1 of 5: level: the device holds another value",
    );
    expect(payload["results"]).toMatchObject({
      level: { outcome: "mismatch", readBack: 15 },
      pulse: { outcome: "refused", attempts: 0 },
    });
    expect(access.writes).toEqual(["tank/level=40"]);
  });

  it("fails where what it waits for does not come: 502, or 504 without an answer", async () => {
    const never = setUp();
    const answer = await never.run({ target: 40 });
    expect([answer.status, (answer.payload["error"] as { message: string }).message]).toEqual([
      502,
      'step 4 of 5: "running" is false, not true after 2000 ms',
    ]);
    expect(never.access.writes).toEqual(["tank/level=40", "tank/pulse=true"]);
    const gone = setUp();
    gone.access.before = (what) => {
      if (what === "write") gone.access.bad.set("tank/running", "timeout");
    };
    expect((await gone.run({ target: 40 })).status).toBe(504);
    expect(never.clock.pendingTimers + gone.clock.pendingTimers).toBe(0);
  });

  it("ends when the module closes", async () => {
    const { access, run, clock, controller } = setUp();
    clock.setTimer(100, () => controller.abort());
    const { status, payload } = await run({ target: 40 });
    expect([status, (payload["error"] as { message: string }).message]).toEqual([
      504,
      "step 3 of 5: the module is closing",
    ]);
    expect(access.writes).toEqual(["tank/level=40", "tank/pulse=true"]);
  });

  it("ends where its device becomes another one in the middle", async () => {
    const { access, run } = setUp();
    access.before = (what, _device, point) => {
      const tank = access.devices.get("tank");
      if (what === "write" && point === "pulse" && tank !== undefined)
        access.devices.set("tank", { ...tank, unitId: 9, fingerprint: "another" });
    };
    const { status, payload } = await run({ target: 40 });
    expect(status).toBe(409);
    expect(access.writes).toEqual(["tank/level=40", "tank/pulse=true"]);
    expect(payload).toMatchObject({ error: { message: expect.stringContaining("step 3 of 5") } });
    expect(payload).toMatchObject({ error: { message: expect.stringContaining("has just changed") } });
  });
});

describe("two commands of one device", () => {
  const pulse: DeviceCommand = {
    name: "pulse",
    request: [{ name: "level", type: "number" }],
    when: [],
    steps: [
      { kind: "write", items: [{ point: "level", value: { field: "level" } }] },
      { kind: "wait", waitMs: 6000 },
      { kind: "write", items: [{ point: "pulse", value: { constant: true } }] },
    ],
  };
  const messageOf = (payload: JsonObject): string => (payload["error"] as unknown as { message: string }).message;

  it("come one after the other, in the order in which they were asked for", async () => {
    const { access, clock, begin } = setUp("declared", pulse);
    const answers = await clock.advanceUntil(Promise.all([begin({ level: 20 }), begin({ level: 30 })]));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(access.writes).toEqual(["tank/level=20", "tank/pulse=true", "tank/level=30", "tank/pulse=true"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("and one that would not have the time for all its steps any more is refused, with nothing written", async () => {
    const { access, audits, clock, begin } = setUp("declared", pulse);
    const answers = await clock.advanceUntil(Promise.all([20, 30, 40, 50].map((level) => begin({ level }))));
    // 25 s, of which 6 s are rests and 5 s for the requests: what waits longer than 14 s for its turn is refused.
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 409]);
    expect(messageOf(answers[3]?.payload ?? {})).toBe(
      'another command (or set point) of "tank" is under way, and this one could not wait any longer; nothing was written',
    );
    expect(access.writes.filter((text) => text.includes("level"))).toEqual([
      "tank/level=20",
      "tank/level=30",
      "tank/level=40",
    ]);
    expect(audits).toContain('tank {"level":50,"pulse":true} refused command pulse');
  });

  it("wait in a bounded number", async () => {
    const { clock, begin } = setUp("declared", pulse);
    const all = Array.from({ length: 30 }, (_, i) => begin({ level: 20 + i }));
    const answers = await clock.advanceUntil(Promise.all(all));
    const full = answers.filter(({ status, payload }) => status === 409 && messageOf(payload).includes("too many"));
    expect(full).toHaveLength(13);
  });

  it("leave a single write its way: it does not wait for the end of a command", async () => {
    const { access, clock, begin, call } = setUp("declared", pulse);
    const command = begin({ level: 20 });
    await clock.advance(1000);
    const write = await clock.advanceUntil(call("writePoints", { device: "tank", values: { level: 50 } }));
    expect(write.status).toBe(200);
    expect(access.writes).toEqual(["tank/level=20", "tank/level=50"]);
    expect((await clock.advanceUntil(command)).status).toBe(200);
  });

  it("are looked at anew when their turn comes: the device may be another one, or writing off", async () => {
    const { access, clock, begin } = setUp("declared", pulse);
    const answers = [begin({ level: 20 }), begin({ level: 30 })];
    await clock.advance(1000);
    const tank = access.devices.get("tank");
    if (tank !== undefined) access.devices.set("tank", { ...tank, fingerprint: "another" });
    const [first, second] = await clock.advanceUntil(Promise.all(answers));
    expect([first?.status, second?.status]).toEqual([409, 409]);
    expect(messageOf(second?.payload ?? {})).toContain("has just changed; nothing was written");
    expect(access.writes).toEqual(["tank/level=20"]);
  });

  it("end when the module closes", async () => {
    const { access, clock, begin, controller } = setUp("declared", pulse);
    const answers = [begin({ level: 20 }), begin({ level: 30 })];
    clock.setTimer(100, () => controller.abort());
    const [, second] = await clock.advanceUntil(Promise.all(answers));
    expect([second?.status, messageOf(second?.payload ?? {})]).toEqual([504, "the module is closing"]);
    expect(access.writes).toEqual(["tank/level=20"]);
    expect(clock.pendingTimers).toBe(0);
  });
});
