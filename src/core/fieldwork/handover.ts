import type { Assessment } from "../assess/assess";
import type { DeviceConfig } from "../config/gatewayConfig";
import type { Problem } from "../config/problem";
import { addressText } from "../modbus/address";
import type { Point, PointValue } from "../points/point";
import { valueToJsonText } from "../points/valueText";
import { type Cell, cell, type Fact, fact, type Section, type Sheet, type Tone } from "./sheet";
import { identityLine, type UnitIdentity } from "./unitIdentity";

export type VisitState = "online" | "degraded" | "offline" | "disabled" | "starting" | "unknown";

/** What a point read when the device was visited. */
export interface PointSample {
  readonly point: Point;
  readonly value?: PointValue;
  /** A reason of the contract (`timeout`, `exception:2`), and in words. */
  readonly bad?: string;
  readonly detail?: string;
}

/** What is known of a device at hand-over. */
export interface DeviceVisit {
  readonly device: DeviceConfig;
  readonly state: VisitState;
  /** Why it is not online. */
  readonly reason: string;
  readonly identity: UnitIdentity;
  /** Absent: its points were not read (the sheet of a running module). */
  readonly samples?: readonly PointSample[];
  readonly requests: number;
  readonly failures: number;
  readonly latencyMs?: { readonly usual: number; readonly most?: number };
}

export interface Handover {
  readonly title: string;
  /** ISO 8601. */
  readonly at: string;
  /** Name of the configuration's file. */
  readonly source: string;
  /** How it was found out, in a sentence. */
  readonly how: string;
  readonly version: string;
  readonly assessment: Assessment;
  /** In the order of the configuration. */
  readonly visits: readonly DeviceVisit[];
}

/** The hand-over sheet of a site. */
export function handoverSheet(handover: Handover): Sheet {
  const { assessment, visits } = handover;
  return {
    title: handover.title,
    facts: overview(handover),
    sections: [
      connectionSection(assessment),
      deviceSection(visits),
      ...visits.map(visitSection),
      writableSection(assessment),
      problemSection("Problems", assessment.problems, "bad", "None: the configuration is valid."),
      problemSection("Warnings", assessment.warnings, "warning", "None."),
    ],
  };
}

function overview({ at, source, how, version, assessment, visits }: Handover): readonly Fact[] {
  const enabled = visits.filter(({ state }) => state !== "disabled");
  const online = enabled.filter(({ state }) => state === "online" || state === "degraded").length;
  const { messagesADay, bytesADay } = assessment.cost;
  return [
    fact("Configuration", source),
    fact("Made", `${at}, by modbus-edge ${version}`),
    fact("How", how),
    fact("Devices", `${online} of ${enabled.length} online`, online === enabled.length ? "good" : "bad"),
    fact("Points", String(assessment.points)),
    fact("Messages", `about ${messagesADay} a day, ${(bytesADay / 1e6).toFixed(1)} MB (predicted)`),
  ];
}

function connectionSection({ connections }: Assessment): Section {
  const titles = ["Connection", "Endpoint", "Devices", "Points", "Requests a second", "Load (predicted)"];
  const rows = connections.map((one) => [
    cell(one.name),
    cell(one.endpoint),
    cell(String(one.devices)),
    cell(String(one.points)),
    cell(one.requestsPerSecond.toFixed(2)),
    cell(
      `${one.loadPercent.toFixed(1)} %`,
      one.loadPercent > 100 ? "bad" : one.loadPercent > 80 ? "warning" : undefined,
    ),
  ]);
  const columns = titles.map((title, at) => (at < 2 ? { title } : ({ title, align: "right" } as const)));
  return { title: "Connections", level: 2, facts: [], table: { columns, rows }, empty: "None." };
}

const TONES: Readonly<Record<VisitState, Tone | undefined>> = {
  ...{
    online: "good",
    degraded: "warning",
    offline: "bad",
    disabled: undefined,
    starting: undefined,
    unknown: "warning",
  },
};

