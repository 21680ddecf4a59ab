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
const [DEVICE, POINT, VALUE, UNIT, QUALITY, AGE] = [0, 1, 2, 3, 4, 5] as const;
/** Numbers stand to the right. */
const RIGHT = new Set<number>([VALUE, AGE]);
const DIM = "\u001b[2m";
const RED = "\u001b[31m";
const GREEN = "\u001b[32m";
const BOLD = "\u001b[1m";
const RESET = "\u001b[0m";

/** Between two columns of the table where the window is wide enough for several. */
const GUTTER = "   ";

/** The live table, at most `height` lines of at most `width` characters; what does not fit is counted. */
export function drawDemo(picture: DemoPicture, height: number, width: number): string {
  const cells = picture.rows.map(cellsOf);
  const widths = fitted(cells, width);
  const rowWidth = widthOf(widths);
  const columns = Math.max(Math.floor((width + GUTTER.length) / (rowWidth + GUTTER.length)), 1);
  const foot = footer(picture, width);
  const room = Math.max(height - foot.length - 3, 1);
  const line = (row: readonly string[]): string => padded(row, widths).slice(0, width);
  const used = Math.min(Math.ceil(picture.rows.length / columns), room);
  const lines = [BOLD + Array.from({ length: columns }, () => line(HEAD)).join(GUTTER) + RESET];
  for (let at = 0; at < used; at++) {
    const places = Array.from({ length: columns }, (_, column) => column * used + at);
    const texts = places.flatMap((place) => {
      const row = picture.rows[place];
      return row === undefined ? [] : [coloured(row, line(cells[place] ?? []))];
    });
    lines.push(texts.join(GUTTER));
  }
  const rest = picture.rows.length - used * columns;
  const more = `… and ${rest} more points (a larger window shows them)`.slice(0, width);
  lines.push(rest > 0 ? `${DIM}${more}${RESET}` : "", ...foot);
  return lines.join("\n");
}

/** What a narrow window goes without, one after the other, until a row fits: [column, its width then]. */
const SHRINKING: readonly (readonly [column: number, width: number])[] = [
  [VALUE, 20],
  [AGE, 0],
  [QUALITY, 0],
  [POINT, 20],
  [VALUE, 12],
  [DEVICE, 8],
  [POINT, 12],
  [UNIT, 0],
];

/** Of the columns, those of width 0 left out. */
function fitted(cells: readonly (readonly string[])[], most: number): readonly number[] {
  const widths = HEAD.map((title, column) => Math.max(title.length, ...cells.map((row) => (row[column] ?? "").length)));
  for (const [column, width] of SHRINKING) {
    if (widthOf(widths) <= most) break;
    widths[column] = Math.min(widths[column] ?? 0, width);
  }
  return widths;
}

function widthOf(widths: readonly number[]): number {
  return widths.filter((width) => width > 0).reduce((sum, width) => sum + width + 2, -2);
}

function padded(row: readonly string[], widths: readonly number[]): string {
  const fit = (cell: string, column: number): readonly string[] => {
    const size = widths[column] ?? 0;
    if (size === 0) return [];
    const cut = cell.length > size ? `${cell.slice(0, size - 1)}…` : cell;
    return [RIGHT.has(column) ? cut.padStart(size) : cut.padEnd(size)];
  };
  const known = row[QUALITY] === "good" || row[QUALITY] === HEAD[QUALITY];
  // Where there is no room for the quality, the reason takes the place of the value that is not known.
  const shown = known || (widths[QUALITY] ?? 0) > 0 ? row : row.with(VALUE, row[QUALITY] ?? "");
  return shown.flatMap(fit).join("  ");
}

function coloured(row: DemoRow, text: string): string {
  if (row.quality === "good") return text;
  return `${row.value === undefined ? DIM : RED}${text}${RESET}`;
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
