import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { collectMetrics } from "../../src/operator/metrics";
import { metricsText } from "../../src/operator/metricsText";
import { aMetricsHouse } from "../support/metricsHouse";

/** What Prometheus itself says to our metrics and rules. It fails with the reasons in its output. */
function promtool(args: readonly string[], input = ""): string {
  return execFileSync("promtool", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
}

test("promtool check metrics finds nothing", () => {
  const labels = { iothub: "hub.example", edge_device: 'gate"way', instance_number: "1" };
  expect(promtool(["check", "metrics"], metricsText(collectMetrics(aMetricsHouse()), labels))).toBe("");
});

test("promtool check metrics would find something", () => {
  expect(() => promtool(["check", "metrics"], "# TYPE a_total gauge\na_total{b} 1\n")).toThrow();
});

test("promtool check rules takes the alert rules", () => {
  expect(promtool(["check", "rules", join(__dirname, "../../examples/alerts.yml")])).toMatch(/SUCCESS: 13 rules found/);
});
