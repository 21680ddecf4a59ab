import fc from "fast-check";
import { createMethodDispatch } from "../../src/cloud/methodDispatch";
import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import type { Json } from "../../src/kernel/json";
import { ok } from "../../src/kernel/result";
import { createCommands, METHOD_NAMES } from "../../src/operator/commands";
import { restOfPorts } from "../support/commandPorts";
import { contractExample } from "../support/contractExample";
import { createFakeAccess } from "../support/fakeAccess";
import { createManualClock } from "../support/manualClock";
import { createMemoryLog } from "../support/memoryLog";

/** Every status that contract section 6 knows, and 429 for what is too much at once. */
const STATUSES = [200, 400, 403, 404, 409, 422, 429, 502, 504];

function setUp() {
  const { config } = applyDocument(undefined, contractExample(), builtInProfiles);
  const access = createFakeAccess(...config.devices.values());
  for (const device of config.devices.values()) {
    for (const point of device.points) access.held.set(`${device.name}/${point.name}`, 1);
  }
  const log = createMemoryLog();
  const stored: string[] = [];
  const commands = createCommands({
    ...restOfPorts,
    access,
    // Nothing may be written, so nothing is, whatever is asked.
    writes: () => "off",
    clock: createManualClock(),
    log,
    signal: AbortSignal.timeout(60_000),
    runner: () => undefined,
    polling: { pause: () => undefined, resume: () => undefined },
    onAudit: () => undefined,
    config: () => config,
    plan: () => undefined,
    status: () => ({ status: 200, payload: { connections: {}, devices: {} } }),
    saveProfile: async (name) => ok(void stored.push(name)),
  });
  const call = createMethodDispatch({ method: commands }, log);
  return { call, access, log, stored };
}

const KEYS = [
  "device",
  "points",
  "values",
  "connection",
  "unitId",
  "table",
  "address",
  "count",
  "cursor",
  "configuration",
  "name",
  "profile",
  "enabled",
  "until",
  "seconds",
  "format",
  "timeoutMs",
  "maxAgeMs",
  "__proto__",
  "constructor",
  "toString",
];
const WORDS = [
  "boiler",
  "mainMeter",
  "hall",
  "plant",
  "setpoint",
  "energy",
  "holding",
  "acme",
  "pcap",
  "__proto__",
  "",
];

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...WORDS, 0, 1, -1, 1.5, 65_535, 1e308, 2 ** 60, true, null, {}, []),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom(...WORDS), fc.oneof(fc.integer(), fc.constantFrom(...WORDS)), {
    noNullPrototype: true,
  }),
  fc.jsonValue({ maxDepth: 3 }),
);
/** As text: a key `__proto__` is then one like any other. */
const payload = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 6, selector: ([key]) => key })
  .map(
    (entries) =>
      `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${JSON.stringify(json) ?? "null"}`).join(",")}}`,
  );
const method = fc.oneof(
  fc.constantFrom(...METHOD_NAMES),
  fc
    .tuple(
      fc.constantFrom("boiler", "mainMeter", "nobody", "__proto__", ""),
      fc.constantFrom(...METHOD_NAMES, "resetAlarm", "toString"),
    )
    .map(([device, name]) => `${device}*${name}`),
  fc.string({ maxLength: 20 }),
);

test("whatever is called with whatever: an answer of the contract, nothing written, no failure inside", async () => {
  const { call, access, log } = setUp();
  await fc.assert(
    fc.asyncProperty(method, fc.oneof(payload, fc.json(), fc.string()), async (name, body) => {
      const answer = await call(name, body);
      expect(STATUSES).toContain(answer.status);
      expect(JSON.stringify(answer.payload).length).toBeLessThan(128 * 1024);
      if (answer.status >= 400) {
        const { error } = answer.payload as { error: { code: number; message: string } };
        expect(error).toMatchObject({ code: answer.status, message: expect.stringMatching(/\w/) });
      }
    }),
    { numRuns: 1500 },
  );
  expect(access.writes).toEqual([]);
  expect(log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
}, 60_000);

test.each<[string, string | undefined, number]>([
  ["no UTF-8", undefined, 400],
  ["nothing at all", "", 400],
  ["128 KB of a text", JSON.stringify({ device: "x".repeat(128 * 1024) }), 404],
  ["128 KB of points", JSON.stringify({ device: "boiler", points: Array.from({ length: 20_000 }, () => "a") }), 404],
  ["100 000 levels", `${"[".repeat(50_000)}${"]".repeat(50_000)}`, 400],
  ["levels within an object", `{"device":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`, 400],
  ["a half surrogate", '{"device":"\\ud800"}', 404],
  ["a key twice", '{"device":"nobody","device":"boiler","points":[]}', 200],
  ["digits without end", `{"device":"boiler","maxAgeMs":${"9".repeat(100_000)}}`, 400],
])("readPoints with %s", async (_what, body, status) => {
  const answer = await setUp().call("readPoints", body);
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.payload).length).toBeLessThan(2000);
});

test("more calls at once than are taken: the surplus is refused, the others are answered", async () => {
  const { call, access } = setUp();
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  access.before = () => gate;
  const body = JSON.stringify({ device: "boiler", points: ["setpoint"] } satisfies Json);
  const calls = Array.from({ length: 80 }, () => call("readPoints", body));
  release();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(50);
  expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  expect((await call("readPoints", body)).status).toBe(200);
});
