import * as z from "zod";
import { LIMITS } from "../modbus/spec";
import { NAME, nameFault, PROFILE_NAME } from "./names";
import { didYouMean, show } from "./nearest";
import { type BlockKeys, blocksSchema } from "./schemaBlock";
import { commands, watchdogSchema } from "./schemaCommand";
import { duration, flag, integer, key, namedBy, nullableKeys, objectOf, oneOf, pattern, required } from "./schemaKinds";
import { aboutProfile, deviceModel, extendsKey, instancesKey, linkQuirks, profileParameters } from "./schemaModel";
import { LATER_POINT_KEYS, type PointKeys, pointName, pointSchema, pointShape } from "./schemaPoint";
import { deviceIdentity, groupPublishing } from "./schemaPublishing";
import { sparse } from "./sparseObject";

/** The group that exists without being named, and its interval. */
export const DEFAULT_GROUP = "default";
export const DEFAULT_INTERVAL_MS = 10_000;
const LONGEST_INTERVAL_MS = 86_400_000;

/** What a device has when neither it nor its profile says otherwise. */
export const DEVICE_DEFAULTS = {
  order: "ABCD",
  addressBase: 0,
  maxReadRegisters: LIMITS.readRegisters,
  maxReadBits: LIMITS.readBits,
  maxWriteRegisters: LIMITS.writeRegisters,
  maxGap: 16,
  singlePointReads: false,
} as const;

function intervalText(input: unknown): string {
  const range = `an interval is 10 to ${LONGEST_INTERVAL_MS} ms, "connect" or "onDemand"`;
  if (typeof input === "string") {
    const hint = didYouMean(input, EVENTS);
    if (hint !== "") return `${show(input)} is not an interval${hint}`;
  }
  return typeof input === "number" ? `${input} is out of range: ${range}` : `${show(input)} does not fit: ${range}`;
}

const EVENTS = ["connect", "onDemand"] as const;
const intervalError = ({ input }: { readonly input: unknown }): string => intervalText(input);

const groupShape = {
  intervalMs: key(
    z.union(
      [
        z
          .int({ error: intervalError })
          .min(10, { error: intervalError })
          .max(LONGEST_INTERVAL_MS, { error: intervalError }),
        z.enum(EVENTS, { error: intervalError }),
      ],
      { error: intervalError },
    ),
    "How often the points of the group are polled, in ms: 10 to 86400000. `connect`: once after each connect (again every 10 s until the device has answered); `onDemand`: never, only `readPoints` reads them. Required, but for the group `default`.",
  ),
  align: key(
    flag(),
    "The grid is that of UTC: an interval of 900000 falls due at :00, :15, :30 and :45. Else the grid begins when the connection does.",
    false,
  ),
  consistent: key(
    flag(),
    "All points of the group that are read come from one request. Refused where none can carry them: several tables, more than the device bears at once, over `maxGap` or `neverRead`.",
    false,
  ),
  priority: key(
    oneOf("a priority", ["high", "normal", "low"]),
    "Which groups go first when the line is short.",
    "normal",
  ),
  ...groupPublishing,
};

const groupSchema = objectOf("a group", groupShape).meta({ id: "Group" });
const groupName = { pattern: NAME, fault: (name: string) => nameFault(name, "a group") };
export const groupsSchema = namedBy("groups", groupName, z.nullable(groupSchema));

export type GroupKeys = z.infer<typeof groupSchema>;

const bound = integer("an address", 0, 65_536);
const neverRead = z
  .array(
    z.tuple([bound, bound], {
      error: ({ input }) => `${show(input)} does not fit: a pair of addresses, [first, last]`,
    }),
    { error: ({ input }) => `${show(input)} does not fit: a list of pairs, [[first, last], …]` },
  )
  .max(256);

