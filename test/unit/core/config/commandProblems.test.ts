import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";

const points = {
  level: { table: "holding", address: 1, type: "uint16", access: "readWrite", writeMin: 10, writeMax: 80 },
  mode: { table: "holding", address: 2, type: "uint16", access: "readWrite", enum: { "0": "off", "1": "on" } },
  pulse: { table: "coil", address: 1, access: "write" },
  running: { table: "discrete", address: 1 },
  rare: { table: "coil", address: 2, access: "write", minWriteIntervalMs: 30_000 },
};

function resolve(command: object, device: object = {}) {
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      profiles: { p: { points, commands: { go: command } } },
      devices: { boiler: { connection: "plant", unitId: 1, profile: "p", ...device } },
    },
    builtInProfiles,
  );
}

function problems(command: object, device: object = {}): Record<string, string> {
  return Object.fromEntries(resolve(command, device).problems.map(({ path, text }) => [path, text]));
}

function commandsOf(command: object, device: object): readonly string[] {
  const { devices, problems: wrong } = resolve(command, device);
  expect(wrong).toEqual([]);
  const boiler = devices.get("boiler");
  return boiler?.ok ? [...(boiler.value.commands?.keys() ?? [])] : [];
}

const C = "/profiles/p/commands/go";
const good = { steps: [{ write: { level: 20 } }] };

