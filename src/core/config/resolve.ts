import { err, ok, type Result } from "../../kernel/result";
import type { Point } from "../points/point";
import { type Faults, faultsOf } from "./faults";
import { canonicalText } from "./fingerprint";
import type { ConnectionConfig, DeviceConfig, ModuleConfig } from "./gatewayConfig";
import { idleGroupKeys } from "./idleGroupKeys";
import { instanceProblems } from "./instanceProblems";
import { type BrokenTemplate, type Expansion, expandInstances } from "./instances";
import { inDocument } from "./layers";
import { didYouMean } from "./nearest";
import { createPointBudget } from "./pointBudget";
import { distinctProblems, type Problem } from "./problem";
import { createProfileSource, type ProfileSource } from "./profileSource";
import type { ProfileLookup } from "./profiles";
import { exclusiveResource, resolveConnection } from "./resolveConnection";
import { type ModelSource, resolveDevice } from "./resolveDevice";
import type { GroupSource } from "./resolveGroups";
import { type Model, type Profile, resolveModel } from "./resolveModel";
import { type Outputs, resolveOutputs } from "./resolveOutputs";
import type { DeviceKeys } from "./schemaDevice";
import type { ConfigurationDocument } from "./schemaDocument";
import { warningsOf } from "./warnings";

export type Resolved<T> = ReadonlyMap<string, Result<T, readonly Problem[]>>;

/** A document after validation: every part by itself good, or with what is wrong with it and with what it stands on. */
export interface Resolution {
  /** Faults of the whole: when there is one, nothing of the document can be applied and the maps are empty. */
  readonly root: readonly Problem[];
  readonly connections: Resolved<ConnectionConfig>;
  readonly devices: Resolved<DeviceConfig>;
  readonly module: ModuleConfig;
  readonly outputs: Outputs;
  /** Everything that is wrong, each thing once. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Templates of which nothing could be made: what they made before stays. */
  readonly broken: readonly BrokenTemplate[];
  /** A problem of an instance, shown where the document says what is wrong. */
  relocate(problem: Problem): Problem;
}

/** Validates a configuration (contract sections 1 and 2) and looks everything up. Pure; never throws for a document. */
export function resolveDocument(document: unknown, lookup: ProfileLookup): Resolution {
  const expansion = expandInstances(document);
  const { relocate, gathered } = instanceProblems(expansion);
  const found = resolveExpanded(expansion, lookup);
  return {
    ...found,
    root: found.root.map(relocate),
    connections: relocated(found.connections, relocate),
    devices: relocated(found.devices, relocate),
    problems: gathered(found.problems),
    warnings: gathered(found.warnings),
    relocate,
  };
}

function relocated<T>(parts: Resolved<T>, relocate: (problem: Problem) => Problem): Resolved<T> {
  return new Map([...parts].map(([name, part]) => [name, part.ok ? part : err(part.error.map(relocate))]));
}

function resolveExpanded(expansion: Expansion, lookup: ProfileLookup): Omit<Resolution, "relocate"> {
  const { document, broken } = expansion;
  const faults = faultsOf(expansion);
  if (faults.root.length > 0) {
    return {
      root: faults.root,
      connections: new Map(),
      devices: new Map(),
      module: {},
      outputs: new Map(),
      problems: faults.all,
      warnings: [],
      broken,
    };
  }
  // Parts with faults are of any type: each is looked at only after asking `faults`.
  const trusted = document as ConfigurationDocument;
  const connections = resolveConnections(trusted, faults, broken);
  const profiles = createProfileSource(trusted.profiles, faults, lookup);
  const models = createModelSource({ groups: trusted.groups, place: inDocument() });
  const outputs = resolveOutputs(trusted.outputs);
  const devices = resolveDevices(trusted, faults, connections, profiles, models, outputs);
  const problems = [
    ...faults.all,
    ...errorsOf(connections),
    ...errorsOf(devices),
    ...unusedProfiles(trusted, faults, profiles, models),
  ];
  return {
    root: [],
    connections,
    devices,
    module: trusted.module ?? {},
    outputs,
    problems: distinctProblems(problems),
    warnings: [...warningsOf(connections, devices), ...idleGroupKeys(trusted, devices)],
    broken,
  };
}

function errorsOf(parts: Resolved<unknown>): readonly Problem[] {
  return [...parts.values()].flatMap((part) => (part.ok ? [] : part.error));
}

/** The parts of one kind, those that a layer has deleted left out. */
function partsOf<T>(record: Readonly<Record<string, T | null>> | undefined): readonly (readonly [string, T])[] {
  return Object.entries(record ?? {}).flatMap(([name, part]) => (part === null ? [] : [[name, part] as const]));
}

