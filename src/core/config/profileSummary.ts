import { isJsonObject, type JsonObject } from "../../kernel/json";
import type { DeviceConfig } from "./gatewayConfig";
import type { Problem } from "./problem";
import type { ProfileLookup } from "./profiles";
import { resolveDocument } from "./resolve";

/** What a profile says of itself, and what it comes to with the profile that it extends, for lists and for the reference. */
export interface ProfileSummary {
  readonly title: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly source: string;
  readonly extends?: string;
  /** As a device has it that takes all of it; absent where something is wrong. */
  readonly device?: DeviceConfig;
  readonly problems: readonly Problem[];
}

export function profileSummary(name: string, profile: unknown, lookup: ProfileLookup): ProfileSummary {
  const keys = isJsonObject(profile) ? profile : {};
  const base = baseOf(name, keys, lookup);
  const word = (key: string): string => textOf(keys, key) ?? textOf(base, key) ?? "";
  const { problems, devices } = resolveDocument(documentWith(name, profile), lookup);
  const device = devices.get("it");
  const extended = textOf(keys, "extends");
  return {
    title: word("title"),
    manufacturer: word("manufacturer"),
    model: word("model"),
    source: word("source"),
    problems,
    ...(extended === undefined ? {} : { extends: extended }),
    ...(device?.ok === true ? { device: device.value } : {}),
  };
}

/** One device with the profile, on a connection where every unit id and function is possible. */
function documentWith(name: string, profile: unknown): unknown {
  return {
    connections: { line: { transport: "tcp", host: "localhost" } },
    profiles: { [name]: profile },
    devices: { it: { connection: "line", unitId: 1, profile: name } },
  };
}

function baseOf(name: string, keys: JsonObject, lookup: ProfileLookup): JsonObject {
  const base = textOf(keys, "extends");
  if (base === undefined || base === name) return {};
  const found = lookup(base);
  return found?.ok === true && isJsonObject(found.value) ? found.value : {};
}

function textOf(keys: JsonObject, key: string): string | undefined {
  const value = keys[key];
  return typeof value === "string" ? value : undefined;
}
