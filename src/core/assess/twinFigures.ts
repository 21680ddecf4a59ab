import { isJsonObject, type Json, type JsonObject, pointer } from "../../kernel/json";
import { deeperThan } from "../../kernel/jsonDepth";
import { utf8Length } from "../../kernel/utf8";
import { canonicalText } from "../config/fingerprint";
import type { Problem } from "../config/problem";
import {
  BAD_TWIN_NAME,
  MAX_TWIN_BYTES,
  MAX_TWIN_DEPTH,
  MAX_TWIN_INTEGER,
  MAX_TWIN_TEXT_BYTES,
  twinSize,
} from "../config/twinSize";

/** What a configuration takes of the twin. */
export interface TwinFigures {
  /** Of the desired half, with the configuration in it, as IoT Hub counts. */
  readonly desiredBytes: number;
  /** Of the reported half, while everything is online. */
  readonly reportedBytes: number;
  readonly maxBytes: number;
  /** What could stand outside the twin, greatest first, with the bytes that it would save. */
  readonly movable: readonly Movable[];
}

export interface Movable {
  readonly path: string;
  readonly bytes: number;
  /** What to do with it, for people. */
  readonly how: string;
}

/** Over this share of a half it is time to think of the next device. */
const NEARLY_FULL = 0.85;
/** Warnings of one kind: more say nothing new. */
const MOST = 5;

export function twinFigures(document: unknown, reportedBytes: number): TwinFigures {
  const configuration = (isJsonObject(document) ? document : {}) as JsonObject;
  return {
    // A document of the archived module stands at the root of the desired properties.
    desiredBytes: twinSize("SlaveConfigs" in configuration ? configuration : { configuration }),
    reportedBytes,
    maxBytes: MAX_TWIN_BYTES,
    movable: movableParts(configuration),
  };
}

/** What IoT Hub would not take, or change; it does not matter where the configuration is a file on the gateway. */
export function twinWarnings(document: unknown, figures: TwinFigures): readonly Problem[] {
  const { desiredBytes, reportedBytes, movable, maxBytes } = figures;
  const warnings = [...sizeWarnings(desiredBytes, maxBytes, movable)];
  if (reportedBytes > maxBytes) {
    const text = `the module will report about ${reportedBytes} bytes; a twin holds ${maxBytes}: details of devices that are online will be left out. Fewer points of kind "property", or several modules (modbus-edge manifest --split), keep it whole`;
    warnings.push({ path: "", text });
  }
  if (!isJsonObject(document)) return warnings;
  if (deeperThan({ configuration: document }, MAX_TWIN_DEPTH + 1)) {
    warnings.push({ path: "", text: `nested deeper than the ${MAX_TWIN_DEPTH} levels that a twin holds` });
  }
  return [...warnings, ...valueWarnings(document)];
}

function sizeWarnings(bytes: number, most: number, movable: readonly Movable[]): readonly Problem[] {
  if (bytes <= NEARLY_FULL * most) return [];
  const percent = ((100 * bytes) / most).toFixed(0);
  const verdict = bytes > most ? `a twin holds ${most}: IoT Hub refuses it` : `a twin holds ${most}`;
  const head = `the configuration takes ${bytes} bytes (${percent} %) of the desired properties; ${verdict}.`;
  return [{ path: "", text: `${head} ${adviceText(bytes, most, movable)}` }];
}

function adviceText(bytes: number, most: number, movable: readonly Movable[]): string {
  const split = "share the site among several modules (modbus-edge manifest --split)";
  const chosen: Movable[] = [];
  let left = bytes;
  for (const part of movable) {
    if (left <= NEARLY_FULL * most) break;
    chosen.push(part);
    left -= part.bytes;
  }
  if (chosen.length === 0) return `To get room, ${split}`;
  const parts = chosen.slice(0, MOST).map(({ path, bytes: saved, how }) => `${path} (${saved} bytes): ${how}`);
  const more = chosen.length > MOST ? `; and ${chosen.length - MOST} more` : "";
  const rest = left > most ? `; that is not enough: ${split}` : ` (${left} bytes are left then)`;
  return `Move out: ${parts.join("; ")}${more}${rest}`;
}

