import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";

const points = {
  beat: { table: "holding", address: 1, type: "uint16", access: "write", writeMax: 99 },
  scaled: { table: "holding", address: 2, type: "uint16", access: "write", scale: 0.1 },
  slow: { table: "holding", address: 3, type: "uint16", access: "write", minWriteIntervalMs: 5000 },
  pulse: { table: "holding", address: 9, type: "uint16" },
};

function resolve(watchdog: object) {
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      devices: { plc: { connection: "plant", unitId: 1, points, watchdog, groups: { default: { intervalMs: 1000 } } } },
    },
    builtInProfiles,
  );
}

const W = "/devices/plc/watchdog";
const write = { point: "beat", values: [0, 1], everyMs: 1000 };

describe("watchdogs of a document", () => {
  it("are resolved with what they count", () => {
    const { devices, problems } = resolve({
      write: { ...write, values: "increment" },
      read: { point: "pulse", maxUnchangedMs: 2000 },
    });
    expect(problems).toEqual([]);
    const plc = devices.get("plc");
    expect(plc?.ok && plc.value.watchdog).toEqual({
      write: { point: "beat", values: { low: 0, high: 99 }, everyMs: 1000 },
      read: { point: "pulse", maxUnchangedMs: 2000 },
    });
  });

  it.each<[string, object, string, string]>([
    ["neither side", {}, W, 'a watchdog has "write", "read" or both'],
    [
      "an unknown point",
      { write: { ...write, point: "baet" } },
      `${W}/write/point`,
      'there is no point "baet"; did you mean "beat"?',
    ],
    [
      "writing what is only read",
      { write: { ...write, point: "pulse" } },
      `${W}/write/point`,
      'the point "pulse" can only be read',
    ],
    [
      "reading what is only written",
      { read: { point: "beat", maxUnchangedMs: 5000 } },
      `${W}/read/point`,
      'the point "beat" can only be written',
    ],
    [
      "a value outside the limits",
      { write: { ...write, values: [0, 100] } },
      `${W}/write/values/1`,
      "100 is above 99, the highest value that may be written; the nearest value is 99",
    ],
    [
      "one value",
      { write: { ...write, values: [1] } },
      `${W}/write/values`,
      'a list does not fit: a list of 2 to 64 values such as [0, 1], or "increment"',
    ],
    [
      "counting in tenths",
      { write: { ...write, point: "scaled", values: "increment" } },
      `${W}/write/values`,
      '"increment" needs an integer without scale, offset, bit and enum',
    ],
    [
      "more often than the point may be written",
      { write: { ...write, point: "slow" } },
      `${W}/write/everyMs`,
      "1000 is less than the point's minWriteIntervalMs, 5000",
    ],
    [
      "looking more often than it is read",
      { read: { point: "pulse", maxUnchangedMs: 1999 } },
      `${W}/read/maxUnchangedMs`,
      '"pulse" is read every 1000 ms (group default): it must be read at least twice in 1999 ms',
    ],
  ])("refuse %s", (_what, watchdog, path, text) => {
    expect(Object.fromEntries(resolve(watchdog).problems.map((found) => [found.path, found.text]))).toEqual({
      [path]: text,
    });
  });
});
