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
/** A unit that does not answer is not asked for ever. */
const MOST_SILENT = 2;

/**
 * Profiles whose registers a unit seems to have, by reading a few voltages and frequencies of each where the profile
 * has them: those with the most witnesses. A guess, for people to look at; never more than reads.
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
  const scores = new Map<string, number>();
  let silent = 0;
  for (const device of connection === undefined ? [] : config.devices.values()) {
    if (connection === undefined || device.models !== undefined || silent >= MOST_SILENT) continue;
    const points = witnessesAmong(device.points, WITNESSES);
    if (points.length < 2) continue;
    const items = await readTarget(client, { connection, device, points }, [], options);
    if (items.some(({ outcome }) => "error" in outcome && outcome.error.kind !== "exception")) silent += 1;
    const score = testimony(items.flatMap(readingOf));
    if (score > 0 && device.profile !== undefined) scores.set(device.profile, score);
  }
  const most = Math.max(0, ...scores.values());
  return [...scores].filter(([, score]) => score === most).map(([name]) => name);
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
