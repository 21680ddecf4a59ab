import { applyDocument } from "../../../../src/core/config/apply";
import { canonicalText } from "../../../../src/core/config/fingerprint";
import type { GatewayConfig } from "../../../../src/core/config/gatewayConfig";
import { configurationJsonSchema } from "../../../../src/core/config/jsonSchema";
import { builtInProfiles } from "../../../../src/core/config/profiles";

/**
 * A key that is accepted and changes nothing is a key that is ignored. Each is given alone (with what it needs beside
 * it in both documents), and must change the fingerprint of what it stands in: that is what a running module acts on.
 */
type Keys = Readonly<Record<string, unknown>>;
/** The key's value, and what stands beside it with and without it. */
type Case = readonly [value: unknown, beside?: Keys];

const $defs = configurationJsonSchema()["$defs"] as Record<string, { properties: Record<string, unknown> }>;
const keysOf = (definition: string): readonly string[] => Object.keys($defs[definition]?.properties ?? {});

/** Points that others name. */
const OTHERS = {
  sf: { table: "input", address: 50, type: "int16" },
  shown: { table: "input", address: 52, type: "uint16" },
};
const RW = { access: "readWrite" };

const POINT: Readonly<Record<string, Case>> = {
  table: ["input"],
  address: [9],
  block: ["b"],
  type: ["int16"],
  order: ["BA"],
  length: [3, { type: "string" }],
  repeat: [{ count: 2 }],
  bit: [3],
  bits: [{ "3": "alarm" }],
  mask: [255],
  scale: [0.1],
  offset: [1],
  scaleBy: [["ratio"]],
  scalePoint: ["sf"],
  range: [{ raw: [0, 10], value: [0, 1] }],
  decimals: [1, { scale: 0.001 }],
  enum: [{ "0": "off" }],
  notAvailable: [[65_535]],
  zone: ["+02:00", { type: "unix32" }],
  min: [1],
  max: [1],
  unit: ["V"],
  title: ["a title"],
  description: ["a text"],
  enabled: [false],
  group: ["slow"],
  access: ["readWrite"],
  kind: ["none"],
  writeMin: [1, RW],
  writeMax: [1, RW],
  verify: ["echo", RW],
  verifyPoint: ["shown", RW],
  verifyDelayMs: [10, RW],
  verifyTolerance: [1, RW],
  writeFunction: ["multiple", RW],
  minWriteIntervalMs: [10, RW],
  apply: ["connect", RW],
  writeExpiresMs: [10, RW],
  report: ["change"],
  deadband: [1],
  reportAtLeastMs: [5000, { report: "change" }],
};

const GROUP: Readonly<Record<string, Case>> = {
  intervalMs: [500],
  align: [true],
  consistent: [true],
  priority: ["high"],
  publishMs: [60_000],
  aggregate: ["mean", { publishMs: 60_000 }],
  output: ["other"],
};

const QUIRKS: Readonly<Record<string, Case>> = {
  order: ["CDAB"],
  addressBase: [1],
  maxReadRegisters: [10],
  maxReadBits: [10],
  maxWriteRegisters: [10],
  maxGap: [3],
  neverRead: [[[90, 95]]],
  singlePointReads: [true],
  responseTimeoutMs: [300],
  requestGapMs: [5],
  connectDelayMs: [5],
  lenientUnitId: [true],
};

const COMMAND = { steps: [{ waitMs: 5 }] };

const PROFILE: Readonly<Record<string, Case>> = {
  ...QUIRKS,
  extends: ["base"],
  parameters: [{ ratio: 7 }],
  blocks: [{ b: { table: "holding", address: 700 } }],
  defaults: [{ scale: 0.5 }],
  groups: [{ slow: { intervalMs: 77_000 } }],
  points: [{ big: { table: "holding", address: 3, type: "uint64" } }],
  commands: [{ go: COMMAND }],
};
/** For people who read the profile. */
const ABOUT = ["title", "manufacturer", "model", "source"];

const DEVICE: Readonly<Record<string, Case>> = {
  ...QUIRKS,
  connection: ["other"],
  unitId: [9],
  profile: ["base"],
  points: [{ big: { table: "holding", address: 3, type: "uint64" } }],
  groups: [{ slow: { intervalMs: 77_000 } }],
  commands: [{ go: COMMAND }],
  defaults: [{ scale: 0.5 }],
  parameters: [{ ratio: 7 }],
  enabled: [false],
  use: [["big"]],
  addressOffset: [100],
  identity: ["none"],
  tags: [{ site: "a" }],
  watchdog: [{ write: { point: "beat", values: [0, 1], everyMs: 1000 } }],
};

const COMMON: Readonly<Record<string, Case>> = {
  responseTimeoutMs: [300],
  requestGapMs: [5],
  connectDelayMs: [5],
  readRetries: [0],
  failuresBeforeReopen: [9],
};
const NETWORK: Readonly<Record<string, Case>> = {
  ...COMMON,
  host: ["elsewhere"],
  port: [1502],
  connectTimeoutMs: [300],
  idleCloseMs: [9000],
  maxInFlight: [3],
};
const CONNECTIONS = {
  tcp: ["TcpConnection", { host: "h" }, { ...NETWORK, framing: ["rtu"] }],
  tls: ["TlsConnection", { host: "h" }, { ...NETWORK, framing: ["mbap"], tls: [{ serverName: "a" }] }],
  udp: ["UdpConnection", { host: "h" }, { ...NETWORK, framing: ["rtu"] }],
  serial: [
    "SerialConnection",
    { path: "/dev/ttyS0", line: "9600 8N1" },
    { ...COMMON, framing: ["ascii"], path: ["/dev/ttyS1"], line: ["9600 8E1"], echo: [true], rs485: [false] },
  ],
} as const;
/** Values that say what is so anyway. */
const NO_CHANGE = new Set(["TlsConnection framing", "SerialConnection rs485"]);

