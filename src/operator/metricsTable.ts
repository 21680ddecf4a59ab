export type MetricType = "counter" | "gauge";

export interface Metric {
  readonly type: MetricType;
  /** Beside those that every metric has. */
  readonly labels: readonly string[];
  /** What it answers: the help text, and the table in docs/operations.md. */
  readonly question: string;
}

function counter(question: string, ...labels: readonly string[]): Metric {
  return { type: "counter", labels, question };
}

function gauge(question: string, ...labels: readonly string[]): Metric {
  return { type: "gauge", labels, question };
}

/** Everything on `/metrics`, in this order. */
export const METRICS = {
  info: gauge("Is it running, and which version?", "version"),
  start_time_seconds: gauge("When did it start (does it restart again and again)?"),
  hub_connected: gauge("Is the link to edgeHub there (1), or has it been lost (0)?"),
  configuration_state: gauge("What became of the newest configuration: the state that is 1?", "state"),
  configuration_problems: gauge("How many faults does it have?"),
  configuration_warnings: gauge("How many warnings does it have?"),
  devices: gauge("How many devices are in each state?", "state"),
  connection_open: gauge("Is the line or the server reachable (1)?", "connection"),
  connection_opens_total: counter("Does a connection flap: how often has it been opened?", "connection"),
  connection_load_ratio: gauge("How busy is a connection, of 1, in the last minute?", "connection"),
  connection_stretch_ratio: gauge(
    "Are polls late: how many times longer than their intervals do they take?",
    "connection",
    "priority",
  ),
  device_up: gauge("Does a device answer (1), or is it offline (0)?", "connection", "device"),
  device_bad_points: gauge(
    "How many points of a device have no value (at most 20 are counted)?",
    "connection",
    "device",
  ),
  device_requests_total: counter("How many requests did a device get?", "connection", "device"),
  device_failures_total: counter("How many of them failed (cable, noise, exceptions)?", "connection", "device"),
  device_overruns_total: counter(
    "How many polls were left out since the one before was not done?",
    "connection",
    "device",
  ),
  device_latency_seconds: gauge(
    "How long does a device take to answer (median of the last 15)?",
    "connection",
    "device",
  ),
  device_last_good_timestamp_seconds: gauge("When did a device last give a good answer?", "connection", "device"),
  messages_offered_total: counter("How many messages were made?"),
  messages_recovered_total: counter("How many messages of earlier starts were found in the spool?"),
  messages_acknowledged_total: counter("How many did edgeHub take?"),
  messages_dropped_total: counter("How many were lost, since there was no room?"),
  messages_quarantined_total: counter("How many were put aside, since the hub would not have them?"),
  messages_waiting: gauge("How many wait for the hub?"),
  messages_in_flight: gauge("How many of them are with the hub and not acknowledged?"),
  message_bytes_total: counter("How many bytes were sent, as IoT Hub meters them?"),
  message_chunks_total: counter("How many pieces of 4 KB were sent, which is what IoT Hub bills?"),
  spool_failing: gauge("Can the spool be written (0), or are messages safe in memory alone (1)?"),
  spool_written_bytes_total: counter("How much was written to the flash disk?"),
  commands_total: counter("Who calls methods, and how do they end?", "method", "status"),
  writes_total: counter("How many points were written, or refused, and how did it end?", "outcome"),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export const METRIC_PREFIX = "modbus_edge_";

/** The table of docs/operations.md; a test holds it against this. */
export function metricsMarkdown(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, question }]) => {
    const own = labels.map((label) => `\`${label}\``).join(" ");
    return `| \`${METRIC_PREFIX}${name}\` | ${type} | ${own} | ${question} |`;
  });
  return ["| metric | type | labels | the question |", "|---|---|---|---|", ...rows].join("\n");
}
