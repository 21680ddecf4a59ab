import { err, ok, type Result } from "../../kernel/result";
import type { Point } from "../points/point";
import { inconsistentGroups } from "./consistentGroups";
import type { DeviceCommand, Watchdog } from "./deviceCommand";
import type { Group, ReadLimits } from "./gatewayConfig";
import { type Layer, layersOf, type Place, within } from "./layers";
import { linkScales } from "./linkScales";
import { linkWitnesses } from "./linkWitnesses";
import { writeProblems } from "./modelWrites";
import { didYouMean } from "./nearest";
import type { ScaleLink } from "./pointScale";
import type { Problem } from "./problem";
import { modelsOf, resolveBlocks } from "./resolveBlocks";
import { type CommandSource, resolveCommands } from "./resolveCommands";
import { type GroupSource, resolveGroups } from "./resolveGroups";
import { resolveParameters } from "./resolveParameters";
import { type PointRules, resolvePoint } from "./resolvePoint";
import { resolveWatchdog } from "./resolveWatchdog";
import { DEVICE_DEFAULTS, type DeviceKeys, type ProfileKeys, type QuirkKeys } from "./schemaDevice";
import { usedPoints } from "./usedPoints";

/** The keys of a device that say what it is, not where. */
export type ModelKeys = QuirkKeys &
  Pick<DeviceKeys, "points" | "groups" | "commands" | "watchdog" | "defaults" | "parameters" | "use" | "addressOffset">;

export interface Profile {
  readonly name: string;
  readonly keys: ProfileKeys;
  readonly place: Place;
}

/** What a device is, wherever it stands: shared by all devices with the same profile and the same changes to it. */
export interface Model {
  readonly points: readonly Point[];
  readonly groups: ReadonlyMap<string, Group>;
  readonly limits: ReadLimits;
  readonly maxWriteRegisters: number;
  readonly commands: ReadonlyMap<string, DeviceCommand>;
  readonly watchdog?: Watchdog;
  /** SunSpec models that its points stand in. */
  readonly models: ReadonlyMap<number, readonly number[]>;
}

/** Gives every equal point the same object. */
export type SharePoint = (point: Point) => Point;

/** The device's keys over its profile's. */
export function resolveModel(
  keys: ModelKeys,
  place: Place,
  profile: Profile | undefined,
  share: SharePoint,
  rootGroups?: GroupSource,
): Result<Model, readonly Problem[]> {
  const problems: Problem[] = [];
  const resolvedGroups = resolveGroups(groupSources(keys, place, profile, rootGroups), problems);
  const { groups } = resolvedGroups;
  const links = new Map<string, ScaleLink[]>();
  const rules = rulesOf(keys, place, profile, groups, links, problems);
  const all: Point[] = [];
  const definitions = new Map<string, readonly Point[]>();
  const taken = new Set<string>();
  const origins = new Map<string, readonly Layer[]>();
  for (const name of pointNames(keys, profile)) {
    const layers = layersFor(name, keys, place, profile, problems);
    if (layers === undefined) continue;
    const resolved = resolvePoint(name, layers, rules);
    if (!resolved.ok) {
      problems.push(...resolved.error);
      continue;
    }
    definitions.set(name, resolved.value);
    all.push(...resolved.value.filter((point) => isNew(point, name, taken, layers[0].place, problems)));
    for (const point of resolved.value) origins.set(point.name, layers);
  }
  const scaled = linkScales(all, definitions, links, problems);
  const linked = linkWitnesses(scaled, definitions, (name) => origins.get(name) ?? [], problems);
  const points = usedPoints(keys.use, linked, definitions, place, problems);
  if (problems.length === 0) {
    problems.push(...inconsistentGroups(resolvedGroups, points, rules.limits));
    problems.push(...writeProblems(points, (name) => origins.get(name) ?? []));
  }
  const isGood = problems.length === 0;
  const commands = isGood ? resolveCommands(commandSources(keys, place, profile), points, problems) : new Map();
  const watchdog = isGood ? resolveWatchdog(keys.watchdog, points, groups, place, problems) : undefined;
  if (problems.length > 0) return err(problems);
  const used = new Set(points.map((point) => point.group));
  return ok({
    points: points.map(share),
    groups: new Map([...groups].filter(([name]) => used.has(name))),
    limits: rules.limits,
    maxWriteRegisters: rules.maxWriteRegisters,
    commands,
    ...(watchdog === undefined ? {} : { watchdog }),
    models: modelsOf(points, rules.blocks),
  });
}

function commandSources(keys: ModelKeys, place: Place, profile: Profile | undefined): readonly CommandSource[] {
  const own = { commands: keys.commands, place, defined: new Set<string>() };
  if (profile === undefined) return [own];
  return [{ commands: profile.keys.commands, place: profile.place, defined: definedNames(profile.keys) }, own];
}

/** The points that a profile defines, bits too, whatever a device leaves out. */
function definedNames({ points }: ProfileKeys): ReadonlySet<string> {
  const entries = Object.entries(points ?? {});
  return new Set(entries.flatMap(([name, point]) => [name, ...Object.values(point?.bits ?? {})]));
}

