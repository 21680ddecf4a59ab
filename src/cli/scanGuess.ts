import type { ModbusClient, RequestOptions } from "../client/modbusClient";
import { applyDocument } from "../core/config/apply";
import type { ProfileLookup } from "../core/config/profiles";
import { testimony, witnessesAmong } from "../core/fieldwork/meterWitness";
import type { PointValue } from "../core/points/point";
import { decodePoint } from "../core/points/transform";
import type { JsonObject } from "../kernel/json";
import { type ReadItem, readTarget } from "./fieldRead";

const LINE = "line";
/** Points that are read for each profile. */
const WITNESSES = 4;
/** Meters of one family share their first registers: more names say no more. */
const SHOWN = 3;
/** A unit that does not answer is not asked for ever. */
const MOST_SILENT = 2;

/**
 * Profiles whose registers a unit seems to have, by reading a few voltages and frequencies of each where the profile
 * has them: those with the most witnesses, and of these first the ones that nothing speaks against. A guess, for people to look at; never more than reads.
 */
export async function guessProfiles(
  client: Pick<ModbusClient, "read" | "write">,
  unitId: number,
  keys: JsonObject,
  lookup: ProfileLookup,
  options: RequestOptions,
): Promise<readonly string[]> {
  const names = lookup.names ?? [];
  const devices = Object.fromEntries(
    names.map((profile, index) => [`guess${index}`, { connection: LINE, unitId, profile }]),
  );
  const { config } = applyDocument(undefined, { schemaVersion: 1, connections: { [LINE]: keys }, devices }, lookup);
  const connection = config.connections.get(LINE);
  const scores: { readonly name: string; readonly good: number; readonly share: number }[] = [];
  let silent = 0;
  for (const device of connection === undefined ? [] : config.devices.values()) {
    if (connection === undefined || device.models !== undefined || silent >= MOST_SILENT) continue;
    const points = witnessesAmong(device.points, WITNESSES);
    if (points.length < 2) continue;
    const items = await readTarget(client, { connection, device, points }, [], options);
    if (items.some(({ outcome }) => "error" in outcome && outcome.error.kind !== "exception")) silent += 1;
    const good = testimony(items.flatMap(readingOf));
    const share = good / points.length;
    if (good > 0 && device.profile !== undefined) scores.push({ name: device.profile, good, share });
  }
  const most = Math.max(0, ...scores.map(({ good }) => good));
  const best = scores.filter(({ good }) => good === most).sort((a, b) => b.share - a.share);
  return best.slice(0, SHOWN).map(({ name }) => name);
}

function readingOf({
  point,
  outcome,
}: ReadItem): readonly (readonly [NonNullable<typeof point>, PointValue | undefined])[] {
  if (point === undefined) return [];
  if ("error" in outcome) return [[point, undefined]];
  const reading = decodePoint(point, outcome.data, 0);
  return [[point, "value" in reading ? reading.value : undefined]];
}