describe("commands of a document", () => {
  it("take values of the request, conditions, rests", () => {
    const command = {
      title: "Fill",
      request: { level: { type: "number", min: 10, max: 60 }, how: { type: "string" } },
      when: { running: false, mode: "off" },
      steps: [
        { write: { level: "{level}", mode: "{how}", pulse: true } },
        { waitMs: 100 },
        { until: { running: true, level: "{level}" }, timeoutMs: 5000 },
      ],
    };
    expect(problems(command)).toEqual({});
    const device = resolve(command).devices.get("boiler");
    expect(device?.ok && device.value.commands?.get("go")).toMatchObject({
      title: "Fill",
      request: [
        { name: "level", type: "number" },
        { name: "how", type: "string" },
      ],
      when: [
        { point: "running", value: { constant: false } },
        { point: "mode", value: { constant: "off" } },
      ],
      steps: [
        {
          kind: "write",
          items: [{ value: { field: "level" } }, { value: { field: "how" } }, { value: { constant: true } }],
        },
        { kind: "wait", waitMs: 100 },
        { kind: "until", timeoutMs: 5000 },
      ],
    });
  });

  it("are replaced and taken away by the device", () => {
    expect(commandsOf(good, {})).toEqual(["go"]);
    expect(commandsOf(good, { commands: { go: null } })).toEqual([]);
    expect(commandsOf(good, { commands: { stop: { steps: [{ write: { mode: "off" } }] } } })).toEqual(["go", "stop"]);
  });

  it("go with the points that a device leaves out", () => {
    expect(commandsOf(good, { points: { level: null } })).toEqual([]);
    expect(commandsOf(good, { points: { level: { enabled: false } } })).toEqual([]);
  });

  it.each<[string, object, string, string]>([
    ["no steps", {}, `${C}/steps`, '"steps" is missing: a list of steps'],
    ["an empty list", { steps: [] }, `${C}/steps`, "a list does not fit: a list of 1 to 32 steps"],
    [
      "a step of two kinds",
      { steps: [{ write: { level: 20 }, waitMs: 5 }] },
      `${C}/steps/0`,
      "a step is one of write, waitMs, until",
    ],
    ["a step of none", { steps: [{}] }, `${C}/steps/0`, "a step is one of write, waitMs, until"],
    [
      "a step with a slip",
      { steps: [{ wirte: { level: 20 } }] },
      `${C}/steps/0/wirte`,
      '"wirte" is not a key of a step; did you mean "write"?',
    ],
    [
      "an unknown point",
      { steps: [{ write: { levle: 20 } }] },
      `${C}/steps/0/write/levle`,
      'there is no point "levle"; did you mean "level"?',
    ],
    [
      "a point that is only read",
      { steps: [{ write: { running: true } }] },
      `${C}/steps/0/write/running`,
      'the point "running" can only be read',
    ],
    [
      "a value outside the limits",
      { steps: [{ write: { level: 81 } }] },
      `${C}/steps/0/write/level`,
      "81 is above 80, the highest value that may be written; the nearest value is 80",
    ],
    [
      "a value that does not fit",
      { steps: [{ write: { level: 20.5 } }] },
      `${C}/steps/0/write/level`,
      "20.5 lies between two steps of 1; the nearest value is 21",
    ],
    [
      "a field that is not there",
      {
        request: { level: { type: "number" } },
        steps: [{ write: { level: "{levle}" } }, { write: { level: "{level}" } }],
      },
      `${C}/steps/0/write/level`,
      'the request has no field "levle"; did you mean "level"?',
    ],
    [
      "a field that nobody takes",
      { request: { level: { type: "number" } }, steps: [{ write: { level: 20 } }] },
      `${C}/request/level`,
      'no step takes "{level}": leave the field out',
    ],
    [
      "a field of the wrong type",
      { request: { level: { type: "boolean" } }, steps: [{ write: { level: "{level}" } }] },
      `${C}/steps/0/write/level`,
      'the value of "level" is a number, and "level" is a boolean',
    ],
    [
      "a field wider than the point",
      { request: { level: { type: "number", max: 90 } }, steps: [{ write: { level: "{level}" } }] },
      `${C}/request/level/max`,
      '90 is above 80, the highest value that may be written to "level"',
    ],
    [
      "limits of a text",
      { request: { how: { type: "string", min: 1 } }, steps: [{ write: { mode: "{how}" } }] },
      `${C}/request/how/min`,
      "only a number has limits, and this is a string",
    ],
    [
      "waiting for what is never read",
      { steps: [{ until: { pulse: true }, timeoutMs: 5 }] },
      `${C}/steps/0/until/pulse`,
      'the point "pulse" is never read',
    ],
    ["waiting without an end", { steps: [{ until: { running: true } }] }, `${C}/steps/0`, '"until" needs "timeoutMs"'],
    [
      "a condition of another kind",
      { when: { running: 1 }, ...good },
      `${C}/when/running`,
      'the value of "running" is a boolean, not a number',
    ],
    [
      "a condition that no text is",
      { when: { mode: "standby" }, ...good },
      `${C}/when/mode`,
      '"standby" is not one of "off", "on"',
    ],
    [
      "more rest than a command has",
      { steps: [{ waitMs: 15_000 }, { until: { running: true }, timeoutMs: 6000 }] },
      `${C}/steps`,
      "the steps wait for 21000 ms together; a command has 20000 ms",
    ],
    [
      "a point twice that may not be written so soon: it would end in the middle every time",
      { steps: [{ write: { rare: true } }, { waitMs: 500 }, { write: { rare: false } }] },
      `${C}/steps`,
      "the steps wait for 30000 ms together (verifyDelayMs and minWriteIntervalMs counted); a command has 20000 ms",
    ],
  ])("refuses %s", (_what, command, path, text) => {
    expect(problems(command)).toEqual({ [path]: text });
  });

  it("refuses names that are taken", () => {
    const texts = (name: string) => problems(good, { commands: { [name]: good } });
    expect(texts("level")).toEqual({
      "/devices/boiler/commands/level": 'a point is called "level" too: call one of the two otherwise',
    });
    expect(texts("writePoints")["/devices/boiler/commands/writePoints"]).toContain("reserved");
    expect(texts("re-set")["/devices/boiler/commands/re-set"]).toContain("is not a name for a command");
  });

  it("change the definition of the device", () => {
    const print = (command: object) => {
      const device = resolve(command).devices.get("boiler");
      return device?.ok ? device.value.fingerprint : "";
    };
    expect(print(good)).not.toBe(print({ steps: [{ write: { level: 21 } }] }));
  });
});
