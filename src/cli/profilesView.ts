import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ProfileSummary } from "../core/config/profileSummary";
import { addressText } from "../core/modbus/address";
import { modelPlace } from "../core/modbus/modelAddress";
import type { Point } from "../core/points/point";

/** `profiles show NAME --points`: what a person wants to know of it. */
export function profileText(name: string, summary: ProfileSummary): string {
  const { title, manufacturer, model, source, problems, device, extends: base } = summary;
  const said = [
    ["profile", base === undefined ? name : `${name}, extends ${base}`],
    ["title", title],
    ["manufacturer", manufacturer],
    ["model", model],
    ["source", source],
    ...problems.map(({ path, text }) => ["can't be used", `${path}: ${text}`]),
  ].filter(([, text]) => text !== "");
  const points = (device?.points ?? []).map((point) => pointCells(point, device));
  return `${tableOf(said)}\n${tableOf([POINT_HEAD, ...points])}`;
}

const POINT_HEAD = ["point", "where", "type", "unit", "group", "access", "title"];

function pointCells(point: Point, device: DeviceConfig | undefined): readonly string[] {
  const bit = point.bit === undefined ? "" : ` bit ${point.bit}`;
  const model = modelPlace(point.address);
  const models = model === undefined ? [] : (device?.models?.get(model.number) ?? []);
  const where =
    model === undefined ? addressText(point.table, point.address) : `model ${models.join(" or ")} + ${model.offset}`;
  const { name, type, unit = "", group, access, title = "" } = point;
  return [name, `${where}${bit}`, type, unit, group, access, title];
}

/** Columns under each other; no spaces at the ends of lines. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}
