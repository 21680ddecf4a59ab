import type { DeviceConfig } from "../core/config/gatewayConfig";
import { isNoAnswer } from "../core/points/quality";
import { type SampleRun, samplesOf } from "../core/telemetry/sample";
import { createDeviceMeter } from "./connectionRunnerCounters";
import { hasReadOnce, type Polled } from "./polled";

const NONE: ReadonlySet<string> = new Set();
const NOBODY: readonly Polled[] = [];
/** Up to so many are searched through: a map of one takes as much memory as a list of twenty. */
const FEW = 4;
const NO_GROUPS: readonly string[] = [];

/** The devices that a connection polls, and those that it is to poll from the next transaction boundary on. */
export class PolledDevices {
  #standing: readonly Polled[] = NOBODY;
  /** Where they are many. */
  #byName: ReadonlyMap<string, Polled> | undefined;
  /** Those of them with groups that only a connect makes due. */
  #readOnce = NONE;
  #wanted: readonly DeviceConfig[] | undefined;

  want(devices: readonly DeviceConfig[]): void {
    this.#wanted = devices;
  }

  /** Whether `swap` would bring others. */
  get areWanted(): boolean {
    return this.#wanted !== undefined;
  }

  /** Those that are wanted stand from now on; one with the same definition keeps what is kept of it. */
  swap(): readonly DeviceConfig[] {
    const enabled = (this.#wanted ?? []).filter((device) => device.enabled);
    this.#wanted = undefined;
    this.#standing = enabled.map((config) => {
      const known = this.get(config.name);
      if (known?.config.fingerprint === config.fingerprint) return known;
      return { config, meter: known?.meter ?? createDeviceMeter() };
    });
    this.#byName = enabled.length > FEW ? new Map(this.#standing.map((one) => [one.config.name, one])) : undefined;
    const once = enabled.filter(hasReadOnce).map(({ name }) => name);
    this.#readOnce = once.length === 0 ? NONE : new Set(once);
    return enabled;
  }

  get(name: string): Polled | undefined {
    if (this.#byName !== undefined) return this.#byName.get(name);
    for (const polled of this.#standing) if (polled.config.name === name) return polled;
    return undefined;
  }

  all(): readonly Polled[] {
    return this.#standing;
  }

  /** The definitions that the next request goes by. */
  definitions(): readonly DeviceConfig[] {
    return this.#wanted ?? this.#standing.map(({ config }) => config);
  }

  /** Of the groups that only a connect makes due: those that got no answer. */
  unreadOnce(name: string, runs: readonly SampleRun[]): readonly string[] {
    if (!this.#readOnce.has(name)) return NO_GROUPS;
    const groups = this.get(name)?.config.groups;
    return samplesOf(runs).flatMap(({ point, reading }) =>
      groups?.get(point.group)?.poll === "connect" && "bad" in reading && isNoAnswer(reading.bad) ? [point.group] : [],
    );
  }

  /** Whether any of these stands as it was when it was taken. */
  stillPolls(parts: readonly Polled[]): boolean {
    return parts.some((part) => this.get(part.config.name) === part);
  }

  /** Whether this device is defined (or about to be) as it was when it was taken. */
  isAsDefined({ name, fingerprint }: DeviceConfig): boolean {
    const now = this.#wanted === undefined ? this.get(name)?.config : this.#wanted.find((one) => one.name === name);
    return now?.fingerprint === fingerprint;
  }
}
