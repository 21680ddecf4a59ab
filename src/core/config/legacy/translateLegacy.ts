import { isJsonObject, type JsonObject } from "../../../kernel/json";
import type { Problem } from "../problem";
import type { LegacyDevice } from "./legacyDevice";
import { type Findings, knownKeys, LegacyObject } from "./legacyObject";
import { deviceMatcher, devicesOf, deviceTitles, groupsOf, joinConnections } from "./legacySite";
import { type FaultySlave, legacySlave } from "./legacySlave";
import { createRelocation } from "./relocation";

/** Where the archived module sent its messages, and where its successor does. */
export const LEGACY_OUTPUT = "modbusOutput";
const ROOT_KEYS = knownKeys("PublishInterval", "Interval", "Version", "SlaveConfigs");
/** The archived module sent without rest where none was given. */
const PUBLISH = { fallback: 5000, least: 10, most: 86_400_000 };
const DAY_MS = 86_400_000;

/** A slave that can't be carried out and is not in the translation. */
export interface LeftOut extends FaultySlave {
  /** Whether a device of this name may have been the slave's. */
  matches(device: string): boolean;
}

/** A request of the archived module. */
export interface LegacyPoll {
  readonly device: string;
  readonly intervalMs: number;
}

/** A legacy document in the keys of the native format, and what that has no keys for. */
export interface LegacyTranslation {
  readonly document: JsonObject;
  readonly devices: ReadonlyMap<string, LegacyDevice>;
  /** What the archived module sent a request for, each: by the device that it belongs to. */
  readonly operations: readonly LegacyPoll[];
  readonly leftOut: readonly LeftOut[];
  /** Faults of the whole: with one of them nothing can be carried out. */
  readonly root: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** A problem of the native document, at the place of the legacy one that it comes from. */
  relocate(problem: Problem): Problem;
}

/** Each value is a point with a name of its own: more of them would not fit into the memory of a gateway's module. */
const MOST_VALUES = 40_000;

const NOTHING = {
  document: {},
  devices: new Map<string, LegacyDevice>(),
  operations: [],
  leftOut: [],
  relocate: (problem: Problem): Problem => problem,
};

/** Whether a document is one of the archived module: `SlaveConfigs` at its root. */
export function isLegacyDocument(document: unknown): document is JsonObject {
  return isJsonObject(document) && Object.keys(document).some((key) => key.toLowerCase() === "slaveconfigs");
}

/** Translates a document for which `isLegacyDocument` holds. Pure; never throws. Pointers are those of `document`. */
export function translateLegacy(document: JsonObject): LegacyTranslation {
  const findings: Findings = { problems: [], warnings: [] };
  const root = new LegacyObject(document, [], "a document of iot-edge-modbus", ROOT_KEYS, findings);
  const output = outputOf(root);
  const read = root
    .named("SlaveConfigs", "an object with the slaves by name")
    .map(([name, object]) => legacySlave(name, object, [...root.place("SlaveConfigs"), name], findings.warnings));
  const values = read.flatMap(({ slave }) => slave?.operations ?? []).reduce((sum, one) => sum + one.values, 0);
  if (values > MOST_VALUES) {
    root.fault("SlaveConfigs", `its operations read ${values} values: at most ${MOST_VALUES} are carried out`);
    return { ...NOTHING, root: findings.problems, warnings: findings.warnings };
  }
  const relocation = createRelocation();
  const joined = joinConnections(
    read.flatMap(({ slave }) => slave ?? []),
    relocation,
  );
  const faulty = [...read.flatMap((one) => one.faulty ?? []), ...joined.faulty];
  const titleOf = deviceTitles([...joined.slaves, ...faulty]);
  const devices = devicesOf(joined, titleOf, relocation);
  const groups = [...groupsOf(joined.slaves)];
  return {
    document: {
      connections: Object.fromEntries([...joined.connections.values()].map(({ name, keys }) => [name, keys])),
      groups: Object.fromEntries(groups.map(([name, intervalMs]) => [name, { intervalMs, output: LEGACY_OUTPUT }])),
      outputs: { [LEGACY_OUTPUT]: output },
      devices: Object.fromEntries([...devices].map(([name, { keys }]) => [name, keys])),
    },
    devices,
    operations: [...devices].flatMap(([device, { intervals }]) =>
      intervals.map((intervalMs) => ({ device, intervalMs })),
    ),
    leftOut: faulty.map((one) => ({ ...one, matches: deviceMatcher(titleOf(one)) })),
    root: findings.problems,
    warnings: findings.warnings,
    relocate: (problem) => relocation.relocate(problem),
  };
}

function outputOf(root: LegacyObject): JsonObject {
  const format = root.text("Version")?.trim() === "1" ? "legacyV1" : "legacy";
  return { format, maxDelayMs: publishInterval(root), maxSkewMs: DAY_MS };
}

function publishInterval(root: LegacyObject): number {
  const { fallback, least, most } = PUBLISH;
  const key = root.has("PublishInterval") ? "PublishInterval" : "Interval";
  const asked = root.whole(key, "an interval in ms", { least: 0, most });
  if (asked === undefined || asked >= least) return asked ?? fallback;
  root.warn(key, `${asked} ms would be sending without rest: messages are sent every ${fallback} ms`);
  return fallback;
}
