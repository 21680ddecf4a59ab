import type { MethodAnswer } from "../cloud/edgeHub";
import type { ModuleConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { Json } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { Scope } from "../kernel/scope";
import { createPageServer, type Page, plain } from "../runtime/pageServer";
import { collectMetrics, type MetricsPorts } from "./metrics";
import { type Labels, metricsText } from "./metricsText";
import { whyNotReady } from "./noData";
import type { AuditPort } from "./writeAudit";

/** Where probes and collectors find the module. */
export interface MonitoringPlace {
  /** Address to listen on; absent: every one. */
  readonly host?: string | undefined;
  /** Labels of every metric: those of IoT Edge's own modules. */
  readonly labels: Labels;
}

export const DEFAULT_METRICS_PORT = 9600;

type Commands = (name: string, payload: Json) => Promise<MethodAnswer>;

/** `/metrics`, `/healthz` and `/readyz`, and what they count. */
export interface Monitoring {
  /** The same commands, counted. */
  counted(commands: Commands, known: ReadonlySet<string>): Commands;
  /** The same audit, counted. */
  audited(audit: AuditPort): AuditPort;
  /** Serves, as the configuration says. */
  serve(module: ModuleConfig, ports: Omit<MetricsPorts, "commands" | "writes">): void;
}

export function createMonitoring(
  ports: { readonly clock: Clock; readonly log: Log; readonly monitoring?: MonitoringPlace },
  scope: Scope,
): Monitoring {
  const commands = new Map<string, number>();
  const writes = new Map<string, number>();
  const place = ports.monitoring;
  let facts: MetricsPorts | undefined;
  const page = (path: string): Page | undefined => (facts === undefined ? undefined : pageAt(path, facts, place));
  const server = place === undefined ? undefined : createPageServer({ ...ports, host: place.host, page });
  scope.defer(() => server?.close());

  return {
    counted: (handler, known) => async (name, payload) => {
      const answer = await handler(name, payload);
      count(commands, `${methodLabel(name, known)} ${answer.status}`);
      return answer;
    },
    audited: (audit) => (record) => {
      count(writes, record.outcome, Object.keys(record.values).length);
      audit(record);
    },
    serve(module, given) {
      facts = { ...given, commands, writes };
      server?.listen(module.metricsPort ?? DEFAULT_METRICS_PORT);
    },
  };
}

function count(counts: Map<string, number>, key: string, times = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}

/** Names come from outside: only those that are known become labels. */
function methodLabel(name: string, known: ReadonlySet<string>): string {
  const method = name.slice(name.indexOf("*") + 1);
  if (known.has(method)) return method;
  return name.includes("*") ? "device_command" : "unknown";
}

function pageAt(path: string, facts: MetricsPorts, place: MonitoringPlace | undefined): Page | undefined {
  if (path === "/metrics") {
    const body = metricsText(collectMetrics(facts), place?.labels ?? {});
    return { status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body };
  }
  // Who answers at all is alive: a hanging event loop, or polling that hangs, ends the process.
  if (path === "/healthz") return plain(200, "alive");
  if (path !== "/readyz") return undefined;
  const reasons = whyNotReady(facts);
  return reasons.length === 0 ? plain(200, "ready") : plain(503, reasons.join("\n"));
}
