import { applyDocument } from "../core/config/apply";
import { type RegisterList, readRegisterList } from "../core/config/csv/registerList";
import { nameFrom } from "../core/config/legacy/legacyNames";
import { nameFault, RESERVED_FOR_DEVICES } from "../core/config/names";
import type { ProfileLookup } from "../core/config/profiles";
import { SCHEMA_VERSION } from "../core/config/schemaDocument";
import { TABLES, type Table } from "../core/modbus/spec";
import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { connectionOf, type FieldArguments, WHERE_OPTIONS, wholeNumber } from "./fieldOptions";
import { count, type Migrated, nothing } from "./migrated";

/** A list of registers as a profile, or with `--device` as a configuration. The error is about the options. */
export function migrateList(text: string, options: FieldArguments, lookup: ProfileLookup): Result<Migrated, string> {
  const base = wholeNumber(options, "address-base", 0, 1);
  if (!base.ok) return base;
  const table = options.text("table");
  if (table !== undefined && !TABLES.some((known) => known === table))
    return err(`--table is "${table}"; it must be one of ${TABLES.join(", ")}`);
  const site = siteOf(options);
  if (!site.ok) return site;
  const addressBase = base.value === 1 ? 1 : 0;
  const form = {
    plainAddresses: options.flag("plain-addresses"),
    addressBase,
    ...(table === undefined ? {} : { table: table as Table }),
  } as const;
  const list = readRegisterList(text, form, lookup);
  if (!list.ok) return ok(nothing({ text: list.error }));
  const { points, groups, rejected, warnings } = list.value;
  const taken = Object.keys(points).length;
  const summary = [`${count(taken, "point")}, ${count(rejected.length, "line")} left out`];
  if (taken === 0) return ok({ problems: [...rejected, { text: "no line could be taken" }], warnings, summary: [] });
  const model = {
    ...(addressBase === 1 ? { addressBase } : {}),
    ...(Object.keys(groups).length === 0 ? {} : { groups }),
    points,
  };
  if (site.value === undefined) return ok({ result: model, problems: rejected, warnings, summary });
  return withDevice(site.value, model, list.value, lookup, summary);
}

/** Where the device of the list stands. */
interface ListSite {
  readonly device: string;
  readonly unitId: number;
  readonly connection: JsonObject;
}

function siteOf(options: FieldArguments): Result<ListSite | undefined, string> {
  const device = options.text("device");
  const odd = WHERE_OPTIONS.find((name) => options.text(name) !== undefined || options.flag(name));
  if (device === undefined)
    return odd === undefined ? ok(undefined) : err(`--${odd} says where a device is: --device NAME?`);
  const wrong = nameFault(device, "a device", RESERVED_FOR_DEVICES);
  if (wrong !== undefined) return err(`--device: ${wrong}`);
  const unitId = wholeNumber(options, "unit", 0, 255);
  if (!unitId.ok) return unitId;
  const connection = connectionOf(options, "--host HOST[:PORT], --serial PATH");
  if (!connection.ok) return connection;
  return ok({ device, unitId: unitId.value ?? 1, connection: connection.value });
}

function withDevice(
  { device, unitId, connection }: ListSite,
  model: JsonObject,
  { rejected, warnings }: RegisterList,
  lookup: ProfileLookup,
  summary: readonly string[],
): Result<Migrated, string> {
  const name = nameFrom(
    String(connection["host"] ?? connection["path"])
      .split("/")
      .at(-1) ?? "",
    "net",
  );
  const result = {
    schemaVersion: SCHEMA_VERSION,
    connections: { [name]: connection },
    devices: { [device]: { connection: name, unitId, ...model } },
  };
  const { problems } = applyDocument(undefined, result, lookup);
  if (problems.length > 0) return ok({ problems: [...rejected, ...problems], warnings, summary: [] });
  return ok({ result, problems: rejected, warnings, summary });
}
