import type { TwinMirror } from "../cloud/twinMirror";
import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Problem } from "../core/config/problem";
import type { ProfileLookup } from "../core/config/profiles";
import type { Clock, Timer } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { Result } from "../kernel/result";
import type { DataFolder } from "../store/dataFolder";

/** How long the first twin may take before the module polls with the last good configuration. */
const TWIN_GRACE_MS = 5000;
/** Documents in the data folder: the last one without a problem, and the last one that was taken at all. */
const GOOD = "last-good-configuration";
const LATEST = "last-configuration";

/** Decides which document is in force: a file, the twin's `desired.configuration`, or the last good one (contract section 1). */
export interface ConfigurationSource {
  start(): Promise<void>;
  /** The desired properties are there, or have changed. */
  desired(): void;
  /** A document has been taken: keeps it for the next start. */
  taken(state: "applied" | "partial" | "rejected"): void;
  close(): void;
}

export interface ConfigurationSourcePorts {
  readonly clock: Pick<Clock, "setTimer">;
  readonly log: Log;
  readonly data: DataFolder;
  readonly mirror: TwinMirror;
  /** What a file said (`--config`), or why it can't be read; absent: the twin decides. */
  readonly file: Result<Json, Problem> | undefined;
  profiles(): Promise<ProfileLookup>;
  remember(config: GatewayConfig): void;
  apply(document: unknown, version: number): Promise<void>;
  /** The document in force came again with a newer desired version (a set point changed beside it). */
  reaffirm(version: number): void;
  /** There is no document to apply: what stands stays, and the operator is told. */
  refuse(problem: Problem, version: number): void;
}

export function createConfigurationSource(ports: ConfigurationSourcePorts): ConfigurationSource {
  let grace: Timer | undefined;
  /** The document in force and the desired version it came with. */
  let current: { readonly document: Json; readonly version: number } | undefined;

  function take(document: Json, version: number): void {
    const same = current !== undefined && current.version > 0 && sameJson(current.document, document);
    current = { document, version };
    if (same) ports.reaffirm(version);
    else void ports.apply(document, version);
  }

  async function restoreGood(): Promise<void> {
    const good = await ports.data.read(GOOD);
    if (good === undefined) return;
    ports.remember(applyDocument(undefined, good, await ports.profiles()).config);
  }

  async function withoutHub(): Promise<void> {
    const latest = (await ports.data.read(LATEST)) ?? (await ports.data.read(GOOD));
    if (ports.mirror.desired() !== undefined) return;
    if (latest === undefined) {
      ports.log.warn("no hub yet and no configuration from before: nothing to poll until the hub is there");
      return;
    }
    ports.log.warn("no hub yet: polling with the last configuration from the data folder");
    take(latest, 0);
  }

  return {
    async start() {
      if (ports.file !== undefined) {
        if (ports.file.ok) take(ports.file.value, 0);
        else ports.refuse(ports.file.error, 0);
        return;
      }
      await restoreGood();
      grace = ports.clock.setTimer(TWIN_GRACE_MS, () => void withoutHub());
    },
    desired() {
      const desired = ports.mirror.desired();
      if (ports.file !== undefined || desired === undefined) return;
      grace?.cancel();
      const version = ports.mirror.version();
      const found = documentOf(desired);
      if ("problem" in found) ports.refuse(found.problem, version);
      else take(found.document, version);
    },
    taken(state) {
      if (ports.file !== undefined || state === "rejected" || current === undefined) return;
      if (state === "applied") void ports.data.write(GOOD, current.document);
      void ports.data.write(LATEST, current.document);
    },
    close() {
      grace?.cancel();
    },
  };
}

function documentOf(desired: JsonObject): { readonly document: Json } | { readonly problem: Problem } {
  const document = desired["configuration"];
  if (document !== undefined) return { document };
  if (Object.keys(desired).some((key) => key.toLowerCase() === "slaveconfigs")) {
    return {
      problem: {
        path: "/SlaveConfigs",
        text: "documents of iot-edge-modbus are not supported yet by this version; write desired.configuration",
      },
    };
  }
  const text =
    isJsonObject(desired) && Object.keys(desired).length > 0
      ? `; found: ${Object.keys(desired).slice(0, 8).join(", ")}`
      : "";
  return {
    problem: { path: "", text: `the desired properties have no "configuration"${text}; what was in force stays` },
  };
}
