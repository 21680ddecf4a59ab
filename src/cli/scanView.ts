import { identityJson, identityLine, type UnitIdentity } from "../core/fieldwork/unitIdentity";
import { unitsText } from "../core/fieldwork/unitList";
import type { JsonObject } from "../kernel/json";
import { columns } from "./fieldView";
import type { ScanTarget } from "./scanOptions";
import type { Readable } from "./scanProbe";
import type { SweepOutcome } from "./scanSweep";

/** A unit that was found. */
export interface ScannedUnit {
  readonly unitId: number;
  /** What its first answer was. */
  readonly said: string;
  readonly ms: number;
  readonly identity: UnitIdentity;
  readonly profile?: string;
  /** Profiles whose registers it seems to have. */
  readonly perhaps: readonly string[];
  readonly readable?: Readable;
}

export interface Scanned {
  readonly target: ScanTarget;
  readonly outcome: SweepOutcome;
  readonly units: readonly ScannedUnit[];
}

export function scannedText({ target, outcome, units }: Scanned): string {
  const { setting, answersEveryUnit, damaged, nobody, ended, probed } = outcome;
  const at = setting !== undefined && units.length > 0 ? ` "${setting}"` : "";
  const lines = [`${target.endpoint}${at}: ${summary(units.length, answersEveryUnit)} (${probed} questions)`];
  if (ended !== undefined) lines.push(`Not everything was asked for: ${ended}.`);
  const absent = [...nobody].map(([code, times]) => `exception ${code} ${times} times`);
  if (absent.length > 0) lines.push(`A gateway said that there is nobody: ${absent.join(", ")}.`);
  if (damaged.length > 0) lines.push(damagedText(outcome));
  const rows = units.map((unit) => [
    String(unit.unitId),
    `${unit.said}, ${unit.ms} ms`,
    identityLine(unit.identity) || "-",
    profileText(unit),
  ]);
  const table = rows.length === 0 ? "" : columns([["unit", "answered", "says that it is", "profile"], ...rows]);
  const hint = units.some(({ perhaps }) => perhaps.length > 0) ? GUESSED : "";
  return `${lines.join("\n")}\n${table}${hint}`;
}

const GUESSED = `"perhaps": it has registers with plausible voltages and frequencies there; compare them with its display, then name the profile.\n`;

function profileText({ profile, perhaps, identity: { sunspec } }: ScannedUnit): string {
  if (profile !== undefined) return profile;
  if (sunspec !== undefined) return `SunSpec ${sunspec.models.join(" ")}`;
  return perhaps.length === 0 ? "-" : `perhaps ${perhaps.join(" or ")}`;
}

function summary(count: number, answersEveryUnit: boolean): string {
  if (answersEveryUnit) return "one device, which answers as every unit";
  return count === 0 ? "nobody" : `${count} unit${count === 1 ? "" : "s"}`;
}

function damagedText({ damaged }: SweepOutcome): string {
  const places = damaged
    .slice(0, 5)
    .map(({ unitId, setting }) => `unit ${unitId}${setting === undefined ? "" : ` at "${setting}"`}`);
  return `Damaged answers (${places.join(", ")}): two devices with one unit id, another setting of the line, or bad wiring.`;
}

export function scannedJson({ target, outcome, units }: Scanned): JsonObject {
  const { setting, ended, answersEveryUnit, damaged, nobody, probed } = outcome;
  return {
    endpoint: target.endpoint,
    ...(setting === undefined || units.length === 0 ? {} : { line: setting }),
    complete: ended === undefined,
    ...(ended === undefined ? {} : { ended }),
    probed,
    answersEveryUnit,
    damaged: damaged.map(({ unitId, setting: line }) => ({ unitId, ...(line === undefined ? {} : { line }) })),
    nobody: Object.fromEntries([...nobody].map(([code, times]) => [String(code), times])),
    units: units.map(({ unitId, said, ms, identity, profile, perhaps }) => ({
      ...{ unitId, said, ms },
      ...identityJson(identity),
      ...(profile === undefined ? {} : { profile }),
      ...(perhaps.length === 0 ? {} : { perhaps }),
    })),
  };
}

/** What is about to happen, and how long it takes at most. */
export function announcement({ endpoint, units, settings, timeoutMs }: ScanTarget): string {
  const many = settings.length > 1 ? `, at ${settings.length} settings of the line` : "";
  const seconds = Math.ceil((units.length * settings.length * timeoutMs) / 1000);
  const time = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  return `${endpoint}: units ${unitsText(units)}${many}; about ${time} where nobody answers (Ctrl-C ends with what was found)`;
}
