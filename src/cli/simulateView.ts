import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { Endpoint } from "../simulator/endpoint";
import type { RequestEntry, Traffic, WriteEntry } from "../simulator/traffic";
import type { CliIo } from "./io";
import type { SimulateOptions } from "./simulateOptions";

/** One JSON line: how each connection is served. */
export function servedJson(served: ReadonlyMap<string, Endpoint>): string {
  return `${JSON.stringify({ served: Object.fromEntries(served) })}\n`;
}

/** The same for people, and why a port is another than that of the document. */
export function servedTable(
  served: ReadonlyMap<string, Endpoint>,
  config: GatewayConfig,
  options: SimulateOptions,
): string {
  const rows = [...served].map(([name, endpoint]) => rowOf(name, endpoint, config, options));
  const all = [["connection", "served as", "units", ""], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\nInterrupt (Ctrl-C) to end.\n`;
}

function rowOf(name: string, endpoint: Endpoint, config: GatewayConfig, options: SimulateOptions): readonly string[] {
  const units = new Set([...config.devices.values()].filter((d) => d.connection === name).map((d) => d.unitId));
  const unitText = [...units].sort((a, b) => a - b).join(" ");
  if (endpoint.kind === "unavailable") return [name, "not served", unitText, endpoint.reason];
  if (endpoint.kind === "serial") return [name, endpoint.path, unitText, `serial, RTU (ours: ${endpoint.peerPath})`];
  const connection = config.connections.get(name);
  const wanted = connection?.transport === "tcp" ? connection.port : endpoint.port;
  const chosen = options.tcpPorts.has(name) || options.portBase !== undefined;
  const why = wanted > 1024 ? "is in use" : "may need privileges";
  const note = chosen || wanted === endpoint.port ? "Modbus TCP" : `Modbus TCP (port ${wanted} ${why})`;
  return [name, `${endpoint.host}:${endpoint.port}`, unitText, note];
}

/** A line for each request and write from now on. */
export function showTraffic(simulator: Traffic, json: boolean, io: CliIo): void {
  simulator.requests.subscribe((request) => {
    if (json) io.out(`${JSON.stringify({ request: { ...request, at: new Date(request.at).toISOString() } })}\n`);
    else io.err(`${requestText(request)}\n`);
  });
  simulator.writes.subscribe((write) => {
    if (json) io.out(`${JSON.stringify({ write: { ...write, at: new Date(write.at).toISOString() } })}\n`);
    else io.err(`${writeText(write)}\n`);
  });
}

function requestText({ at, connection, unitId, functionCode, address, count }: RequestEntry): string {
  const range = address < 0 ? "" : ` address ${address} count ${count}`;
  return `${new Date(at).toISOString()} ${connection} unit ${unitId} FC ${functionCode}${range}`;
}

function writeText({ at, connection, unitId, table, address, values }: WriteEntry): string {
  return `${new Date(at).toISOString()} ${connection} unit ${unitId} written: ${table} ${address} = ${values.join(" ")}`;
}
