import { resolveDocument } from "../../../../src/core/config/resolve";

type Keys = Readonly<Record<string, unknown>>;

const telemetry = { table: "holding", address: 0, type: "uint16", group: "g" };
const property = { ...telemetry, address: 1, kind: "property" };
const forOthers = { ...telemetry, address: 2, kind: "none" };
const setpoint = { ...telemetry, address: 3, access: "readWrite", kind: "telemetry" };

function warnings(group: Keys, points: Keys, device: Keys = {}, root: Keys = {}): Record<string, string> {
  const resolved = resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "h" } },
      outputs: { slow: { format: "records" } },
      groups: { g: { intervalMs: 1000 } },
      devices: { a: { connection: "plant", unitId: 1, points, groups: { g: group }, ...device } },
      ...root,
    },
    () => undefined,
  );
  expect(resolved.problems).toEqual([]);
  return Object.fromEntries(resolved.warnings.map(({ path, text }) => [path, text]));
}

const place = (key: string): string => `/devices/a/groups/g/${key}`;

test("publishMs and output of a group of which nothing is sent", () => {
  const publishing = { publishMs: 60_000, output: "slow", priority: "high" };
  expect(warnings(publishing, { property, forOthers })).toEqual({
    [place("publishMs")]: expect.stringMatching(/^"publishMs" changes nothing: no point of the group is sent/),
    [place("output")]: expect.stringMatching(/^"output" changes nothing: no point of the group is sent/),
  });
  expect(warnings(publishing, { property, telemetry })).toEqual({});
  // Only in records: there properties are sent.
  expect(warnings(publishing, { property }, { identity: "none" })).toEqual({});
});

test("output and priority of what is read on demand", () => {
  const onDemand = { intervalMs: "onDemand", output: "slow", priority: "high" };
  expect(warnings(onDemand, { telemetry })).toEqual({
    [place("output")]: expect.stringMatching(/^"output" changes nothing: what is read on demand is answered/),
    [place("priority")]: expect.stringMatching(/^"priority" changes nothing: what is read on demand/),
  });
  // What is read back after a write is sent.
  expect(Object.keys(warnings(onDemand, { setpoint }))).toEqual([place("priority")]);
});

test("a group for several devices is idle where it is so for all; the key is found where it stands", () => {
  const profile = { groups: { g: { intervalMs: 1000 } }, points: { property } };
  const device = { points: undefined, groups: undefined, profile: "p" };
  const root = { groups: { g: { publishMs: 5000 } }, profiles: { p: profile } };
  expect(Object.keys(warnings({}, {}, device, root))).toEqual(["/groups/g/publishMs"]);
  const other = { connection: "plant", unitId: 2, points: { telemetry } };
  const two = { a: { connection: "plant", unitId: 1, profile: "p" }, b: other };
  expect(
    warnings({}, {}, device, { ...root, groups: { g: { intervalMs: 1000, publishMs: 5000 } }, devices: two }),
  ).toEqual({});
  const own = {
    ...root,
    groups: {},
    profiles: { p: { ...profile, groups: { g: { intervalMs: 1000, publishMs: 5000 } } } },
  };
  expect(Object.keys(warnings({}, {}, device, own))).toEqual(["/profiles/p/groups/g/publishMs"]);
});

test("of instances it is said at their template", () => {
  const template = {
    for: { n: "1-20" },
    connection: "plant",
    unitId: "{n}",
    points: { property },
    groups: { g: { publishMs: 5000 } },
  };
  const found = warnings({}, {}, {}, { devices: { "d{n}": template } });
  expect(Object.keys(found)).toEqual(["/devices/d{n}/groups/g/publishMs"]);
});