function resolveConnections(
  document: ConfigurationDocument,
  faults: Faults,
  broken: readonly BrokenTemplate[],
): Resolved<ConnectionConfig> {
  const resolved = new Map<string, Result<ConnectionConfig, readonly Problem[]>>();
  const owners = new Map<string, string>();
  for (const [name, keys] of partsOf(document.connections)) {
    const own = faults.connections.get(name);
    if (own !== undefined) {
      resolved.set(name, err(own));
      continue;
    }
    const connection = resolveConnection(name, keys);
    const resource = exclusiveResource(connection);
    const owner = resource === undefined ? undefined : owners.get(resource);
    if (resource !== undefined && owner === undefined) owners.set(resource, name);
    resolved.set(name, owner === undefined ? ok(connection) : err([alreadyOpen(name, owner)]));
  }
  // A device on a connection of a template that can't be carried out: it is not that there is none of this name.
  for (const [device, keys] of partsOf(document.devices)) {
    if (faults.devices.has(device) || resolved.has(keys.connection)) continue;
    const culprit = broken.find((template) => template.kind === "connections" && template.matches(keys.connection));
    if (culprit !== undefined) resolved.set(keys.connection, err(culprit.problems));
  }
  return resolved;
}

function alreadyOpen(name: string, owner: string): Problem {
  const text = `the connection "${owner}" has this port already: a serial line is one connection, put the devices of both on it`;
  return inDocument("connections", name)(["path"], text);
}

/** Models are resolved once for all devices that agree in profile and changes, and share equal points. */
function createModelSource(rootGroups: GroupSource): ModelSource {
  const models = new Map<string, Model>();
  const points = new Map<string, Point>();
  const budget = createPointBudget();

  function share(point: Point): Point {
    const text = canonicalText(point);
    const known = points.get(text);
    if (known === undefined) points.set(text, point);
    return known ?? point;
  }

  return (keys, device, profile) => {
    const identity = canonicalText([profile?.name ?? null, keys]);
    const known = models.get(identity);
    if (known !== undefined) return ok(known);
    const tooMany = budget(keys, profile, inDocument("devices", device));
    if (tooMany !== undefined) return err([tooMany]);
    const model = resolveModel(keys, inDocument("devices", device), profile, share, rootGroups);
    if (model.ok) models.set(identity, model.value);
    return model;
  };
}

function resolveDevices(
  document: ConfigurationDocument,
  faults: Faults,
  connections: Resolved<ConnectionConfig>,
  profiles: ProfileSource,
  models: ModelSource,
  outputs: Outputs,
): Resolved<DeviceConfig> {
  const resolved = new Map<string, Result<DeviceConfig, readonly Problem[]>>();
  for (const [name, keys] of partsOf(document.devices)) {
    const own = faults.devices.get(name);
    resolved.set(name, own === undefined ? deviceOn(name, keys, connections, profiles, models, outputs) : err(own));
  }
  return resolved;
}

function deviceOn(
  name: string,
  keys: DeviceKeys,
  connections: Resolved<ConnectionConfig>,
  profiles: ProfileSource,
  models: ModelSource,
  outputs: Outputs,
): Result<DeviceConfig, readonly Problem[]> {
  const connection = connections.get(keys.connection) ?? err([noConnection(name, keys.connection, connections)]);
  const problems: Problem[] = connection.ok ? [] : [...connection.error];
  let profile: Profile | undefined;
  if (keys.profile !== undefined) {
    const found = profiles(keys.profile, name);
    if (!found.ok) return err([...problems, ...found.error]);
    profile = found.value;
  }
  const device = resolveDevice(name, keys, profile, connection.ok ? connection.value : undefined, models, outputs);
  if (!device.ok) return err([...problems, ...device.error]);
  return problems.length > 0 ? err(problems) : device;
}

function noConnection(device: string, name: string, connections: Resolved<ConnectionConfig>): Problem {
  const known = [...connections.keys()];
  const hint =
    didYouMean(name, known) || (known.length === 0 ? ": none is defined" : `: ${known.slice(0, 8).join(", ")}`);
  return inDocument("devices", device)(["connection"], `there is no connection "${name}"${hint}`);
}

/** Profiles of the document that no device stands on are looked through all the same. */
function unusedProfiles(
  document: ConfigurationDocument,
  faults: Faults,
  profiles: ProfileSource,
  models: ModelSource,
): readonly Problem[] {
  const used = new Set(
    partsOf(document.devices).map(([name, keys]) => (faults.devices.has(name) ? undefined : keys.profile)),
  );
  return partsOf(document.profiles).flatMap(([name]) => {
    if (used.has(name) || faults.profiles.has(name)) return [];
    const profile = profiles(name, name);
    const model = profile.ok ? models({}, name, profile.value) : profile;
    return model.ok ? [] : model.error;
  });
}

/** What is wrong with a profile by itself, by pointers into it. Empty: it can be used. `lookup`: what it may extend. */
export function profileProblems(name: string, profile: unknown, lookup: ProfileLookup): readonly Problem[] {
  return resolveDocument({ profiles: { [name]: profile } }, lookup).problems;
}
