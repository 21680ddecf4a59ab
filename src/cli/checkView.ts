import type { Assessment } from "../core/assess/assess";
import type { CloudWrites, WritableRow } from "../core/assess/cloudWrites";
import { S1_CHUNKS } from "../core/assess/expertWarnings";
import type { Problem } from "../core/config/problem";
import { MAX_CAPABILITIES } from "../core/model/centralLimits";
import type { Paint } from "./paint";
import { tableLines, wrapped } from "./textTable";

/** What the template of IoT Central would hold. */
export interface CentralFigures {
  readonly capabilities: number;
  readonly components: number;
}

export interface CheckView {
  readonly assessment: Assessment;
  readonly central: CentralFigures;
  readonly paint: Paint;
  /** Of the terminal; `Infinity`: nothing is wrapped or cut. */
  readonly columns: number;
}

/** Lines about what is wrong or doubtful. */
export function problemLinesOf(
  kind: "problem" | "warning",
  found: readonly Problem[],
  { paint, columns }: Pick<CheckView, "paint" | "columns">,
): readonly string[] {
  return found.map(({ path, text }) => {
    const line = wrapped(`${kind}  ${path === "" ? "" : `${path}: `}${text}`, columns, "         ");
    return paint(kind === "problem" ? "red" : "yellow", kind) + line.slice(kind.length);
  });
}

/** The figures: connections, twin, cost, IoT Central, what the cloud could write. Empty where there is nothing good. */
export function figureLines(view: CheckView): readonly string[] {
  const { assessment, columns } = view;
  if (assessment.config.devices.size === 0 && assessment.config.connections.size === 0) return [];
  return [
    "",
    ...connectionLines(view),
    "",
    ...[twinText(assessment), costText(assessment), centralText(view)]
      .filter((text) => text !== "")
      .map((text) => wrapped(text, columns, "             ")),
    "",
    ...writeLines(view),
    "",
  ];
}

function connectionLines({ assessment, paint, columns }: CheckView): readonly string[] {
  const titles = [
    { title: "connection", gives: true },
    { title: "", gives: true },
    { title: "devices", align: "right" },
    { title: "points", align: "right" },
    { title: "requests/s", align: "right" },
    { title: "load", align: "right" },
  ] as const;
  const rows = assessment.connections.map(({ name, endpoint, devices, points, requestsPerSecond, loadPercent }) => [
    name,
    endpoint,
    String(devices),
    String(points),
    requestsPerSecond.toFixed(1),
    `${loadPercent.toFixed(1)} %`,
  ]);
  const [head = "", ...lines] = tableLines(titles, rows, columns);
  return [
    paint("bold", head),
    ...lines.map((line, index) => paint(loadColour(assessment.connections[index]?.loadPercent ?? 0), line)),
  ];
}

function loadColour(percent: number) {
  if (percent > 100) return "red";
  return percent > 80 ? "yellow" : "green";
}

function twinText({ twin }: Assessment): string {
  const share = (bytes: number): string => `${grouped(bytes)} bytes (${((100 * bytes) / twin.maxBytes).toFixed(0)} %)`;
  return `twin         configuration ${share(twin.desiredBytes)}, reported about ${share(twin.reportedBytes)} of ${grouped(twin.maxBytes)} each`;
}

function costText({ cost: { messagesADay, bytesADay, chunksADay } }: Assessment): string {
  if (messagesADay === 0) return "";
  const share = ((100 * chunksADay) / S1_CHUNKS).toFixed(chunksADay > S1_CHUNKS / 10 ? 0 : 1);
  return `cost         about ${grouped(messagesADay)} messages a day, ${(bytesADay / 1e6).toFixed(1)} MB, ${grouped(chunksADay)} pieces of 4 KB: ${share} % of what a unit S1 of IoT Hub takes, where all of them go upstream`;
}

function centralText({ central: { capabilities, components } }: CheckView): string {
  return `IoT Central  ${capabilities} of ${MAX_CAPABILITIES} capabilities, ${components} component${components === 1 ? "" : "s"} (modbus-edge template)`;
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, " ");
}

/** Rows of the table for people; `--json` has all. */
const MOST_ROWS = 40;

function writeLines({ assessment: { writes }, paint, columns }: CheckView): readonly string[] {
  const inputs = [...(writes.input ? [INPUT] : []), ...(writes.legacyInput ? [LEGACY_INPUT] : [])];
  const notes = [...inputs, rawText(writes)].map((text) => wrapped(text, columns, ""));
  const head = paint("bold", "What the cloud could write");
  if (writes.points.length === 0) return [`${head}: ${inputs.length === 0 ? "nothing" : "no points"}`, ...notes];
  const rows = sharedRows(writes.points);
  const titles = [
    { title: "device", gives: true },
    { title: "point", gives: true },
    { title: "where" },
    { title: "values", gives: true },
    { title: "verified by", gives: true },
  ] as const;
  const shown = rows.slice(0, MOST_ROWS);
  const [titleLine = "", ...lines] = tableLines(titles, shown, columns);
  const more = rows.length > shown.length ? [`  … and ${rows.length - shown.length} more rows (--json has all)`] : [];
  const commands = writes.commands.length === 0 ? [] : [wrapped(commandsText(writes.commands), columns, "  ")];
  return [head, paint("dim", titleLine), ...lines, ...more, ...commands, ...notes];
}

function commandsText(commands: readonly string[]): string {
  const shown = commands.slice(0, 8).join(", ");
  return `  commands: ${shown}${commands.length > 8 ? ` and ${commands.length - 8} more` : ""}`;
}

/** Devices that have a row in common share it. */
function sharedRows(points: readonly WritableRow[]): readonly (readonly string[])[] {
  const rows = new Map<string, { readonly cells: readonly string[]; readonly devices: string[] }>();
  for (const { device, point, place, limits, verify } of points) {
    const cells = [point, place, limits, verify];
    const key = JSON.stringify(cells);
    const row = rows.get(key) ?? { cells, devices: [] };
    rows.set(key, row);
    row.devices.push(device);
  }
  return [...rows.values()].map(({ cells, devices: [first = "", ...others] }) => [
    others.length === 0 ? first : `${first} +${others.length}`,
    ...cells,
  ]);
}

const INPUT = 'Other modules on the gateway may write the same by messages to the input "write".';

const LEGACY_INPUT =
  'Other modules on the gateway may write every holding register and coil of the slaves by messages to the input "input1" (iot-edge-modbus), where a route brings them.';

function rawText({ configured }: CloudWrites): string {
  if (configured === "off") return "The configuration forbids all writing (module.writes is off).";
  const allowed = "With MODBUS_EDGE_WRITES=off on the gateway nothing is written;";
  if (configured === "declared")
    return `${allowed} raw registers never, for module.writes is declared. The configuration can be changed from the cloud; MODBUS_EDGE_WRITES can't.`;
  return `${allowed} with raw any register too (writeRegisters); the default is declared: what stands here.`;
}
