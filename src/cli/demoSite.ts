import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTranslator, type Translator } from "../app";
import { openerFor } from "../bus/openerFor";
import type { SerialReader } from "../bus/serialDevice";
import { createAzureEdgeHub } from "../cloud/azureEdgeHub";
import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { builtInProfiles } from "../core/config/profiles";
import { createDevHub, type DevHub } from "../devhub/devHub";
import type { Clock } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { Scope } from "../kernel/scope";
import type { ProcessLog } from "../runtime/log";
import { createSimulator, type Simulator } from "../simulator/simulator";
import { createDataFolder } from "../store/dataFolder";
import { VERSION } from "../version";

/** The three parts of the demonstration, in one process, joined by real sockets, TLS and a pseudo terminal. */
export interface DemoSite {
  readonly config: GatewayConfig;
  readonly simulator: Simulator;
  readonly hub: DevHub;
  readonly translator: Translator;
}

/** The module's name at the development hub. */
export const DEMO_MODULE = "modbus";

/** Starts simulator, development hub and module on `document`; everything closes with `scope`. */
export async function openDemoSite(
  document: JsonObject,
  ports: { readonly clock: Clock; readonly log: ProcessLog; readonly serialReader?: SerialReader | undefined },
  scope: Scope,
): Promise<Result<DemoSite, string>> {
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  if (problems.length > 0) return err(problems.map(({ path, text }) => `${path}: ${text}`).join("\n"));
  const simulator = await createSimulator(config, ports, { serialFallback: "tcp" });
  if (!simulator.ok) return simulator;
  scope.defer(async () => void (await simulator.value.close()));
  const hub = await createDevHub(
    { desired: { [DEMO_MODULE]: { configuration: simulator.value.redirect(document) } } },
    ports,
  );
  if (!hub.ok) return hub;
  scope.defer(async () => void (await hub.value.close()));
  const data = await mkdtemp(join(tmpdir(), "modbus-edge-demo-"));
  scope.defer(() => rm(data, { recursive: true, force: true }));
  const translator = createTranslator({
    ...ports,
    logLevel: "warn",
    hub: createAzureEdgeHub({ environment: hub.value.environmentFor(DEMO_MODULE) }, ports),
    data: createDataFolder(data, ports.log),
    openerFor: (connection) => openerFor(connection, ports),
    profiles: async () => builtInProfiles,
    writes: "declared",
    version: VERSION,
    bootId: "demo",
  });
  scope.defer(() => translator.close());
  await translator.start();
  return ok({ config, simulator: simulator.value, hub: hub.value, translator });
}
