import { readFileSync } from "node:fs";
import { join } from "node:path";
import { epochMs } from "../../../src/kernel/units";
import { collectMetrics, type MetricsPorts } from "../../../src/operator/metrics";
import { METRIC_PREFIX, METRICS, metricsMarkdown } from "../../../src/operator/metricsTable";
import { metricsText } from "../../../src/operator/metricsText";
import { aMetricsHouse } from "../../support/metricsHouse";

const LABELS = { iothub: "hub.example", edge_device: "gw", instance_number: "1" };

function textOf(more: Partial<MetricsPorts> = {}): string {
  return metricsText(collectMetrics(aMetricsHouse(more)), LABELS);
}

test("every metric of the table is there, with its help, its type and its labels", () => {
  const lines = textOf().split("\n");
  for (const [name, { type, labels, question }] of Object.entries(METRICS)) {
    const full = `${METRIC_PREFIX}${name}`;
    expect(lines).toContain(`# HELP ${full} ${question}`);
    expect(lines).toContain(`# TYPE ${full} ${type}`);
    const samples = lines.filter((line) => line.startsWith(`${full}{`));
    expect([name, samples.length > 0]).toEqual([name, true]);
    const found = new Set([...(samples[0] ?? "").matchAll(/([a-z_]+)="/g)].map(([, label]) => label));
    expect(found).toEqual(new Set([...Object.keys(LABELS), ...labels]));
  }
});

test("values", () => {
  const text = textOf();
  const common = 'iothub="hub.example",edge_device="gw",instance_number="1"';
  for (const line of [
    `modbus_edge_hub_connected{${common}} 1`,
    `modbus_edge_configuration_state{${common},state="partial"} 1`,
    `modbus_edge_configuration_state{${common},state="applied"} 0`,
    `modbus_edge_devices{${common},state="offline"} 1`,
    `modbus_edge_connection_load_ratio{${common},connection="line"} 0.4126`,
    `modbus_edge_device_up{${common},connection="line",device="boiler"} 1`,
    `modbus_edge_device_up{${common},connection="line",device="chiller"} 0`,
    `modbus_edge_device_latency_seconds{${common},connection="line",device="boiler"} 0.012`,
    `modbus_edge_messages_waiting{${common}} 5`,
    `modbus_edge_commands_total{${common},method="getStatus",status="200"} 3`,
    `modbus_edge_writes_total{${common},outcome="verified"} 2`,
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test("no value that is not finite, and labels that would break the text are escaped", () => {
  const samples = [
    { metric: "hub_connected", value: Number.POSITIVE_INFINITY },
    { metric: "hub_connected", value: Number.NaN },
    { metric: "info", labels: { version: 'a"b\\c\nd' }, value: 1 },
  ] as const;
  const lines = metricsText(samples, {}).split("\n");
  expect(lines.filter((line) => !line.startsWith("#"))).toEqual(['modbus_edge_info{version="a\\"b\\\\c\\nd"} 1', ""]);
});

test("before there is a configuration", () => {
  const text = textOf({ configuration: () => undefined, startedAt: epochMs(5000) });
  expect(text).toContain('state="applied"} 0');
  expect(text).not.toContain("configuration_problems");
});

test("the table in docs/operations.md is the one of the code", () => {
  const page = readFileSync(join(__dirname, "../../../docs/operations.md"), "utf8");
  expect(page).toContain(metricsMarkdown());
});

test("the alert rules name metrics that exist, and each kind of trouble has one", () => {
  const rules = readFileSync(join(__dirname, "../../../examples/alerts.yml"), "utf8");
  const used = new Set(rules.match(/modbus_edge_[a-z_]+/g));
  const known = new Set(Object.keys(METRICS).map((name) => `${METRIC_PREFIX}${name}`));
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
});
