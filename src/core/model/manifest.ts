import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import type { GatewayConfig } from "../config/gatewayConfig";
import { createOptions, createOptionsTexts } from "./createOptions";
import { withParents } from "./split";

/** One instance of the module in a deployment: its name, and the part of the site that it serves. */
export interface ModuleInstance {
  readonly name: string;
  readonly document: JsonObject;
  readonly config: GatewayConfig;
}

export interface ManifestOptions {
  readonly image: string;
  readonly version: string;
  readonly writes: "off" | "declared" | "raw";
  /** For the IoT Edge tools: createOptions stay objects, credentials and images are variables. */
  readonly forTools: boolean;
}

const SYSTEM_IMAGES = {
  edgeAgent: "mcr.microsoft.com/azureiotedge-agent:1.5",
  edgeHub: "mcr.microsoft.com/azureiotedge-hub:1.5",
};
/** What edgeHub keeps for a cloud that is away: a week. */
const TIME_TO_LIVE_SECS = 604_800;
const ALARMS_FIRST = 0;
const BULK = 1;

/** The deployment of a gateway: edgeAgent, edgeHub with its routes, our instances with their configuration. */
export function deploymentManifest(instances: readonly ModuleInstance[], options: ManifestOptions): JsonObject {
  return {
    ...(options.forTools ? { "$schema-template": "4.0.0" } : {}),
    modulesContent: {
      $edgeAgent: { "properties.desired": edgeAgent(instances, options) },
      $edgeHub: {
        "properties.desired": {
          schemaVersion: "1.1",
          routes: routesOf(instances),
          storeAndForwardConfiguration: { timeToLiveSecs: TIME_TO_LIVE_SECS },
        },
      },
      ...desiredOf(instances),
    },
  };
}

function desiredOf(instances: readonly ModuleInstance[]): JsonObject {
  return Object.fromEntries(
    instances.map(({ name, document }) => [name, { "properties.desired": { configuration: document } }]),
  );
}

function edgeAgent(instances: readonly ModuleInstance[], options: ManifestOptions): JsonObject {
  return {
    schemaVersion: "1.1",
    runtime: {
      type: "docker",
      settings: { minDockerVersion: "v1.25", loggingOptions: "", ...(options.forTools ? CREDENTIALS : {}) },
    },
    systemModules: {
      edgeAgent: { type: "docker", settings: { image: SYSTEM_IMAGES.edgeAgent, ...optionsOf({}, options) } },
      edgeHub: {
        type: "docker",
        status: "running",
        restartPolicy: "always",
        startupOrder: 0,
        settings: { image: SYSTEM_IMAGES.edgeHub, ...optionsOf({ HostConfig: { PortBindings: HUB_PORTS } }, options) },
      },
    },
    modules: Object.fromEntries(instances.map((instance) => [instance.name, moduleEntry(instance, options)])),
  };
}

const CREDENTIALS = {
  registryCredentials: {
    registry: {
      username: "${CONTAINER_REGISTRY_USERNAME}",
      password: "${CONTAINER_REGISTRY_PASSWORD}",
      address: "${CONTAINER_REGISTRY_ADDRESS}",
    },
  },
};

const HUB_PORTS = {
  "5671/tcp": [{ HostPort: "5671" }],
  "8883/tcp": [{ HostPort: "8883" }],
  "443/tcp": [{ HostPort: "443" }],
};

function optionsOf(docker: JsonObject, { forTools }: ManifestOptions): JsonObject {
  return forTools ? { createOptions: docker } : createOptionsTexts(docker);
}

function moduleEntry({ name, config }: ModuleInstance, options: ManifestOptions): JsonObject {
  return {
    version: options.version,
    type: "docker",
    status: "running",
    restartPolicy: "always",
    startupOrder: 1,
    settings: { image: options.image, ...optionsOf(createOptions(config, name), options) },
    env: { MODBUS_EDGE_WRITES: { value: options.writes } },
  };
}

/** Events before telemetry: alarms must not wait behind a backlog of values. */
function routesOf(instances: readonly ModuleInstance[]): JsonObject {
  return Object.fromEntries(
    instances.flatMap(({ name, config }) => [
      route(name, "events", ALARMS_FIRST),
      ...outputsOf(config).map((output) => route(name, output, BULK)),
    ]),
  );
}

function outputsOf(config: GatewayConfig): readonly string[] {
  return [...new Set(["telemetry", ...(config.outputs?.keys() ?? [])])];
}

function route(module: string, output: string, priority: number): readonly [string, JsonObject] {
  const text = `FROM /messages/modules/${module}/outputs/${output} INTO $upstream`;
  const name = `${module}${output.charAt(0).toUpperCase()}${output.slice(1)}`;
  return [name, { route: text, priority, timeToLiveSecs: TIME_TO_LIVE_SECS }];
}

/**
 * Our instances in a deployment that exists: everything else in it stays. The error names what is in the way.
 */
export function addedTo(
  manifest: JsonObject,
  instances: readonly ModuleInstance[],
  options: ManifestOptions,
): JsonObject | string {
  const own = deploymentManifest(instances, options)["modulesContent"] as JsonObject;
  const theirs = manifest["modulesContent"];
  if (!isJsonObject(theirs)) return 'it has no "modulesContent"';
  const agent = desired(theirs, "$edgeAgent");
  const hub = desired(theirs, "$edgeHub");
  if (agent === undefined || hub === undefined) return "it has no $edgeAgent or no $edgeHub with desired properties";
  const ownAgent = desired(own, "$edgeAgent") as JsonObject;
  const ownHub = desired(own, "$edgeHub") as JsonObject;
  return {
    ...manifest,
    modulesContent: {
      ...theirs,
      $edgeAgent: { "properties.desired": { ...agent, modules: merged(agent["modules"], ownAgent["modules"]) } },
      $edgeHub: { "properties.desired": { ...hub, routes: merged(hub["routes"], ownHub["routes"]) } },
      ...desiredOf(instances),
    },
  };
}

function desired(content: JsonObject, module: string): JsonObject | undefined {
  const found = isJsonObject(content[module]) ? content[module]["properties.desired"] : undefined;
  return isJsonObject(found) ? found : undefined;
}

function merged(theirs: Json | undefined, ours: Json | undefined): JsonObject {
  return { ...(isJsonObject(theirs) ? theirs : {}), ...(isJsonObject(ours) ? ours : {}) };
}

/**
 * A layer over a deployment: each of these devices (and the profiles that the document brings for them, with those that
 * they extend) as a sub-tree of its own, so that the layers below keep theirs.
 */
export function layeredManifest(instance: ModuleInstance, devices: readonly string[]): JsonObject {
  const { document, name } = instance;
  const part = (kind: string, names: readonly string[]): readonly (readonly [string, Json])[] => {
    const all = isJsonObject(document[kind]) ? document[kind] : {};
    return names.flatMap((one) =>
      Object.hasOwn(all, one) ? [[`properties.desired.configuration.${kind}.${one}`, all[one] as Json] as const] : [],
    );
  };
  const own = isJsonObject(document["devices"]) ? document["devices"] : {};
  const bodies = devices.map((device) => own[device]).filter(isJsonObject);
  const named = (key: string): readonly string[] => [
    ...new Set(bodies.flatMap((body) => (typeof body[key] === "string" ? [body[key]] : []))),
  ];
  const entries = [
    ...part("connections", named("connection")),
    ...part("profiles", [...withParents(document, new Set(named("profile")))]),
    ...part("devices", devices),
  ];
  return { modulesContent: { [name]: Object.fromEntries(entries) } };
}
