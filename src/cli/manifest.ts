import { parseArgs } from "node:util";
import { predictLoads } from "../core/assess/busLoad";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { expandInstances } from "../core/config/instances";
import { MAX_TWIN_BYTES, twinSize } from "../core/config/twinSize";
import {
  addedTo,
  deploymentManifest,
  layeredManifest,
  type ManifestOptions,
  type ModuleInstance,
} from "../core/model/manifest";
import { splitSite } from "../core/model/split";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { VERSION } from "../version";
import type { CliIo } from "./io";
import { readJsonFile } from "./jsonFile";
import { deliver, overwriteFault } from "./outFile";
import { faultlessSite, type Site } from "./siteFile";
import { oneFile, settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge manifest CONFIG --image IMAGE [options]

The deployment manifest of a gateway: the module with this configuration, the serial devices and files that its
connections need, its volume, and routes that let events overtake telemetry.

  --image IMAGE        the module's image, with its tag
  --template           for the IoT Edge tools instead: image \${MODULES.modbus}, createOptions as objects
  --module NAME        the module's name (default: modbus)
  --writes off|declared|raw   what may be written from outside (default: declared)
  --model-id DTMI      what the module announces to the hub: the "modelId" that modbus-edge template prints
  --into FILE          add the module to this manifest, beside the modules that it has
  --layer DEVICE       a layered deployment with that device alone (and its connection and profile); may be repeated
  --target-condition C with --layer: printed as the command that deploys it
  --split N            share the site among N instances of the module, never two on one connection
  --out FILE           write there instead of to standard output

Exit code: 0 good, 1 the configuration or a file is bad, 2 usage.

Example: modbus-edge manifest examples/site.json --image registry.example/modbus-edge:0.1.0-amd64 --out deployment.json
`;

interface Settings {
  readonly file: string;
  readonly module: string;
  readonly options: ManifestOptions;
  readonly modelId: string | undefined;
  readonly into: string | undefined;
  readonly layer: readonly string[];
  readonly condition: string | undefined;
  readonly split: number;
  readonly out: string | undefined;
}

/** `modbus-edge manifest CONFIG`. */
export async function manifest(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const site = await faultlessSite(settings.value.file, io);
  if (site === undefined) return 1;
  const made = await make(settings.value, site, io);
  if (!made.ok) {
    io.err(`${made.error}\n`);
    return 1;
  }
  return deliver(`${JSON.stringify(made.value, null, 2)}\n`, settings.value.out, io);
}

async function make(settings: Settings, site: Site, io: CliIo): Promise<Result<JsonObject, string>> {
  const { module: name, options, layer, into } = settings;
  const whole = { name, document: announcing(site.document, settings.modelId), config: site.config };
  if (layer.length > 0) return layered(settings, whole, io);
  const instances = settings.split === 1 ? [whole] : shares(settings, site, io);
  for (const instance of instances) warnOfSize(instance, io);
  if (into === undefined) return ok(deploymentManifest(instances, options));
  const json = await readJsonFile(into, io);
  if (!json.ok) return json;
  if (!isJsonObject(json.value)) return err(`${into}: is no deployment manifest`);
  const added = addedTo(json.value, instances, options);
  return typeof added === "string" ? err(`${into}: is no deployment manifest: ${added}`) : ok(added);
}

function layered({ layer, condition }: Settings, whole: ModuleInstance, io: CliIo): Result<JsonObject, string> {
  const expanded = expandInstances(whole.document).document as JsonObject;
  const unknown = layer.find((name) => !whole.config.devices.has(name));
  if (unknown !== undefined) return err(`--layer: there is no device "${unknown}" in the configuration`);
  const target = condition ?? "tags.site='…'";
  io.err(`az iot edge deployment create --layered --priority 10 --target-condition "${target}" --content FILE …\n`);
  return ok(layeredManifest({ ...whole, document: expanded }, layer));
}

function shares({ module: name, split }: Settings, site: Site, io: CliIo): readonly ModuleInstance[] {
  const expanded = expandInstances(site.document).document as JsonObject;
  const loads = predictLoads(site.config);
  const parts = splitSite(expanded, site.config, (name) => loads.get(name)?.percent ?? 0, split);
  if (parts.length < split) io.err(`${parts.length} shares, not ${split}: a connection is never divided\n`);
  return parts.map(({ document, twinBytes, loadPercent }, index) => {
    const config = configOf(site.config, document);
    const own = index === 0 ? name : `${name}${index + 1}`;
    const amount = `${config.connections.size} connections, ${config.devices.size} devices`;
    io.err(`${own}: ${amount}, ${loadPercent.toFixed(0)} % of a line, ${twinBytes} bytes of twin\n`);
    return { name: own, document, config };
  });
}

/** The configuration with the model that it announces. */
function announcing(document: JsonObject, modelId: string | undefined): JsonObject {
  if (modelId === undefined) return document;
  const { module } = document;
  return { ...document, module: { ...(isJsonObject(module) ? module : {}), modelId } };
}

/** Of the whole, what a part of its document names: each of it was resolved by itself. */
function configOf(whole: GatewayConfig, part: JsonObject): GatewayConfig {
  const named = <T>(all: ReadonlyMap<string, T>, names: Json | undefined): ReadonlyMap<string, T> =>
    new Map([...all].filter(([name]) => isJsonObject(names) && Object.hasOwn(names, name)));
  const { connections, devices } = part;
  return { ...whole, connections: named(whole.connections, connections), devices: named(whole.devices, devices) };
}

function warnOfSize({ name, document }: ModuleInstance, io: CliIo): void {
  const bytes = twinSize({ configuration: document });
  if (bytes <= MAX_TWIN_BYTES) return;
  io.err(
    `warning  ${name}: the configuration takes ${bytes} bytes of the twin, which holds ${MAX_TWIN_BYTES}: move points into profiles of the mounted folder, use instances ("for"), or share the site (--split)\n`,
  );
}

const OPTIONS = {
  image: { type: "string" },
  template: { type: "boolean", default: false },
  module: { type: "string", default: "modbus" },
  writes: { type: "string", default: "declared" },
  "model-id": { type: "string" },
  into: { type: "string" },
  layer: { type: "string", multiple: true, default: [] as string[] },
  "target-condition": { type: "string" },
  split: { type: "string", default: "1" },
  out: { type: "string" },
} as const;

/** A name with a space or quotes would be refused by the container engine, on the gateway. */
function imageFault(image: string | undefined): string | undefined {
  if (image === undefined || /^[^\s"'`]{1,500}$/.test(image)) return undefined;
  return `--image: "${image}" is no image: write it as registry.example/modbus-edge:0.1.0-amd64`;
}

