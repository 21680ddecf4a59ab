import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { BadReason, Decoded, Point, PointValue } from "../core/points/point";
import { isNoValue } from "../core/points/pointValue";
import type { DeviceCycle, Sample, SampleRun } from "../core/telemetry/sample";
import { type EpochMs, epochMs } from "../kernel/units";
import { placeOf } from "./deviceStanding";

/** The last sample of every point, as long as the device keeps the definition, and the place, under which it came. */
export interface SampleStore {
  latest(device: string): ReadonlyMap<string, Sample>;
  arrived(cycle: DeviceCycle): void;
}

type Standing = Pick<GatewayConfig, "devices" | "connections">;

/** What is kept of one device. Columns by the place of the points: a tenth of what the samples themselves take. */
interface Stored {
  /** What it is and where: equal text, the same points of the same unit. */
  readonly definition: string;
  /** When the sample arrived; NaN where there is none. */
  readonly at: number[];
  readonly values: PointValue[];
  /** Why a value is not known; absent where none is missing. */
  bad: (BadReason | undefined)[] | undefined;
  /** The configuration under which the definition was last found to stand. */
  config: Standing;
}

/** A sample that is older than another one by more than this is not late: the wall clock was set back. */
const LATE_MS = 60_000;

export function createSampleStore(ports: { config(): Standing }): SampleStore {
  const stored = new Map<string, Stored>();

  function current(name: string, config: Standing, device: DeviceConfig | undefined): Stored | undefined {
    const known = stored.get(name);
    if (known?.config.devices === config.devices && known.config.connections === config.connections) return known;
    const definition = device === undefined ? undefined : `${device.fingerprint} ${placeOf(config, device)}`;
    if (known !== undefined && known.definition === definition) {
      known.config = config;
      return known;
    }
    stored.delete(name);
    if (definition === undefined) return undefined;
    const made = newStored(definition, config, device?.points.length ?? 0);
    stored.set(name, made);
    return made;
  }

  return {
    latest(name) {
      const config = ports.config();
      const device = config.devices.get(name);
      const known = current(name, config, device);
      if (known === undefined || device === undefined) return new Map();
      const samples = device.points.flatMap((point, place) => sampleAt(known, place, point) ?? []);
      return new Map(samples.map((sample) => [sample.point.name, sample]));
    },
    arrived({ device: name, runs }) {
      const config = ports.config();
      const device = config.devices.get(name);
      const known = current(name, config, device);
      if (known === undefined || device === undefined) return;
      for (const run of runs) keepAll(known, run, device.points);
    },
  };
}

/** Of their full length from the beginning, and of numbers: so they take eight bytes an entry. */
function newStored(definition: string, config: Standing, points: number): Stored {
  const column = (): number[] => new Array<number>(points).fill(Number.NaN);
  return { definition, at: column(), values: column(), bad: undefined, config };
}

function keepAll(known: Stored, { list, at, values }: SampleRun, points: readonly Point[]): void {
  const places = list.placesAmong(points);
  for (let from = 0; from < values.length; from++) {
    const place = places[from] as number;
    if (place >= 0) keep(known, place, at, values[from] as Decoded);
  }
}

function keep(known: Stored, place: number, at: EpochMs, value: Decoded): void {
  // A cycle that a command has overtaken still carries older samples.
  const newerBy = (known.at[place] ?? Number.NaN) - at;
  if (newerBy > 0 && newerBy <= LATE_MS) return;
  known.at[place] = at;
  if (isNoValue(value)) {
    known.bad ??= [];
    known.bad[place] = value.bad;
    return;
  }
  known.values[place] = value;
  if (known.bad !== undefined) known.bad[place] = undefined;
}

function sampleAt(known: Stored, place: number, point: Point): Sample | undefined {
  const at = epochMs(known.at[place] ?? Number.NaN);
  const value = known.values[place];
  if (Number.isNaN(at) || value === undefined) return undefined;
  const bad = known.bad?.[place];
  return { point, at, reading: bad === undefined ? { value } : { bad } };
}
