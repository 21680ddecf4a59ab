/** One point in the live view: what the hub received last. */
export interface DemoRow {
  readonly device: string;
  readonly point: string;
  /** As it stood in the message, every digit; absent before the first. */
  readonly value?: string;
  readonly unit: string;
  /** `good`, or why the value is not known. */
  readonly quality: string;
  readonly ageMs?: number;
}

export interface DemoPicture {
  readonly rows: readonly DemoRow[];
  readonly connections: readonly { readonly name: string; readonly state: string; readonly served: string }[];
  readonly hub: string;
  readonly acknowledged: number;
  readonly queued: number;
  readonly elapsedMs: number;
}

const HEAD = ["device", "point", "value", "unit", "quality", "age"] as const;
const DIM = "\u001b[2m";
const RED = "\u001b[31m";
const GREEN = "\u001b[32m";
const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

/** The live table, at most `height` lines of at most `width` characters; what does not fit is counted. */
export function drawDemo(picture: DemoPicture, height: number, width: number): string {
  const cells = picture.rows.map(cellsOf);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 2 || column === 5 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .slice(0, width);
  const foot = footer(picture, width);
  const room = Math.max(height - foot.length - 3, 1);
  const shown = picture.rows.slice(0, room);
  const lines = [`${BOLD}${line(HEAD)}${RESET}`];
  for (const [at, row] of shown.entries()) {
    const text = line(cells[at] ?? []);
    lines.push(
      row.quality === "good" ? text : row.value === undefined ? `${DIM}${text}${RESET}` : `${RED}${text}${RESET}`,
    );
  }
  const rest = picture.rows.length - shown.length;
  lines.push(rest > 0 ? `${DIM}… and ${rest} more points (a taller window shows them)${RESET}` : "", ...foot);
  return lines.join("\n");
}

function footer(picture: DemoPicture, width: number): readonly string[] {
  const connections = picture.connections.map(({ name, state, served }) => {
    const colour = state === "open" ? GREEN : RED;
    return `${colour}●${RESET} ${`${name}: ${state} (${served})`.slice(0, width - 2)}`;
  });
  const counts = `hub ${picture.hub} · ${picture.acknowledged} messages acknowledged, ${picture.queued} waiting · ${Math.floor(picture.elapsedMs / 1000)} s · Ctrl-C ends`;
  return [...connections, counts.slice(0, width)];
}

function cellsOf(row: DemoRow): readonly string[] {
  return [
    row.device,
    row.point,
    row.value ?? "",
    row.unit,
    row.quality,
    row.ageMs === undefined ? "" : `${(row.ageMs / 1000).toFixed(1)} s`,
  ];
}
