import type { ConnectionConfig, DeviceConfig, GatewayConfig, SerialConnection } from "../config/gatewayConfig";
import { inDocument } from "../config/layers";
import type { Problem } from "../config/problem";
import { lanesOf, planConnection } from "../planning/connectionPlan";

/** What polling as configured asks of a connection. */
export interface BusLoad {
  /** Share of its time; over 100 it can't keep up. */
  readonly percent: number;
  readonly requestsPerSecond: number;
}

/** Beyond it there is little left for commands, repetitions and probes of dead units. */
const HIGH_PERCENT = 80;

type Demand = Pick<BusLoad, "requestsPerSecond"> & { readonly msPerSecond: number };

/** Predicted load of every connection, by its name. Devices of one model on like connections are reckoned once. */
export function predictLoads({ connections, devices }: GatewayConfig): ReadonlyMap<string, BusLoad> {
  const byConnection = new Map<string, DeviceConfig[]>();
  for (const device of devices.values()) {
    const list = byConnection.get(device.connection);
    if (list === undefined) byConnection.set(device.connection, [device]);
    else list.push(device);
  }
  const known = new Map<string, Map<DeviceConfig["points"], Demand>>();
  return new Map(
    [...connections].map(([name, connection]) => [name, loadOf(connection, byConnection.get(name) ?? [], known)]),
  );
}

function loadOf(
  connection: ConnectionConfig,
  devices: readonly DeviceConfig[],
  known: Map<string, Map<DeviceConfig["points"], Demand>>,
): BusLoad {
  const units = new Map<number, DeviceConfig[]>();
  for (const device of devices) units.set(device.unitId, [...(units.get(device.unitId) ?? []), device]);
  let msPerSecond = 0;
  let requestsPerSecond = 0;
  for (const together of units.values()) {
    const demand = demandOf(connection, together, known);
    msPerSecond += demand.msPerSecond;
    requestsPerSecond += demand.requestsPerSecond;
  }
  return { percent: msPerSecond / 10 / lanesOf(connection), requestsPerSecond };
}

function demandOf(
  connection: ConnectionConfig,
  devices: readonly DeviceConfig[],
  known: Map<string, Map<DeviceConfig["points"], Demand>>,
): Demand {
  const [device, ...others] = devices;
  const reckon = (): Demand => {
    const { loadPercent, requestsPerSecond } = planConnection(connection, devices);
    return { msPerSecond: loadPercent * 10 * lanesOf(connection), requestsPerSecond };
  };
  if (device === undefined || others.length > 0) return reckon();
  const key = JSON.stringify([linkText(connection), device.enabled, [...device.groups.values()], device.limits]);
  const ofLink = known.get(key) ?? new Map<DeviceConfig["points"], Demand>();
  known.set(key, ofLink);
  const demand = ofLink.get(device.points) ?? reckon();
  ofLink.set(device.points, demand);
  return demand;
}

/** What the cost of a request depends on. */
function linkText(connection: ConnectionConfig): unknown {
  return [connection.transport === "serial" ? connection.line : connection.transport, connection.requestGapMs];
}

/** Connections that are, or nearly are, asked for more than they can carry. */
export function loadWarnings(config: GatewayConfig, loads = predictLoads(config)): readonly Problem[] {
  return [...loads].flatMap(([name, { percent, requestsPerSecond }]) => {
    const connection = config.connections.get(name);
    if (connection === undefined || percent <= HIGH_PERCENT) return [];
    const outcome =
      percent > 100
        ? `everything is polled later than its interval says, about ${(percent / 100).toFixed(1)} times; low priorities most`
        : "little is left for commands, repetitions and units that fail";
    const text = `polling is predicted to take ${percent.toFixed(0)} % of the connection's time (${requestsPerSecond.toFixed(1)} requests a second): ${outcome}. ${advice(connection)}; "modbus-edge plan" shows the requests`;
    return [inDocument("connections", name)([], text)];
  });
}

function advice(connection: ConnectionConfig): string {
  return connection.transport === "serial"
    ? `Longer intervals, fewer points or a faster line than ${lineText(connection)} help`
    : "Longer intervals or fewer points help, or maxInFlight where the server bears it";
}

function lineText({ line }: SerialConnection): string {
  return `${line.baudRate} baud`;
}