const MODULE_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_SHARES = 50;
const MODEL_ID = /^dtmi:[A-Za-z0-9_:]+;[1-9]\d{0,8}$/;

type Asked = Pick<Settings, "module" | "split" | "modelId" | "into" | "layer">;

/** @param given the text of `--split` */
function valueFault({ module, split, modelId }: Asked, given: string): string | undefined {
  if (!MODULE_NAME.test(module)) return `--module: "${module}" is no name of a module: letters, digits, - and _`;
  if (!Number.isInteger(split) || split < 1 || split > MAX_SHARES)
    return `--split is "${given}"; it must be a number from 1 to ${MAX_SHARES}`;
  if (modelId !== undefined && !MODEL_ID.test(modelId))
    return `--model-id is "${modelId}"; it must be a DTMI with its version, such as dtmi:acme:site1:modbus;1`;
  return undefined;
}

/** Options that are good by themselves and make no sense together. */
function togetherFault({ split, modelId, into, layer }: Asked): string | undefined {
  if (layer.length > 0 && (split > 1 || into !== undefined)) return "--layer goes neither with --split nor with --into";
  if (modelId !== undefined && (split > 1 || layer.length > 0))
    return "--model-id goes neither with --split (every share has a model of its own) nor with --layer";
  return undefined;
}

function settingsOf(args: string[]): Result<Settings, string> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const named = oneFile(positionals, "configuration");
  if (!named.ok) return named;
  const file = named.value;
  const { module, writes, template: forTools, into, layer, out } = values;
  const split = Number(values.split);
  const image = values.image ?? (forTools ? `\${MODULES.${module}}` : undefined);
  if (writes !== "off" && writes !== "declared" && writes !== "raw")
    return err(`--writes is "${writes}"; it must be off, declared or raw`);
  const modelId = values["model-id"];
  const asked = { module, split, modelId, into, layer };
  const fault =
    valueFault(asked, values.split) ?? togetherFault(asked) ?? imageFault(image) ?? overwriteFault("--out", out, file);
  if (fault !== undefined) return err(fault);
  if (image === undefined && layer.length === 0) return err("--image: which image? (or --template)");
  const options = { image: image ?? "", version: VERSION, writes, forTools } as const;
  return ok({ file, module, options, modelId, into, layer, condition: values["target-condition"], split, out });
}
