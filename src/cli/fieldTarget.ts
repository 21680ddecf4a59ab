import { isReference, parseAddress } from "../core/config/address";
import { applyDocument } from "../core/config/apply";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import { didYouMean } from "../core/config/nearest";
import type { Problem } from "../core/config/problem";
import { builtInProfiles, profileLookup } from "../core/config/profiles";
import { isBitTable, TABLES, type Table } from "../core/modbus/spec";
import { needsLength, registersOf } from "../core/points/dataType";
import { SWITCH_ORDERS } from "../core/points/order";
import { DATA_TYPES, type DataType, type Point } from "../core/points/point";
import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { connectionOf, type FieldArguments, meaningOf, wholeNumber } from "./fieldOptions";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import type { BadFile } from "./usage";

/** One device and what is wanted of it, everything resolved. */
export interface FieldTarget {
  readonly connection: ConnectionConfig;
  readonly device: DeviceConfig;
  /** Points with a meaning; empty where only the raw contents are wanted. */
  readonly points: readonly Point[];
}

/** Where in a table. */
export interface Place {
  readonly table: Table;
  readonly address: number;
}

/** Names in the document that is made of options. */
const LINE = "line";
const DEVICE = "device";

/** `40001`, or with `--table` a 0-based address. */
export function placeOf(text: string, table: string | undefined): Result<Place, string> {
  if (table === undefined) {
    if (!isReference(text) || text.length < 5)
      return err(`${text}: without --table an address is a reference of 5 or 6 digits, such as 40001 or 400001`);
    const found = parseAddress(text, 0);
    if (!found.ok) return found;
    return ok({ table: found.value.table ?? "holding", address: found.value.address });
  }
  const known = TABLES.find((name) => name === table);
  if (known === undefined) return err(`--table ${table}: one of ${TABLES.join(", ")}${didYouMean(table, TABLES)}`);
  if (!/^(\d{1,5}|0[xX][0-9A-Fa-f]{1,4})$/.test(text))
    return err(`${text}: with --table an address is a number from 0 to 65535, or 0x1F`);
  const address = Number(text);
  return address <= 65_535 ? ok({ table: known, address }) : err(`${text}: addresses go from 0 to 65535`);
}

/** The target that the options describe: `count` values of the `--type` from each place on, or none without a type. */
export function targetOfOptions(
  args: FieldArguments,
  places: readonly Place[],
  count: number,
  access: Point["access"],
): Result<FieldTarget, string> {
  const connection = connectionOf(args);
  if (!connection.ok) return connection;
  const unit = wholeNumber(args, "unit", 0, 255);
  if (!unit.ok) return unit;
  const points = pointsOf(args, places, count, access);
  if (!points.ok) return points;
  // A device has a point at least; nobody asks for this one.
  const any = { unused: { table: "holding", address: 0, type: "uint16" } };
  const none = Object.keys(points.value).length === 0;
  const document = {
    schemaVersion: 1,
    connections: { [LINE]: connection.value },
    devices: {
      [DEVICE]: {
        ...{ connection: LINE, unitId: unit.value ?? 1, points: none ? any : points.value },
        ...orderOfDevice(args),
      },
    },
  };
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  if (problems.length > 0) return err(optionTexts(problems));
  const target = targetIn(config.connections, config.devices.get(DEVICE));
  return target.ok && none ? ok({ ...target.value, points: [] }) : target;
}

/** The four orders of words and bytes suit every type; other letters belong to one type's length. */
function orderOfDevice(args: FieldArguments): JsonObject {
  const order = args.text("order");
  return order !== undefined && SWITCH_ORDERS.includes(order) ? { order } : {};
}