function deviceSection(visits: readonly DeviceVisit[]): Section {
  const columns = ["Device", "Connection", "Unit", "State", "Answers in", "Failed", "Says that it is"].map(
    (title, at) => ([2, 4, 5].includes(at) ? ({ title, align: "right" } as const) : { title }),
  );
  const rows = visits.map(({ device, state, latencyMs, requests, failures, identity }): Cell[] => [
    cell(device.name),
    cell(device.connection),
    cell(String(device.unitId)),
    cell(state, TONES[state]),
    cell(latencyMs === undefined ? "" : latencyText(latencyMs)),
    cell(requests === 0 ? "" : `${failures} of ${requests}`, failures > 0 ? "warning" : undefined),
    cell(identityLine(identity)),
  ]);
  return { title: "Devices", level: 2, facts: [], table: { columns, rows }, empty: "None." };
}

function latencyText({ usual, most }: NonNullable<DeviceVisit["latencyMs"]>): string {
  const rounded = (ms: number): string => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
  return most === undefined ? `${rounded(usual)} ms` : `${rounded(usual)} ms, at most ${rounded(most)}`;
}

function visitSection({ device, state, reason, identity, samples }: DeviceVisit): Section {
  const { name, connection, unitId, profile } = device;
  const columns = ["Point", "Address", "Value", "Unit", "Quality", "About"].map((title, at) =>
    at === 2 ? ({ title, align: "right" } as const) : { title },
  );
  const why = state === "online" ? [] : [fact("State", reason === "" ? state : `${state}: ${reason}`, TONES[state])];
  return {
    title: `${name} (unit ${unitId} on ${connection})`,
    level: 3,
    facts: [...why, ...(profile === undefined ? [] : [fact("Profile", profile)]), ...identityFacts(identity)],
    ...(samples === undefined ? {} : { table: { columns, rows: samples.map(sampleRow) } }),
    empty: samples === undefined ? "Its points were not read for this sheet." : "No point was read.",
  };
}

function identityFacts({ identification, serverId, sunspec }: UnitIdentity): readonly Fact[] {
  const objects = Object.entries(identification ?? {}).map(([name, text]) => `${name} ${text}`);
  const models = sunspec === undefined ? "" : `models ${sunspec.models.join(", ")}`;
  return [
    ...(objects.length === 0 ? [] : [fact("Identification", objects.join(", "))]),
    ...(serverId === undefined ? [] : [fact("Server id", serverId.text ?? `0x${serverId.hex}`)]),
    ...(sunspec === undefined
      ? []
      : [
          fact(
            "SunSpec",
            [sunspec.manufacturer, sunspec.model, sunspec.version, sunspec.serialNumber, models].join(" "),
          ),
        ]),
  ];
}

function sampleRow({ point, value, bad, detail }: PointSample): readonly Cell[] {
  const shown = value === undefined ? "" : typeof value === "string" ? value : valueToJsonText(value);
  const quality = bad === undefined ? cell(value === undefined ? "not read" : "good") : cell(bad, "bad");
  return [
    cell(point.name),
    cell(addressText(point.table, point.address)),
    cell(shown),
    cell(point.unit ?? ""),
    quality,
    cell(detail ?? point.title ?? ""),
  ];
}

function writableSection({ writes }: Assessment): Section {
  const columns = ["Device", "Point", "Address", "Takes", "Made sure by", "By desired property"].map((title) => ({
    title,
  }));
  const rows = writes.points.map(({ device, point, place, limits, verify, desired }) => [
    cell(device),
    cell(point),
    cell(place),
    cell(limits, limits.startsWith("any ") ? "warning" : undefined),
    cell(verify),
    cell(desired ? "yes" : "no"),
  ]);
  const facts = [
    fact("Decided by", decided(writes.configured)),
    ...(writes.commands.length === 0 ? [] : [fact("Commands", writes.commands.join(", "))]),
    ...(writes.input ? [fact("Input write", "open to other modules of the gateway", "warning")] : []),
  ];
  return { title: "What may be written", level: 2, facts, table: { columns, rows }, empty: "No point." };
}

/** @param configured `module.writes` */
function decided(configured: string | undefined): string {
  const gateway = "MODBUS_EDGE_WRITES of the gateway (off, declared or raw)";
  return configured === undefined ? gateway : `${gateway}; the configuration allows no more than "${configured}"`;
}

function problemSection(title: string, found: readonly Problem[], tone: Tone, empty: string): Section {
  const columns = [{ title: "Where" }, { title: "What, and what to do" }];
  const rows = found.map(({ path, text }) => [cell(path), cell(text, tone)]);
  return { title, level: 2, facts: [], table: { columns, rows }, empty };
}
