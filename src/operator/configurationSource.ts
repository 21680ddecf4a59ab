import type { TwinMirror } from "../cloud/twinMirror";
import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { isLegacyDocument } from "../core/config/legacy/translateLegacy";
import { sameJson } from "../core/config/mergeDiff";
import type { Problem } from "../core/config/problem";
import type { ProfileLookup } from "../core/config/profiles";
import type { Clock, Timer } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { Result } from "../kernel/result";
import type { DataFolder } from "../store/dataFolder";
import type { ConfigurationTrial } from "./configurationTrial";

/** How long the first twin may take before the module polls with the last good configuration. */
const TWIN_GRACE_MS = 5000;
/** Documents in the data folder: the last one without a problem, and the last one that was taken at all. */
const GOOD = "last-good-configuration";
const LATEST = "last-configuration";

/** Decides which document is in force: a file, the twin's `desired.configuration`, or the last good one (contract section 1). */
export interface ConfigurationSource {
  start(): Promise<void>;
  /**
   * The desired properties are there, or have changed. False while a document is being applied: set points wait until
   * it has been taken, for they are meant for the definitions that come with them.
   */
  desired(): boolean;
  /** Applies the document in force again, with profiles as they are now; resolves to it when it has been taken. */
  reapply(): Promise<Json | undefined>;
  /** A document has been taken: keeps it for the next start. */
  taken(state: "applied" | "partial" | "rejected"): void;
  /** The twin came and cannot be taken as a document at all: what stands stays, and the operator is told why. */
  refused(reason: string): void;
  close(): void;
}

export interface ConfigurationSourcePorts {
  readonly clock: Pick<Clock, "setTimer">;
  readonly log: Log;
  readonly data: DataFolder;
  readonly mirror: TwinMirror;
  /** What a file said (`--config`), or why it can't be read; absent: the twin decides. */
  readonly file: Result<Json, Problem> | undefined;
  /** Looks whether devices survive a document. Absent: nobody does. */
  readonly trial?: ConfigurationTrial;
  profiles(): Promise<ProfileLookup>;
  remember(config: GatewayConfig): void;
  apply(document: unknown, version: number): Promise<void>;
  /** The document in force came again with a newer desired version (a set point changed beside it). */
  reaffirm(version: number): void;
  /** There is no document to apply: what stands stays, and the operator is told. */
  refuse(problem: Problem, version: number): void;
}

export function createConfigurationSource(ports: ConfigurationSourcePorts): ConfigurationSource {
  return new TwinOrFile(ports);
}

/** A document and the desired version it came with; 0: a file, or the data folder. */
interface Versioned {
  readonly document: Json;
  readonly version: number;
}

class TwinOrFile implements ConfigurationSource {
  private grace: Timer | undefined;
  /** The document that was handed over last; absent while the twin has none. */
  private current: Versioned | undefined;
  /** The one that is being applied: what `taken` speaks of. */
  private applying: Versioned | undefined;
  /** The one that a restart would find: the last that was not on trial. */
  private confirmed: Versioned | undefined;
  /** The one that was taken last. */
  private standing: Versioned | undefined;
  private working: Promise<void> | undefined;
  /** The newest that came meanwhile. */
  private waiting: Versioned | undefined;
  /** Something has been decided since the start. */
  private begun = false;
  private closed = false;

  constructor(private readonly ports: ConfigurationSourcePorts) {}

  async start(): Promise<void> {
    const { file, clock } = this.ports;
    if (file !== undefined) {
      if (file.ok) this.take({ document: file.value, version: 0 });
      else this.ports.refuse(file.error, 0);
      return;
    }
    await this.ports.trial?.start();
    await this.restoreGood();
    if (this.closed || this.begun) return;
    this.grace = clock.setTimer(TWIN_GRACE_MS, () => void this.withoutHub());
  }

  desired(): boolean {
    const { file, mirror, log } = this.ports;
    const desired = mirror.desired();
    if (file === undefined && desired !== undefined) {
      this.grace?.cancel();
      const found = documentOf(desired);
      if ("document" in found && found.document !== desired && isLegacyDocument(desired)) {
        log.warn('the desired properties have both "configuration", which is carried out, and "SlaveConfigs"');
      }
      const refused = "problem" in found ? found.problem : this.rolledBack(found.document);
      if (refused !== undefined) void this.refuse(refused, mirror.version());
      else if ("document" in found) this.take({ document: found.document, version: mirror.version() });
    }
    return this.applying === undefined;
  }

  async reapply(): Promise<Json | undefined> {
    const { standing, current } = this;
    // One that waits is taken with the profiles of now anyway.
    if (this.waiting === undefined && standing !== undefined) await this.takeAgain(standing);
    // Its refusal is told again after it, for that is what was asked for last.
    const isRefused = standing !== undefined && !sameJson(current?.document ?? null, standing.document);
    if (isRefused && current !== undefined && current === this.current) await this.takeAgain(current);
    await this.working;
    return this.standing?.document;
  }