/** Profiles of the document, and points that stand in devices. */
function movableParts(document: JsonObject): readonly Movable[] {
  const profiles = entriesOf(document["profiles"]).map(([name, profile]) => ({
    path: pointer(["profiles", name]),
    bytes: twinSize({ [name]: profile }),
    how: `as profiles/${name}.json in the data folder (MODBUS_EDGE_PROFILES)`,
  }));
  return [...profiles, ...ownModels(document)].sort((a, b) => b.bytes - a.bytes);
}

/** Devices that define points of their own: those of equal ones can share a profile. */
function ownModels(document: JsonObject): readonly Movable[] {
  const models = new Map<string, { readonly names: string[]; bytes: number }>();
  for (const [name, device] of entriesOf(document["devices"])) {
    const points = isJsonObject(device) ? device["points"] : undefined;
    if (!isJsonObject(points)) continue;
    // What a device changes in its profile is little, and stands where it is looked for.
    if (isJsonObject(device) && device["profile"] !== undefined) continue;
    const key = canonicalText(points);
    const model = models.get(key) ?? { names: [], bytes: 0 };
    models.set(key, model);
    model.names.push(name);
    model.bytes += twinSize({ points });
  }
  return [...models.values()].map(({ names, bytes }) => {
    const others = names.length === 1 ? "" : `, for ${names.length} devices with the same points`;
    const how = `as a profile in the profile folder (MODBUS_EDGE_PROFILES)${others}`;
    return { path: pointer(["devices", names[0] ?? "", "points"]), bytes, how };
  });
}

function entriesOf(part: Json | undefined): readonly (readonly [string, Json])[] {
  return isJsonObject(part) ? Object.entries(part) : [];
}

interface Kind {
  readonly fits: (name: string, value: Json) => boolean;
  readonly text: string;
}

const KINDS: readonly Kind[] = [
  {
    fits: (_, value) => typeof value === "string" && utf8Length(value) > MAX_TWIN_TEXT_BYTES,
    text: `the text is longer than the ${MAX_TWIN_TEXT_BYTES} bytes that a twin takes: put what bears it into a profile in the profile folder`,
  },
  {
    fits: (name) => BAD_TWIN_NAME.test(name),
    text: "a twin takes no name that is empty or has a dot, a dollar sign, a hash or a space",
  },
  {
    fits: (_, value) => typeof value === "number" && Number.isInteger(value) && Math.abs(value) > MAX_TWIN_INTEGER,
    text: "a twin takes whole numbers within ±2^52 only: write it as a text, in quotes",
  },
  {
    fits: (_, value) => value === null,
    text: "null never arrives through a twin (it deletes the key there): what it takes away here will stand",
  },
];

function valueWarnings(document: JsonObject): readonly Problem[] {
  const found = KINDS.map(() => [] as string[]);
  const open: { readonly value: Json; readonly path: readonly string[] }[] = [{ value: document, path: [] }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { value, path } = item;
    if (typeof value !== "object" || value === null) continue;
    for (const [name, inner] of Object.entries(value) as [string, Json][]) {
      const at = [...path, name];
      for (const [index, { fits }] of KINDS.entries()) if (fits(name, inner)) found[index]?.push(pointer(at));
      open.push({ value: inner, path: at });
    }
  }
  return KINDS.flatMap(({ text }, index) => {
    const paths = (found[index] ?? []).sort();
    const more = paths.length > MOST ? ` (and at ${paths.length - MOST} more places)` : "";
    return paths.slice(0, MOST).map((path, place) => ({ path, text: place === 0 ? `${text}${more}` : text }));
  });
}