function pointsOf(
  args: FieldArguments,
  places: readonly Place[],
  count: number,
  access: Point["access"],
): Result<JsonObject, string> {
  const meaning = meaningOf(args);
  const named = meaning["type"];
  const order = args.text("order");
  const ownOrder = order === undefined || SWITCH_ORDERS.includes(order) ? {} : { order };
  const points: Record<string, JsonObject> = {};
  for (const { table, address } of places) {
    if (named === undefined && (isBitTable(table) || Object.keys(meaning).length === 0) && access === "read") continue;
    const type = named === undefined && !isBitTable(table) ? { type: "uint16" } : {};
    const width = isBitTable(table) ? 1 : widthOf(String(named ?? "uint16"), meaning["length"]);
    if (address + width * count > 65_536)
      return err(`${count} values from ${address} on go beyond the last address, 65535`);
    for (let index = 0; index < count; index++) {
      const at = address + index * width;
      points[`${table}${at}`] = { ...type, ...meaning, ...ownOrder, table, address: at, access };
    }
  }
  return ok(points);
}

/** Registers of a value; what is wrong with the type is told by the schema. */
function widthOf(type: string, length: unknown): number {
  const known = DATA_TYPES.find((name): name is DataType => name === type);
  if (known === undefined) return 1;
  const given = typeof length === "number" && length >= 1 ? length : 1;
  return registersOf(known, needsLength(known) ? given : 1);
}

const OPTION_OF_KEY: Readonly<Record<string, string>> = {
  port: "host",
  responseTimeoutMs: "timeout",
  unitId: "unit",
  path: "serial",
};

/** Faults by the option that they came from. */
function optionTexts(problems: readonly Problem[]): string {
  const texts = problems.map(({ path, text }) => {
    const key = path.split("/").at(-1) ?? "";
    const option = OPTION_OF_KEY[key];
    return `${option ?? key}: ${text}`;
  });
  return [...new Set(texts)].map((text) => `--${text}`).join("\n");
}

/** A device of a configuration file, with the points named, or all. */
export async function targetOfFile(
  file: string,
  deviceName: string | undefined,
  pointNames: readonly string[],
  io: CliIo,
): Promise<Result<FieldTarget, string | BadFile>> {
  const text = await io.readFile(file);
  if (!text.ok) return err({ badFile: text.error });
  const document = readConfigurationText(text.value);
  if (!document.ok)
    return err({ badFile: document.error.map((problem) => `${file}: ${textWithPlace(problem)}`).join("\n") });
  const lookup = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  const { config, problems } = applyDocument(undefined, document.value, lookup);
  const names = [...config.devices.keys()];
  if (deviceName === undefined) return err(`which device? ${file} has ${names.join(", ") || "none that is good"}`);
  const device = config.devices.get(deviceName);
  if (device === undefined) {
    const own = problems.filter(
      ({ path }) => path.startsWith(`/devices/${deviceName}`) || path.startsWith("/connections"),
    );
    if (own.length > 0) return err({ badFile: own.map(({ path, text: what }) => `${path}: ${what}`).join("\n") });
    return err(`${file} has no device "${deviceName}"${didYouMean(deviceName, names)}`);
  }
  const target = targetIn(config.connections, device);
  return target.ok ? selected(target.value, pointNames) : target;
}

function targetIn(
  connections: ReadonlyMap<string, ConnectionConfig>,
  device: DeviceConfig | undefined,
): Result<FieldTarget, string> {
  const connection = device === undefined ? undefined : connections.get(device.connection);
  if (device === undefined || connection === undefined) return err("the device has no good connection");
  // The device's own rest and patience count for all that is asked of it here.
  const responseTimeoutMs = device.responseTimeoutMs ?? connection.responseTimeoutMs;
  const requestGapMs = device.requestGapMs ?? connection.requestGapMs;
  return ok({ connection: { ...connection, responseTimeoutMs, requestGapMs }, device, points: device.points });
}

function selected(target: FieldTarget, names: readonly string[]): Result<FieldTarget, string> {
  if (names.length === 0) return ok(target);
  const known = new Map(target.points.map((point) => [point.name, point]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined)
    return err(`"${target.device.name}" has no point "${unknown}"${didYouMean(unknown, known.keys())}`);
  return ok({ ...target, points: names.flatMap((name) => known.get(name) ?? []) });
}
