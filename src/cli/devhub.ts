import { parseArgs } from "node:util";
import { readConfigurationText } from "../core/config/jsonText";
import { answerControl, exportLines } from "../devhub/controlApi";
import { createDevHub, type DevHub, type DevHubOptions } from "../devhub/devHub";
import { type FaultName, type FaultSetting, parseFault } from "../devhub/faults";
import { serveHttp } from "../devhub/httpJson";
import { trafficLine } from "../devhub/trafficLine";
import type { Clock } from "../kernel/clock";
import { isJsonObject, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { createScope, type Scope } from "../kernel/scope";
import { createSystemClock } from "../kernel/systemClock";
import { aborted } from "../kernel/wait";
import type { CliIo } from "./io";
import { settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge devhub [options]

A stand-in for edgeHub and the workload API of Azure IoT Edge on this machine: prints the environment with which a
module connects (standard output), then shows the traffic (standard error) until it is interrupted.

  --module NAME          the module (default: modbus); may be repeated, the environment printed is the first one's
  --desired FILE         desired properties of the first module at the start; a bare configuration is put under "configuration"
  --leaf NAME            a leaf device behind this gateway; may be repeated, prints its connection string
  --fault NAME[=VALUE]   a fault from the start, such as noPuback, slowPuback=2000, poison=TEXT; may be repeated
  --device NAME          the gateway (default: gateway)
  --port N               MQTT over TLS (default: 18883; 0: any free port)
  --workload-port N      workload API (default: 18884)
  --control-port N       control API, see docs/devhub.md (default: 18885)
  --json                 everything as JSON lines on standard output: first {"environment","control"}, then the traffic

Exit code: 0 after an interrupt, 1 when a port is taken or a file can't be read, 2 usage.

Example, two terminals:
  modbus-edge devhub > env.sh
  . ./env.sh && modbus-edge run
`;

interface Settings {
  readonly modules: readonly [string, ...string[]];
  readonly leaves: readonly string[];
  readonly faults: readonly { readonly name: FaultName; readonly setting: FaultSetting }[];
  readonly desiredFile: string | undefined;
  readonly deviceId: string;
  readonly port: number;
  readonly workloadPort: number;
  readonly controlPort: number;
  readonly json: boolean;
}

/** `modbus-edge devhub`: runs until the signal aborts. 0 then, 1 when it cannot start, 2 for a wrong use. */
export async function devhub(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const desired = await readDesired(settings.value.desiredFile, io);
  if (!desired.ok) {
    io.err(`${desired.error}\n`);
    return 1;
  }
  const scope = createScope();
  const started = await start(settings.value, desired.value, io, scope);
  if (started.ok) await aborted(io.signal);
  else io.err(`${started.error}\n`);
  await scope.close();
  return started.ok ? 0 : 1;
}

async function start(
  settings: Settings,
  desired: JsonObject | undefined,
  io: CliIo,
  scope: Scope,
): Promise<Result<void, string>> {
  const { modules, deviceId, port, workloadPort, controlPort, json } = settings;
  const clock = createSystemClock();
  const options: DevHubOptions = {
    deviceId,
    port,
    workloadPort,
    ...(desired === undefined ? {} : { desired: { [modules[0]]: desired } }),
  };
  const created = await createDevHub(options, { clock });
  if (!created.ok) return err(withOption(created.error));
  const hub = created.value;
  scope.defer(async () => {
    await hub.close();
  });
  const control = await serveHttp({ port: controlPort }, (request) => answerControl(request, hub), scope);
  if (!control.ok) return err(withOption(`control API: ${control.error}`));
  showTraffic(hub, io, clock, json);
  const leaves = leafConnections(hub, settings.leaves);
  if (!leaves.ok) return leaves;
  for (const { name, setting } of settings.faults) await hub.fault(name, setting);
  const environments = modules.map((name) => hub.environmentFor(name));
  announce(io, environments[0] ?? {}, leaves.value, `http://127.0.0.1:${control.value}`, json);
  return ok(undefined);
}

/** The option that sets the port of what could not be served, by what the trouble begins with. */
const PORT_OPTIONS = { MQTT: "--port", "workload API": "--workload-port", "control API": "--control-port" } as const;

function withOption(trouble: string): string {
  const found = Object.entries(PORT_OPTIONS).find(([server]) => trouble.startsWith(`${server}: port`));
  return found === undefined ? trouble : `${trouble} (${found[1]} N)`;
}

function leafConnections(hub: DevHub, names: readonly string[]): Result<Readonly<Record<string, string>>, string> {
  const connections = names.map((name) => [name, hub.connectionStringFor(name)] as const);
  for (const [, connection] of connections) if (!connection.ok) return connection;
  return ok(Object.fromEntries(connections.flatMap(([name, found]) => (found.ok ? [[name, found.value]] : []))));
}

function announce(
  io: CliIo,
  environment: Readonly<Record<string, string>>,
  leaves: Readonly<Record<string, string>>,
  control: string,
  json: boolean,
): void {
  if (json) {
    const withLeaves = Object.keys(leaves).length === 0 ? {} : { leaves };
    io.out(`${JSON.stringify({ environment, control, ...withLeaves })}\n`);
    return;
  }
  io.out(exportLines(environment));
  for (const [name, connection] of Object.entries(leaves)) io.err(`leaf device ${name}: ${connection}\n`);
  io.err(`control API: ${control}   (curl ${control}/ lists what it can do)\n`);
}

function showTraffic(hub: DevHub, io: CliIo, clock: Clock, json: boolean): void {
  hub.onTraffic((event) => {
    const at = new Date(clock.epoch()).toISOString();
    if (json) io.out(`${JSON.stringify({ at, ...event })}\n`);
    else io.err(`${trafficLine(event, at)}\n`);
  });
}

function settingsOf(args: string[]): Result<Settings, string> {
  const { values } = parseArgs({
    args,
    options: {
      module: { type: "string", multiple: true, default: ["modbus"] },
      desired: { type: "string" },
      leaf: { type: "string", multiple: true, default: [] },
      fault: { type: "string", multiple: true, default: [] },
      device: { type: "string", default: "gateway" },
      port: { type: "string", default: "18883" },
      "workload-port": { type: "string", default: "18884" },
      "control-port": { type: "string", default: "18885" },
      json: { type: "boolean", default: false },
    },
  });
  const names = [values.device, ...values.module, ...values.leaf];
  const badName = names.find((name) => !/^[A-Za-z0-9_$.-]{1,128}$/.test(name));
  if (badName !== undefined) return err(`"${badName}" is no name of a device or module`);
  const faults = values.fault.map(parseFault);
  const badFault = faults.find((fault) => !fault.ok);
  if (badFault !== undefined && !badFault.ok) return err(badFault.error);
  const [first = "modbus", ...others] = values.module;
  const ports = [values.port, values["workload-port"], values["control-port"]];
  const badPort = ports.find((text) => !/^\d{1,5}$/.test(text) || Number(text) > 65_535);
  if (badPort !== undefined) return err(`"${badPort}" is no port: 0 to 65535`);
  const [port = 0, workloadPort = 0, controlPort = 0] = ports.map(Number);
  const { desired, device, json } = values;
  return ok({
    modules: [first, ...others],
    leaves: values.leaf,
    faults: faults.flatMap((fault) => (fault.ok ? [fault.value] : [])),
    desiredFile: desired,
    deviceId: device,
    port,
    workloadPort,
    controlPort,
    json,
  });
}

async function readDesired(path: string | undefined, io: CliIo): Promise<Result<JsonObject | undefined, string>> {
  if (path === undefined) return ok(undefined);
  const text = await io.readFile(path);
  if (!text.ok) return text;
  const document = readConfigurationText(text.value);
  if (!document.ok) {
    const [problem] = document.error;
    return err(`${path}, line ${problem?.line ?? 1}, column ${problem?.column ?? 1}: ${problem?.text ?? "not JSON"}`);
  }
  if (!isJsonObject(document.value)) return err(`${path}: desired properties are a JSON object`);
  const isBare =
    !("configuration" in document.value) && ("connections" in document.value || "devices" in document.value);
  return ok(isBare ? { configuration: document.value } : document.value);
}