function groupSources(
  keys: ModelKeys,
  place: Place,
  profile: Profile | undefined,
  root: GroupSource | undefined,
): readonly GroupSource[] {
  const ofProfile = profile === undefined ? [] : [{ groups: profile.keys.groups, place: profile.place }];
  return [...(root === undefined ? [] : [root]), ...ofProfile, { groups: keys.groups, place }];
}

/** The profile's points in their order, then the device's own. Deleted ones are left out. */
function pointNames(keys: ModelKeys, profile: Profile | undefined): readonly string[] {
  const own = Object.entries(keys.points ?? {});
  const deleted = new Set(own.filter(([, point]) => point === null).map(([name]) => name));
  const inherited = Object.entries(profile?.keys.points ?? {}).filter(([, point]) => point !== null);
  const names = new Set([...inherited, ...own].map(([name]) => name));
  return [...names].filter((name) => !deleted.has(name));
}

function ownOf<T>(record: Readonly<Record<string, T | null>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? (record[name] ?? undefined) : undefined;
}

function layersFor(
  name: string,
  keys: ModelKeys,
  place: Place,
  profile: Profile | undefined,
  problems: Problem[],
): readonly [Layer, ...Layer[]] | undefined {
  const own = ownOf(keys.points, name);
  const inherited = ownOf(profile?.keys.points, name);
  if (
    own !== undefined &&
    inherited === undefined &&
    profile !== undefined &&
    (own.address ?? undefined) === undefined
  ) {
    const hint = didYouMean(name, Object.keys(profile.keys.points ?? {}));
    const text = `the profile has no point "${name}"${hint || ', and a point of the device\'s own needs an "address"'}`;
    problems.push(place(["points", name], text));
    return undefined;
  }
  const [nearest, ...rest] = layersOf(
    own && { keys: own, place: within(place, "points", name) },
    inherited && profile && { keys: inherited, place: within(profile.place, "points", name) },
    keys.defaults && { keys: keys.defaults, place: within(place, "defaults") },
    profile?.keys.defaults && { keys: profile.keys.defaults, place: within(profile.place, "defaults") },
  );
  return nearest === undefined ? undefined : [nearest, ...rest];
}

/** Two bits, or a bit and a point, may have been given one name. */
function isNew(point: Point, definition: string, taken: Set<string>, place: Place, problems: Problem[]): boolean {
  const isNewName = !taken.has(point.name);
  taken.add(point.name);
  if (!isNewName) {
    const isBit = point.bit !== undefined && point.name !== definition;
    const text = `another point is called "${point.name}" already: call this one otherwise`;
    problems.push(place(isBit ? ["bits", point.bit] : [], text));
  }
  return isNewName;
}

function rulesOf(
  keys: ModelKeys,
  place: Place,
  profile: Profile | undefined,
  groups: ReadonlyMap<string, Group>,
  links: Map<string, ScaleLink[]>,
  problems: Problem[],
): PointRules {
  const quirks = profile?.keys;
  const addressBase = (keys.addressBase ?? quirks?.addressBase ?? DEVICE_DEFAULTS.addressBase) === 1 ? 1 : 0;
  const [ranges, rangesPlace] =
    keys.neverRead === undefined ? [quirks?.neverRead ?? [], profile?.place ?? place] : [keys.neverRead, place];
  const addressOffset = keys.addressOffset ?? 0;
  return {
    addressBase,
    addressOffset,
    blocks: resolveBlocks(profile?.keys.blocks, profile?.place ?? place, addressBase, problems),
    parameters: resolveParameters(keys.parameters, place, profile, problems),
    link: (definition, link) => links.set(definition, [...(links.get(definition) ?? []), link]),
    deviceOrder: keys.order,
    profileOrder: quirks?.order,
    groups: new Set(groups.keys()),
    limits: {
      maxReadRegisters: keys.maxReadRegisters ?? quirks?.maxReadRegisters ?? DEVICE_DEFAULTS.maxReadRegisters,
      maxReadBits: keys.maxReadBits ?? quirks?.maxReadBits ?? DEVICE_DEFAULTS.maxReadBits,
      maxGap: keys.maxGap ?? quirks?.maxGap ?? DEVICE_DEFAULTS.maxGap,
      neverRead: ranges.map((range, at) =>
        forbidden(range, addressBase, addressOffset, within(rangesPlace, "neverRead", at), problems),
      ),
      singlePointReads: keys.singlePointReads ?? quirks?.singlePointReads ?? DEVICE_DEFAULTS.singlePointReads,
    },
    maxWriteRegisters: keys.maxWriteRegisters ?? quirks?.maxWriteRegisters ?? DEVICE_DEFAULTS.maxWriteRegisters,
  };
}

/** A range of PDU addresses from one in the document's counting. */
function forbidden(
  [first, last]: readonly [number, number],
  base: 0 | 1,
  offset: number,
  place: Place,
  problems: Problem[],
): readonly [number, number] {
  if (first > last) problems.push(place([], `${first} is greater than ${last}: a range is [first, last]`));
  if (first < base) problems.push(place([], `${first} is no address with "addressBase": ${base}`));
  return [first - base + offset, last - base + offset];
}
