import { METRIC_PREFIX, METRICS, type MetricName } from "./metricsTable";

export type Labels = Readonly<Record<string, string>>;

/** A value of a metric, with its labels. */
export interface MetricSample {
  readonly metric: MetricName;
  readonly labels?: Labels;
  readonly value: number;
}

/**
 * Text of Prometheus (format 0.0.4). Values that are no finite number are left out: the collector of IoT Edge drops
 * infinite ones. Metrics without a sample are left out too.
 */
export function metricsText(samples: Iterable<MetricSample>, everywhere: Labels): string {
  const lines = new Map<MetricName, string[]>();
  const common = labelTexts(everywhere);
  for (const { metric, labels = {}, value } of samples) {
    if (!Number.isFinite(value)) continue;
    const list = lines.get(metric) ?? [];
    lines.set(metric, list);
    list.push(`${METRIC_PREFIX}${metric}${braced([...common, ...labelTexts(labels)])} ${value}`);
  }
  const parts = (Object.keys(METRICS) as MetricName[]).flatMap((metric) => {
    const list = lines.get(metric);
    if (list === undefined) return [];
    const name = `${METRIC_PREFIX}${metric}`;
    return [`# HELP ${name} ${METRICS[metric].question}`, `# TYPE ${name} ${METRICS[metric].type}`, ...list];
  });
  return `${parts.join("\n")}\n`;
}

function labelTexts(labels: Labels): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
}

function braced(parts: readonly string[]): string {
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
