import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { placesOf } from "../core/points/pointPlaces";
import type { DeviceCycle, Sample } from "../core/telemetry/sample";
import { placeOf } from "./deviceStanding";

/** The last sample of every point, as long as the device keeps the definition, and the place, under which it came. */
export interface SampleStore {
  latest(device: string): ReadonlyMap<string, Sample>;
  arrived(cycle: DeviceCycle): void;
}

type Standing = Pick<GatewayConfig, "devices" | "connections">;

/** What is kept of one device. */
interface Stored {
  /** What it is and where: equal text, the same points of the same unit. */
  readonly definition: string;
  /** By the place of their points. */
  readonly samples: (Sample | undefined)[];
  /** The configuration under which that was last found to be so. */
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
    const made = { definition, samples: [], config };
    stored.set(name, made);
    return made;
  }

  return {
    latest(name) {
      const config = ports.config();
      const samples = current(name, config, config.devices.get(name))?.samples ?? [];
      return new Map(samples.flatMap((sample) => (sample === undefined ? [] : [[sample.point.name, sample] as const])));
    },
    arrived({ device: name, samples }) {
      const config = ports.config();
      const device = config.devices.get(name);
      const known = current(name, config, device)?.samples;
      if (known === undefined || device === undefined) return;
      const places = placesOf(device.points);
      for (const sample of samples) {
        const place = places.get(sample.point.name);
        if (place === undefined) continue;
        // A cycle that a command has overtaken still carries older samples.
        const newerBy = (known[place]?.at ?? sample.at) - sample.at;
        if (newerBy <= 0 || newerBy > LATE_MS) known[place] = sample;
      }
    },
  };
}
