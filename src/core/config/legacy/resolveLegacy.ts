import type { JsonObject } from "../../../kernel/json";
import { err, ok, type Result } from "../../../kernel/result";
import { fingerprintOf } from "../fingerprint";
import type { DeviceConfig } from "../gatewayConfig";
import { distinctProblems, type Problem } from "../problem";
import type { ProfileLookup } from "../profiles";
import { type Resolution, type Resolved, resolveDocument } from "../resolve";
import type { LegacyDevice } from "./legacyDevice";
import { type LegacyTranslation, translateLegacy } from "./translateLegacy";

/** A document of the archived Modbus module, resolved: its slaves are devices that know what messages call them. */
export function resolveLegacy(document: JsonObject, lookup: ProfileLookup): Resolution {
  return resolveTranslated(translateLegacy(document), lookup);
}

/** The same of one that has been translated already. */
export function resolveTranslated(translation: LegacyTranslation, lookup: ProfileLookup): Resolution {
  const { root, leftOut, relocate } = translation;
  const native = resolveDocument(translation.document, lookup);
  const problems = [...root, ...leftOut.flatMap((slave) => slave.problems), ...native.problems.map(relocate)];
  const shared = {
    root,
    problems: distinctProblems(problems),
    warnings: [...translation.warnings, ...native.warnings.map(relocate)],
    relocate,
  };
  if (root.length > 0) {
    return { ...native, ...shared, connections: new Map(), devices: new Map(), outputs: new Map() };
  }
  const broken = leftOut.map((slave) => ({ kind: "devices" as const, ...slave }));
  return { ...native, ...shared, devices: labelled(native.devices, translation), broken };
}

function labelled(devices: Resolved<DeviceConfig>, { devices: labels, relocate }: LegacyTranslation) {
  const parts = new Map<string, Result<DeviceConfig, readonly Problem[]>>();
  for (const [name, device] of devices) {
    const legacy = labels.get(name);
    if (!device.ok) parts.set(name, err(device.error.map(relocate)));
    else parts.set(name, legacy === undefined ? device : ok(withLabels(device.value, legacy)));
  }
  return parts;
}

function withLabels(device: DeviceConfig, { slave, hwId, labels }: LegacyDevice): DeviceConfig {
  const points = device.points.map((point) => {
    const legacy = labels.get(point.name);
    return legacy === undefined ? point : { ...point, legacy };
  });
  const { fingerprint: native, ...definition } = device;
  const legacy = { slave, hwId };
  const fingerprint = fingerprintOf({ native, legacy, labels: points.map((point) => point.legacy ?? null) });
  return { ...definition, legacy, points, fingerprint };
}