const BASE_PROFILE = {
  parameters: { ratio: 2 },
  points: {
    big: { address: 1, table: "holding", type: "uint32", scaleBy: ["ratio"], group: "slow" },
    bit: { address: 1, table: "coil" },
    beat: { address: 2, table: "holding", type: "uint16", access: "write" },
  },
  groups: { slow: { intervalMs: 60_000 } },
};

function applied(parts: { device?: Keys; profile?: Keys; connection?: Keys; document?: Keys }): GatewayConfig {
  const { config, problems } = applyDocument(
    undefined,
    {
      connections: {
        line: parts.connection ?? { transport: "tcp", host: "h" },
        other: { transport: "tcp", host: "h2" },
      },
      outputs: { other: { format: "records" } },
      profiles: { base: { ...BASE_PROFILE, ...parts.profile }, ...((parts.document?.["profiles"] as object) ?? {}) },
      devices: { plc: { connection: "line", unitId: 1, ...(parts.device ?? { profile: "base" }) } },
      groups: { slow: { intervalMs: 60_000 } },
    },
    builtInProfiles,
  );
  expect(problems).toEqual([]);
  return config;
}

const device = (parts: Parameters<typeof applied>[0]): string => applied(parts).devices.get("plc")?.fingerprint ?? "";

test("every key of the schema is looked at here", () => {
  const but = (names: readonly string[]) => (key: string) => !names.includes(key);
  expect(Object.keys(POINT).sort()).toEqual([...keysOf("Point")].sort());
  expect(Object.keys(GROUP).sort()).toEqual([...keysOf("Group")].sort());
  expect(Object.keys(PROFILE).sort()).toEqual(keysOf("Profile").filter(but(ABOUT)).sort());
  expect(Object.keys(DEVICE).sort()).toEqual(
    keysOf("Device")
      .filter(but(["for"]))
      .sort(),
  );
  for (const [definition, , keys] of Object.values(CONNECTIONS)) {
    expect(Object.keys(keys).sort()).toEqual(
      keysOf(definition)
        .filter(but(["for", "transport"]))
        .sort(),
    );
  }
});

test.each(Object.entries(POINT))("a point's %s is part of what it is", (key, [value, beside = {}]) => {
  const of = (more: Keys): string => {
    const bare = { table: "holding", address: 5, type: "uint16", ...beside };
    const points = { ...OTHERS, level: { ...bare, ...(key === "length" ? { length: 2 } : {}), ...more } };
    const profile = { points, blocks: { b: { table: "holding", address: 700 } }, parameters: { ratio: 3 } };
    return device({ profile, device: { profile: "base" } });
  };
  expect(of({ [key]: value })).not.toBe(of({}));
});

test.each(Object.entries(GROUP))("a group's %s is part of a device that uses it", (key, [value, beside = {}]) => {
  const of = (more: Keys): string =>
    device({
      device: { profile: "base", use: ["big"], groups: { slow: { intervalMs: 60_000, ...beside, ...more } } },
    });
  expect(of({ [key]: value })).not.toBe(of({}));
});

test.each(Object.entries(DEVICE))("a device's %s is part of it", (key, [value]) => {
  // Without identity its values need an output of another format.
  const groups = { slow: { output: "other" }, default: { output: "other" } };
  const beside = { profile: "base", ...(key === "identity" ? { groups } : {}) };
  const points = key === "profile" ? { points: { x: { table: "holding", address: 1, type: "uint16" } } } : {};
  const without: Keys = key === "profile" ? points : beside;
  expect(device({ device: { ...without, ...points, [key]: value } })).not.toBe(device({ device: without }));
});

test.each(Object.entries(PROFILE))("a profile's %s is part of its devices", (key, [value]) => {
  const own = {
    parameters: { ratio: 3 },
    points: { one: { block: "b", address: 1, type: "uint16", scaleBy: ["ratio"] } },
  };
  const blocks = { b: { table: "holding", address: 600 } };
  const bare: Keys = {
    ...own,
    blocks,
    points: { ...own.points, two: { address: 9, table: "holding", type: "uint32", group: "slow" } },
  };
  const of = (more: Keys): string =>
    device({ device: { profile: "mine" }, document: { profiles: { mine: { ...bare, ...more } } } });
  expect(of({ [key]: value })).not.toBe(of({}));
});

describe.each(Object.entries(CONNECTIONS))("of a %s connection", (transport, [definition, bare, keys]) => {
  const of = (more: Keys): string =>
    applied({ connection: { transport, ...bare, ...more } }).connections.get("line")?.fingerprint ?? "";
  test.each(Object.entries(keys))("%s is part of it", (key, [value]) => {
    expect(of({ [key]: value }) !== of({})).toBe(!NO_CHANGE.has(`${definition} ${key}`));
  });
});

test.each([
  ["format", "legacy"],
  ["maxBytes", 2000],
  ["maxDelayMs", 5000],
  ["maxSkewMs", 5],
  ["bigIntegers", "string"],
])("an output's %s is part of it", (key, value) => {
  const of = (more: Keys): string => {
    const outputs = { own: { format: "records", ...more } };
    return canonicalText(applyDocument(undefined, { outputs }, builtInProfiles).config.outputs);
  };
  expect(of({ [key]: value })).not.toBe(of({}));
});