  taken(state: "applied" | "partial" | "rejected"): void {
    const { file, data } = this.ports;
    if (state === "rejected" || this.applying === undefined) return;
    this.standing = this.applying;
    if (file !== undefined) return;
    const taken = this.applying;
    const keep = (): void => {
      if (state === "applied") void data.write(GOOD, taken.document);
      void data.write(LATEST, taken.document);
      this.confirmed = taken;
    };
    const failed = (problem: Problem): void => void this.rollBack(problem);
    if (this.confirmed === undefined || sameJson(this.confirmed.document, taken.document)) keep();
    else if (this.ports.trial?.begin(taken.document, { confirmed: keep, failed }) !== true) keep();
  }

  refused(reason: string): void {
    const { file, mirror, log } = this.ports;
    this.grace?.cancel();
    if (file === undefined) void this.refuse({ path: "", text: reason }, mirror.version());
    else log.error("set points are not taken from the twin", { reason });
  }

  close(): void {
    this.closed = true;
    this.ports.trial?.close();
    this.grace?.cancel();
  }

  private take(next: Versioned): void {
    if (this.closed) return;
    const same = (this.current?.version ?? 0) > 0 && sameJson(this.current?.document ?? null, next.document);
    this.current = next;
    this.begun = true;
    if (!same) {
      this.waiting = next;
      if (this.applying === undefined) this.working = this.work();
    } else if (this.applying === undefined) this.ports.reaffirm(next.version);
    else this.waiting = next;
  }

  /** Why this document is not taken: it was, and devices were lost. One that stands now is another matter. */
  private rolledBack(document: Json): Problem | undefined {
    if (this.current !== undefined && sameJson(this.current.document, document)) return undefined;
    return this.ports.trial?.refusal(document);
  }

  private async rollBack(problem: Problem): Promise<void> {
    const { confirmed, current } = this;
    if (confirmed === undefined || this.closed) return;
    this.ports.log.error("the configuration is taken back", { reason: problem.text });
    await this.takeAgain(confirmed);
    // A newer one that came meanwhile has been taken instead.
    if (this.current === current) this.ports.refuse(problem, this.ports.mirror.version());
  }

  private async takeAgain(versioned: Versioned): Promise<void> {
    const isCurrent = sameJson(this.current?.document ?? null, versioned.document);
    this.waiting = isCurrent ? this.current : versioned;
    if (this.applying === undefined) this.working = this.work();
    await this.working;
  }

  /** One document after the other, so that what is kept as good is the document that was found good. */
  private async work(): Promise<void> {
    for (let next = this.waiting; next !== undefined && !this.closed; next = this.waiting) {
      this.waiting = undefined;
      this.applying = next;
      this.ports.trial?.before();
      await this.ports.apply(next.document, next.version);
    }
    this.applying = undefined;
    this.ports.trial?.after();
  }

  /** Nothing to apply: what stands stays. After a start nothing stands yet: what stood before the restart is taken. */
  private async refuse(problem: Problem, version: number): Promise<void> {
    const isFirst = !this.begun;
    this.begun = true;
    this.current = undefined;
    const before = isFirst ? await this.kept() : undefined;
    if (before !== undefined && this.current === undefined) {
      this.waiting = { document: before, version: 0 };
      if (this.applying === undefined) await this.work();
    }
    if (this.ports.mirror.version() === version) this.ports.refuse(problem, version);
  }

  private async restoreGood(): Promise<void> {
    const kept = await this.kept();
    if (kept !== undefined) this.confirmed = { document: kept, version: 0 };
    const good = await this.ports.data.read(GOOD);
    if (good === undefined) return;
    this.ports.remember(applyDocument(undefined, good, await this.ports.profiles()).config);
  }

  private async withoutHub(): Promise<void> {
    const latest = await this.kept();
    if (this.closed || this.ports.mirror.desired() !== undefined) return;
    if (latest === undefined) {
      this.ports.log.warn("no hub yet and no configuration from before: nothing to poll until the hub is there");
      return;
    }
    this.ports.log.warn("no hub yet: polling with the last configuration from the data folder");
    this.take({ document: latest, version: 0 });
  }

  private async kept(): Promise<Json | undefined> {
    return (await this.ports.data.read(LATEST)) ?? (await this.ports.data.read(GOOD));
  }
}

/** The model id of the configuration that was in force last: announced before the twin can say which it is now. */
export async function rememberedModelId(data: Pick<DataFolder, "read">): Promise<string | undefined> {
  const document = await data.read(LATEST);
  const module = isJsonObject(document) ? document["module"] : undefined;
  const modelId = isJsonObject(module) ? module["modelId"] : undefined;
  return typeof modelId === "string" ? modelId : undefined;
}

function documentOf(desired: JsonObject): { readonly document: Json } | { readonly problem: Problem } {
  const document = desired["configuration"];
  if (document !== undefined) return { document };
  if (isLegacyDocument(desired)) return { document: desired };
  const text =
    isJsonObject(desired) && Object.keys(desired).length > 0
      ? `; found: ${Object.keys(desired).slice(0, 8).join(", ")}`
      : "";
  return {
    problem: { path: "", text: `the desired properties have no "configuration"${text}; what was in force stays` },
  };
}