/** What a device bears; may stand in its profile too, the device wins. */
const quirks = {
  order: key(
    oneOf("an order for a device or profile", ["ABCD", "CDAB", "BADC", "DCBA"]),
    "Two switches for points without an order of their own: words reversed (`CDAB`), bytes swapped in each word (`BADC`), both (`DCBA`). Applied to any length.",
    DEVICE_DEFAULTS.order,
  ),
  addressBase: key(
    integer("addressBase", 0, 1),
    "Whether numbers count from 0 or from 1.",
    DEVICE_DEFAULTS.addressBase,
  ),
  maxReadRegisters: key(
    integer("maxReadRegisters", 1, LIMITS.readRegisters),
    "Registers of one read request.",
    DEVICE_DEFAULTS.maxReadRegisters,
  ),
  maxReadBits: key(
    integer("maxReadBits", 1, LIMITS.readBits),
    "Bits of one read request.",
    DEVICE_DEFAULTS.maxReadBits,
  ),
  maxWriteRegisters: key(
    integer("maxWriteRegisters", 1, LIMITS.writeRegisters),
    "Registers of one write request.",
    DEVICE_DEFAULTS.maxWriteRegisters,
  ),
  maxGap: key(
    integer("maxGap", 0, LIMITS.readBits),
    "Registers (or bits) that no point needs and that a request may read over. Default: what pays, at most 16.",
    DEVICE_DEFAULTS.maxGap,
  ),
  neverRead: key(
    neverRead,
    "Ranges of addresses `[[first, last], …]` (by `addressBase`) that are never part of a request.",
  ),
  singlePointReads: key(flag(), "One request a point.", DEVICE_DEFAULTS.singlePointReads),
  responseTimeoutMs: key(duration(10, 600_000), "Instead of the connection's."),
  requestGapMs: key(duration(0, 60_000), "Instead of the connection's."),
  ...linkQuirks,
};

const devicePoint = sparse(objectOf("a point", nullableKeys(pointShape), LATER_POINT_KEYS));
const devicePoints = namedBy("points", pointName, z.nullable(devicePoint));

const defaults = key(
  pointSchema,
  "Keys for every point that has none of its own. One that does not suit a point's type is passed over there.",
);

export const profileSchema = objectOf(
  "a profile",
  {
    ...aboutProfile,
    extends: extendsKey,
    parameters: profileParameters,
    blocks: key(
      blocksSchema,
      "Parts of the register map that points count from, by name. `null` takes one of the extended profile away.",
    ),
    defaults,
    groups: key(groupsSchema, "Groups that its points name."),
    points: key(devicePoints, "Points, by name. With `extends`, `null` takes a point or a key away."),
    commands: key(commands, "Commands, by name: called as `DEVICE*NAME`. See [commands.NAME](#commandsname)."),
    ...quirks,
  },
  [],
).meta({ id: "Profile" });

/** A profile as a document gives it. */
export type ProfileDocument = z.infer<typeof profileSchema>;

/** A profile after `extends`: nothing in it is `null`. */
export interface ProfileKeys extends Omit<ProfileDocument, "points" | "groups" | "blocks" | "extends"> {
  readonly points?: Readonly<Record<string, PointKeys>>;
  readonly groups?: Readonly<Record<string, GroupKeys>>;
  readonly blocks?: Readonly<Record<string, BlockKeys>>;
}

export const deviceSchema = objectOf("a device", {
  connection: required(pattern(NAME, "the name of a connection"), "The connection it stands on."),
  unitId: required(
    integer("a unit id", 0, 255, "0 to 255 on tcp, 1 to 247 on serial"),
    "Unit id: 0 to 255 on tcp, 1 to 247 on serial. Several devices may share one.",
  ),
  profile: key(pattern(PROFILE_NAME, 'the name of a profile, such as "eastron-sdm630"'), "The model of the device."),
  points: key(
    devicePoints,
    "Points of its own, and changes to points of the profile, key by key; `null` takes a key or a point away.",
  ),
  commands: key(commands, "Commands of its own; one of the same name replaces the profile's, `null` takes it away."),
  watchdog: key(watchdogSchema, "A sign of life to the device, from it, or both."),
  groups: key(groupsSchema, "Groups of its own, and changes to groups of the profile, key by key."),
  enabled: key(flag(), "`false`: known, not polled.", true),
  defaults,
  ...deviceModel,
  ...deviceIdentity,
  for: instancesKey,
  ...quirks,
}).meta({ id: "Device" });

export type DeviceKeys = z.infer<typeof deviceSchema>;
export type DevicePointKeys = z.infer<typeof devicePoint>;
/** Keys that a device and its profile share. */
export type QuirkKeys = Pick<ProfileKeys, keyof typeof quirks>;
