import { parseArgs } from "node:util";
import { centralWarnings, contentsWarnings } from "../core/model/centralLimits";
import { centralTemplate } from "../core/model/centralTemplate";
import { modelDocument } from "../core/model/modelDocument";
import { prefixFault } from "../core/model/names";
import { dtdlDocument, publishModel } from "../core/model/publish";
import { telemetryFormOf } from "../core/model/telemetryForm";
import { type ModelChange, type Published, publishedIn } from "../core/model/versions";
import { isJsonObject, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { CliIo } from "./io";
import { readJsonFile } from "./jsonFile";
import { deliver, overwriteFault } from "./outFile";
import { faultlessSite } from "./siteFile";
import { oneFile, settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge template CONFIG [options]

The device template of IoT Central for a gateway with this configuration: the module with a component for every device,
with their telemetry, properties and commands. Import it under "Device templates".

  --dtmi PREFIX            beginning of all identifiers (default: dtmi:modbusEdge:site)
  --name TEXT              what the template is called (default: as --previous was, else Modbus gateway)
  --module NAME            the module's name in the deployment (default: modbus)
  --dtdl 2|3               plain interfaces in that version of DTDL instead, as a list
  --previous FILE          what was published before: what is unchanged keeps its version, what changed gets the next,
                           and the differences are listed, those that break somebody first
  --manifest FILE          a deployment manifest to embed
  --cloud-property N:TYPE  a fact that Central keeps (string, double, boolean, date …); may be repeated
  --downstream N=DTMI      devices that speak for themselves through this gateway; may be repeated
  --out FILE               write there instead of to standard output

Counts and warnings go to standard error. Exit code: 0 good, 1 the configuration or a file is bad, 2 usage.

Example: modbus-edge template examples/site.json --dtmi dtmi:acme:site1 --out template.json
`;

interface Settings {
  readonly file: string;
  readonly prefix: string;
  readonly name: string | undefined;
  readonly module: string;
  readonly dtdl: 2 | 3 | undefined;
  readonly previous: string | undefined;
  readonly manifest: string | undefined;
  readonly out: string | undefined;
  readonly cloudProperties: ReadonlyMap<string, string>;
  readonly downstream: ReadonlyMap<string, string>;
}

/** `modbus-edge template CONFIG`. */
export async function template(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const files = await readFiles(settings.value, io);
  if (!files.ok) {
    io.err(`${files.error}\n`);
    return 1;
  }
  const site = await faultlessSite(settings.value.file, io);
  if (site === undefined) return 1;
  const dialect = settings.value.dtdl ?? "central";
  const { prefix } = settings.value;
  const { published } = files.value;
  const model = modelDocument({ ...site, prefix, dialect, telemetryForm: telemetryFormOf(site.config) });
  const result = publishModel(model, dialect, published);
  const central =
    dialect === "central" ? centralTemplate(result, centralOptions(settings.value, files.value)) : undefined;
  const document = central?.template ?? dtdlDocument(result);
  const warnings = [
    ...model.warnings.map(({ path, text }) => `${path}: ${text}`),
    ...(central === undefined ? [] : centralWarnings(result.capabilities, model.components.length)),
    ...(dialect === 2 ? contentsWarnings(dtdlDocument(result)) : []),
    ...(central !== undefined && files.value.isManifestLost ? [MANIFEST_LOST] : []),
  ];
  for (const text of warnings) io.err(`warning  ${text}\n`);
  io.err(changesText([...result.changes, ...(central?.changes ?? [])]));
  io.err(
    `${model.interfaces.length} interfaces, ${model.components.length} components, ${result.capabilities} capabilities; "modelId": "${result.modelId}"\n`,
  );
  return deliver(`${JSON.stringify(document, null, 2)}\n`, settings.value.out, io);
}

function centralOptions(settings: Settings, { published, manifest, previousName }: Files) {
  const { prefix, name, module, cloudProperties, downstream } = settings;
  return {
    prefix,
    displayName: name ?? previousName ?? "Modbus gateway",
    moduleName: module,
    cloudProperties,
    downstream,
    published,
    ...(manifest === undefined ? {} : { manifest }),
  };
}

function changesText(changes: readonly ModelChange[]): string {
  const line = (change: ModelChange): string =>
    `${change.breaks ? "breaks   " : "differs  "}${change.interfaceId} ${change.name}: ${change.what}\n`;
  return [...changes.filter(({ breaks }) => breaks), ...changes.filter(({ breaks }) => !breaks)].map(line).join("");
}

interface Files {
  readonly published: Published;
  readonly manifest: JsonObject | undefined;
  /** What the template was called before. */
  readonly previousName: string | undefined;
  /** It had a manifest, and this one has none. */
  readonly isManifestLost: boolean;
}

const MANIFEST_LOST =
  "the template before had a deployment manifest embedded, this one has none: --manifest FILE embeds one";

async function readFiles({ previous, manifest }: Settings, io: CliIo): Promise<Result<Files, string>> {
  const before = previous === undefined ? ok([]) : await readJsonFile(previous, io);
  if (!before.ok) return before;
  const published = publishedIn(before.value);
  if (previous !== undefined && published.size === 0) {
    return err(`${previous}: holds no interface: it is neither a template nor a list of interfaces`);
  }
  const template = isJsonObject(before.value) ? before.value : {};
  const { displayName, deploymentManifest } = template;
  const previousName = typeof displayName === "string" ? displayName : undefined;
  const known = { published, previousName };
  if (manifest === undefined) return ok({ ...known, manifest, isManifestLost: deploymentManifest !== undefined });
  const embedded = await readJsonFile(manifest, io);
  if (!embedded.ok) return embedded;
  if (!isJsonObject(embedded.value) || embedded.value["modulesContent"] === undefined) {
    return err(`${manifest}: is no deployment manifest: it has no "modulesContent"`);
  }
  return ok({ ...known, manifest: embedded.value, isManifestLost: false });
}

const OPTIONS = {
  dtmi: { type: "string", default: "dtmi:modbusEdge:site" },
  name: { type: "string" },
  module: { type: "string", default: "modbus" },
  dtdl: { type: "string" },
  previous: { type: "string" },
  manifest: { type: "string" },
  out: { type: "string" },
  "cloud-property": { type: "string", multiple: true, default: [] as string[] },
  downstream: { type: "string", multiple: true, default: [] as string[] },
} as const;

function settingsOf(args: string[]): Result<Settings, string> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const named = oneFile(positionals, "configuration");
  if (!named.ok) return named;
  const file = named.value;
  const fault = prefixFault(values.dtmi);
  if (fault !== undefined) return err(`--dtmi: ${fault}`);
  if (values.dtdl !== undefined && values.dtdl !== "2" && values.dtdl !== "3") {
    return err(`--dtdl is "${values.dtdl}"; it must be 2 or 3`);
  }
  const cloud = pairs(values["cloud-property"], ":", "--cloud-property site:string");
  if (!cloud.ok) return cloud;
  const downstream = pairs(values.downstream, "=", "--downstream meters=dtmi:acme:meter;1");
  if (!downstream.ok) return downstream;
  const { dtmi: prefix, name, module, previous, manifest, out } = values;
  const lost = overwriteFault("--out", out, file);
  if (lost !== undefined) return err(lost);
  const dtdl = values.dtdl === undefined ? undefined : values.dtdl === "2" ? 2 : 3;
  const given = { file, prefix, name, module, dtdl, previous, manifest, out } as const;
  return ok({ ...given, cloudProperties: cloud.value, downstream: downstream.value });
}

const NAME = /^[A-Za-z](?:[A-Za-z0-9_]{0,62}[A-Za-z0-9])?$/;

function pairs(texts: readonly string[], sign: string, example: string): Result<ReadonlyMap<string, string>, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf(sign);
    const name = text.slice(0, Math.max(at, 0));
    if (!NAME.test(name) || at === text.length - 1) return err(`"${text}" does not fit: ${example}`);
    found.set(name, text.slice(at + 1));
  }
  return ok(found);
}
