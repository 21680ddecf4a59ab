import { err, ok, type Result } from "../../kernel/result";
import { fingerprintOf, pointsDigest, type Without } from "./fingerprint";
import type { ConnectionConfig, DeviceConfig } from "./gatewayConfig";
import { inDocument } from "./layers";
import type { Problem } from "./problem";
import { endpointOf, hasUnit } from "./resolveConnection";
import type { Model, ModelKeys, Profile } from "./resolveModel";
import { type Outputs, outputProblems } from "./resolveOutputs";
import type { DeviceKeys } from "./schemaDevice";

/** Resolves the model of a device, or hands out one that is known already. */
export type ModelSource = (
  keys: ModelKeys,
  device: string,
  profile: Profile | undefined,
) => Result<Model, readonly Problem[]>;

/**
 * A device with everything looked up. `profile` and `connection` are the ones it names; a connection that is faulty
 * itself is `undefined` here.
 */
export function resolveDevice(
  name: string,
  keys: DeviceKeys,
  profile: Profile | undefined,
  connection: ConnectionConfig | undefined,
  modelOf: ModelSource,
  outputs: Outputs = new Map(),
): Result<DeviceConfig, readonly Problem[]> {
  const problems: Problem[] = [];
  const place = inDocument("devices", name);
  if (connection !== undefined && !hasUnit(connection, keys.unitId)) {
    const text = `${keys.unitId} is out of range: ${serialText(connection)} (connection "${connection.name}") a unit id is 1 to 247`;
    problems.push(place(["unitId"], text));
  }
  if (connection !== undefined && connection.framing !== "mbap" && keys.lenientUnitId === true) {
    problems.push(place(["lenientUnitId"], `${connection.framing} frames say by the unit id alone whose answer it is`));
  }
  if (profile === undefined && keys.points === undefined) {
    problems.push(place([], 'the device has neither a "profile" nor "points": nothing to read'));
  }
  const model = modelOf(modelKeys(keys), name, profile);
  if (!model.ok) return err([...problems, ...model.error]);
  const device = deviceOf(name, keys, profile, connection, model.value);
  problems.push(...outputProblems(device, keys, place, profile, outputs));
  return problems.length > 0 ? err(problems) : ok(device);
}

function serialText({ transport, framing }: ConnectionConfig): string {
  return transport === "serial" ? "on a serial line" : `in ${framing} frames`;
}

/** The device's keys without those that say where it stands. */
function modelKeys(keys: DeviceKeys): ModelKeys {
  const { connection: _connection, unitId: _unitId, profile: _profile, enabled: _enabled, ...rest } = keys;
  const { identity: _identity, tags: _tags, ...model } = rest;
  return model;
}

function deviceOf(
  name: string,
  keys: DeviceKeys,
  profile: Profile | undefined,
  connection: ConnectionConfig | undefined,
  model: Model,
): DeviceConfig {
  const responseTimeoutMs = keys.responseTimeoutMs ?? profile?.keys.responseTimeoutMs;
  const requestGapMs = keys.requestGapMs ?? profile?.keys.requestGapMs;
  const connectDelayMs = keys.connectDelayMs ?? profile?.keys.connectDelayMs ?? 0;
  const isLenient = keys.lenientUnitId ?? profile?.keys.lenientUnitId ?? false;
  const definition: Without<DeviceConfig, "points" | "fingerprint"> = {
    name,
    connection: keys.connection,
    unitId: keys.unitId,
    enabled: keys.enabled ?? true,
    ...(profile === undefined ? {} : { profile: profile.name }),
    ...(keys.identity === "none" ? { identity: keys.identity } : {}),
    ...(keys.tags === undefined ? {} : { tags: keys.tags }),
    groups: model.groups,
    limits: model.limits,
    maxWriteRegisters: model.maxWriteRegisters,
    ...(model.commands.size === 0 ? {} : { commands: model.commands }),
    ...(model.watchdog === undefined ? {} : { watchdog: model.watchdog }),
    ...(responseTimeoutMs === undefined ? {} : { responseTimeoutMs }),
    ...(requestGapMs === undefined ? {} : { requestGapMs }),
    ...(connectDelayMs === 0 ? {} : { connectDelayMs }),
    ...(model.models.size === 0 ? {} : { models: model.models }),
    ...(isLenient ? { lenientUnitId: true } : {}),
  };
  // What is known of a device must not outlast the place where it was found.
  const endpoint = connection === undefined ? "" : endpointOf(connection);
  return withFingerprint({ ...definition, points: model.points }, endpoint);
}

/** Of devices: where they are, until somebody has asked for the fingerprint; then that. */
const places = new WeakMap<object, { readonly endpoint: string } | string>();

/**
 * The fingerprint is made when somebody asks: what only looks through a configuration never does, and digests take their
 * time. One getter for all: with one of its own each device would be an object of its own kind, large and slow.
 */
const FINGERPRINT: PropertyDescriptor = {
  get(this: Without<DeviceConfig, "fingerprint">): string {
    const known = places.get(this);
    if (typeof known === "string") return known;
    const definition: Record<string, unknown> = { points: pointsDigest(this.points), endpoint: known?.endpoint };
    for (const key of Object.keys(this) as (keyof typeof this)[]) {
      // Not by entries: they would ask for the fingerprint itself.
      if (key !== ("fingerprint" as string) && key !== "points") definition[key] = this[key];
    }
    const fingerprint = fingerprintOf(definition);
    places.set(this, fingerprint);
    return fingerprint;
  },
  enumerable: true,
};

function withFingerprint(device: Without<DeviceConfig, "fingerprint">, endpoint: string): DeviceConfig {
  places.set(device, { endpoint });
  return Object.defineProperty(device, "fingerprint", FINGERPRINT) as DeviceConfig;
}
