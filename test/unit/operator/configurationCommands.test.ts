import { applyDocument } from "../../../src/core/config/apply";
import type { GatewayConfig } from "../../../src/core/config/gatewayConfig";
import { builtInProfiles, profileLookup } from "../../../src/core/config/profiles";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { err, ok } from "../../../src/kernel/result";
import { createCommands } from "../../../src/operator/commands";
import type { CommandPorts } from "../../../src/operator/methodError";
import { restOfPorts } from "../../support/commandPorts";
import { createFakeAccess } from "../../support/fakeAccess";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";

const point = (address: number) => ({ table: "holding", address, type: "uint16" });

const document = {
  connections: {
    plant: { transport: "tcp", host: "plc.local" },
    hall: { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1" },
  },
  devices: {
    boiler: { connection: "hall", unitId: 7, points: { flow: point(1), level: point(2) } },
    meter: { connection: "plant", unitId: 1, profile: "eastron-sdm630" },
    pump: { connection: "plant", unitId: 2, points: { speed: point(1) } },
    tank: { connection: "plant", unitId: 3, points: { fill: point(1) } },
  },
} as const;

function setUp(more: Partial<CommandPorts> = {}) {
  const clock = createManualClock();
  const config = applyDocument(undefined, document, builtInProfiles).config;
  const stored: [string, string][] = [];
  const applied: string[] = [];
  const call = createCommands({
    ...restOfPorts,
    access: createFakeAccess(),
    writes: () => "off",
    clock,
    log: createMemoryLog(),
    signal: new AbortController().signal,
    runner: () => undefined,
    polling: { pause: () => undefined, resume: () => undefined },
    onAudit: () => undefined,
    config: (): GatewayConfig => config,
    plan: () => undefined,
    status: () => ({ status: 200, payload: {} }),
    saveProfile: async (name, text) => ok(void stored.push([name, text])),
    reapply: async () => {
      applied.push("again");
      return document as unknown as Json;
    },
    ...more,
  });
  return { call, stored, applied, clock };
}

const validate = async (configuration: unknown) =>
  (await setUp().call("validateConfiguration", { configuration } as JsonObject)).payload;

describe("validateConfiguration", () => {
  it("finds the document in force good and without a difference", async () => {
    const answer = await validate(document);
    expect(answer).toMatchObject({ state: "applied", connections: 2, devices: 4, unchanged: 4, difference: {} });
    expect(answer).toMatchObject({ problems: {}, loads: { hall: { percent: expect.any(Number) } } });
    expect((answer["cost"] as JsonObject)["messagesADay"]).toBeGreaterThan(0);
  });

  it("tells what would become of each device", async () => {
    const { boiler, meter, tank } = document.devices;
    const devices = {
      boiler: { ...boiler, points: { flow: point(11), speed: point(3) } },
      meter,
      tank: { ...tank, connection: "hall" },
      added: { connection: "plant", unitId: 9, points: { x: point(0) } },
    };
    const answer = await validate({ ...document, devices });
    expect(answer).toMatchObject({
      unchanged: 1,
      difference: {
        added: { change: "added" },
        pump: { change: "removed" },
        tank: { change: "moved" },
        boiler: { change: "changed", addedPoints: ["speed"], removedPoints: ["level"], changedPoints: ["flow"] },
      },
    });
  });

  it("tells problems and warnings by pointer", async () => {
    const devices = {
      boiler: { ...document.devices.boiler, points: { flow: { ...point(1), type: "flaot32" } } },
      fast: {
        connection: "hall",
        unitId: 8,
        groups: { default: { intervalMs: 10 } },
        points: { a: point(1), b: point(900) },
      },
    };
    const answer = await validate({ ...document, devices });
    expect(answer).toMatchObject({
      state: "partial",
      problems: { "/devices/boiler/points/flow/type": expect.stringContaining("float32") },
      warnings: { "/connections/hall": expect.stringContaining("% of the connection's time") },
    });
  });

  it.each<[string, unknown]>([
    ["a text", "hello"],
    ["a list", []],
    ["__proto__", JSON.parse('{"__proto__": {"devices": {}}, "devices": {"__proto__": {}}}')],
  ])("%s is no configuration, and is told so", async (_what, configuration) => {
    expect(await validate(configuration)).toMatchObject({ state: expect.stringMatching(/rejected|partial/) });
  });

  it("refuses a payload without it", async () => {
    expect(await setUp().call("validateConfiguration", { configuration: null })).toMatchObject({ status: 400 });
    expect(await setUp().call("validateConfiguration", {})).toMatchObject({ status: 400 });
    expect(await setUp().call("validateConfiguration", { configuratoin: {} })).toMatchObject({ status: 400 });
  });

  it("comes in pages for a thousand devices", async () => {
    const device = { connection: "plant", points: Object.fromEntries([["abcdefghijklmnopqrstuvwxyz", point(1)]]) };
    const devices = Object.fromEntries(
      Array.from({ length: 3000 }, (_, at) => [`some_rather_long_name_${at}`, { ...device, unitId: at % 250 }]),
    );
    const { call } = setUp();
    const names = new Set<string>();
    let cursor: Json | undefined;
    do {
      const payload: JsonObject = {
        configuration: { ...document, devices },
        ...(cursor === undefined ? {} : { cursor }),
      };
      const answer = await call("validateConfiguration", payload);
      expect(JSON.stringify(answer.payload).length).toBeLessThan(128 * 1024);
      for (const name of Object.keys(answer.payload["difference"] as JsonObject)) names.add(name);
      cursor = answer.payload["cursor"];
    } while (cursor !== undefined);
    expect(names.size).toBe(3004);
  });
});

describe("putProfile", () => {
  const profile = { title: "A pump", points: { speed: point(1) } };

  it("stores a good profile and applies the configuration again", async () => {
    const { call, stored, applied } = setUp();
    const answer = await call("putProfile", { name: "acme-pump", profile });
    expect(answer).toEqual({ status: 200, payload: { name: "acme-pump", replaced: false, devices: [] } });
    expect(stored.map(([name, text]) => [name, JSON.parse(text)])).toEqual([["acme-pump", profile]]);
    expect(applied).toEqual(["again"]);
  });

  it("tells the devices that stand on it, and that it took the place of another", async () => {
    const payload = { name: "eastron-sdm630", profile };
    expect(await setUp().call("putProfile", payload)).toMatchObject({
      payload: { replaced: true, devices: ["meter"] },
    });
    const own = { ...document, profiles: { "eastron-sdm630": profile } };
    const hidden = setUp({ reapply: async () => own as unknown as Json });
    expect((await hidden.call("putProfile", payload)).payload["note"]).toMatch(/hides the stored one/);
  });

  it.each<[string, JsonObject, string]>([
    ["no name", { profile }, "/name"],
    ["a path as name", { name: "../../etc/passwd", profile }, "/name"],
    ["capitals", { name: "Acme", profile }, "/name"],
    ["no profile", { name: "acme" }, "/profile"],
    ["a list", { name: "acme", profile: [] }, "/profile"],
    [
      "a wrong type",
      { name: "acme", profile: { points: { a: { ...point(1), type: "flaot" } } } },
      "/profile/points/a/type",
    ],
    ["an unknown key", { name: "acme", profile: { pionts: {} } }, "/profile/pionts"],
    ["a key too many", { name: "acme", profile, force: true }, "/force"],
  ])("refuses %s and stores nothing", async (_what, payload, path) => {
    const { call, stored, applied } = setUp();
    expect(await call("putProfile", payload)).toMatchObject({ status: 400, payload: { error: { path } } });
    expect([stored, applied]).toEqual([[], []]);
  });

  it("says why a good one could not be stored", async () => {
    const full = setUp({ saveProfile: async () => err("/data/profiles/acme.json: the file system is read-only") });
    const answer = await full.call("putProfile", { name: "acme", profile });
    expect(answer).toMatchObject({ status: 409, payload: { error: { message: expect.stringMatching(/read-only/) } } });
    expect(full.applied).toEqual([]);
  });

  it("takes a profile that extends one of the lookup", async () => {
    const base = JSON.stringify(profile);
    const { call } = setUp({ profiles: async () => profileLookup(new Map([["acme", ok(base)]])) });
    expect(await call("putProfile", { name: "acme-two", profile: { extends: "acme" } })).toMatchObject({ status: 200 });
  });
});

describe("restart", () => {
  it("answers first, then begins the end", async () => {
    let begun = 0;
    const { call, clock } = setUp({ restart: () => begun++ });
    expect(await call("restart", {})).toEqual({ status: 200, payload: { restarting: true } });
    expect(begun).toBe(0);
    await clock.advance(1000);
    expect(begun).toBe(1);
  });

  it("is refused where nobody would start it anew", async () => {
    expect(await setUp().call("restart", {})).toMatchObject({ status: 409 });
    expect(await setUp({ restart: () => undefined }).call("restart", { now: true })).toMatchObject({ status: 400 });
  });
});
