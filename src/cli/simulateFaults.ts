import type { ConnectionConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import type { Scope } from "../kernel/scope";
import type { Endpoint } from "../simulator/endpoint";
import type { FaultPlan } from "../simulator/faults/fault";
import { EVERY_CONNECTION, readFaultText } from "../simulator/faults/faultText";
import { startPtyFaultProxy } from "../simulator/faults/ptyFaultProxy";
import { startTcpFaultProxy } from "../simulator/faults/tcpFaultProxy";
import type { PortWish } from "../simulator/simulator";
import type { CliIo } from "./io";

export type FaultPlans = ReadonlyMap<string, FaultPlan>;

/** `--faults`: the text itself, or the name of a file that holds it. A text has a colon behind its first word. */
export async function readFaults(given: string | undefined, io: CliIo): Promise<Result<FaultPlans, string>> {
  if (given === undefined) return ok(new Map());
  const text = /^\s*(\*|[\w.-]+)\s*:/.test(given) ? ok(given) : await io.readFile(given);
  if (!text.ok) return err(`--faults: ${text.error} (or, as a text: CONNECTION: FAULT, FAULT)`);
  const plans = readFaultText(text.value);
  return plans.ok ? plans : err(`--faults: ${plans.error}`);
}

/** The connections of the configuration that have a plan. */
export function planned(plans: FaultPlans, config: GatewayConfig): Result<FaultPlans, string> {
  for (const name of plans.keys()) {
    if (name !== EVERY_CONNECTION && !config.connections.has(name))
      return err(`--faults: the configuration has no connection ${name}`);
  }
  const others = plans.get(EVERY_CONNECTION);
  const found = new Map<string, FaultPlan>();
  for (const name of config.connections.keys()) {
    const plan = plans.get(name) ?? others;
    if (plan !== undefined) found.set(name, plan);
  }
  return ok(found);
}

export interface FaultySite {
  readonly config: GatewayConfig;
  readonly wishes: ReadonlyMap<string, PortWish>;
  readonly clock: Clock;
  readonly scope: Scope;
}

/** Puts a proxy before each connection that has a plan; the endpoints then name the proxy. */
export async function withFaults(
  served: ReadonlyMap<string, Endpoint>,
  plans: FaultPlans,
  site: FaultySite,
): Promise<Result<ReadonlyMap<string, Endpoint>, string>> {
  const faulty = new Map(served);
  for (const [name, plan] of plans) {
    const endpoint = served.get(name);
    const connection = site.config.connections.get(name);
    if (endpoint === undefined || connection === undefined || endpoint.kind === "unavailable") continue;
    const proxied = await proxy(endpoint, plan, connection, site);
    if (!proxied.ok) return err(`${name}: ${proxied.error}`);
    faulty.set(name, proxied.value);
  }
  return ok(faulty);
}

async function proxy(
  endpoint: Exclude<Endpoint, { readonly kind: "unavailable" }>,
  plan: FaultPlan,
  connection: ConnectionConfig,
  site: FaultySite,
): Promise<Result<Endpoint, string>> {
  const { clock, scope } = site;
  if (endpoint.kind === "tcp") return tcpProxy(endpoint, plan, connection.name, site);
  if (connection.transport !== "serial") return ok(endpoint);
  const started = await startPtyFaultProxy({ plan, clock, line: connection.line, server: endpoint.path });
  if (!started.ok) return started;
  scope.defer(started.value.close);
  return ok({ ...endpoint, path: started.value.path });
}

async function tcpProxy(
  endpoint: Endpoint & { readonly kind: "tcp" },
  plan: FaultPlan,
  name: string,
  { wishes, clock, scope }: FaultySite,
): Promise<Result<Endpoint, string>> {
  const { host } = endpoint;
  const wish = wishes.get(name) ?? { port: 0, required: false };
  const start = (port: number) =>
    startTcpFaultProxy({ plan, clock, framing: "mbap", listen: { host, port }, server: endpoint });
  let started = await start(wish.port);
  if (!started.ok && !wish.required) started = await start(0);
  if (!started.ok) return started;
  scope.defer(started.value.close);
  return ok({ ...endpoint, port: started.value.port });
}
