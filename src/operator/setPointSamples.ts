import { valueForTwin } from "../core/points/valueText";
import type { Sample } from "../core/telemetry/sample";
import type { EpochMs } from "../kernel/units";
import type { Acknowledgement, SetPointEntry, SetPointMemory } from "./setPointMemory";

/** A sample that is older than another one by more than this is not late: the wall clock was set back. */
const LATE_MS = 60_000;

type TwinValue = boolean | number | string;

/**
 * What devices say of set points: a value that nobody desired is a change at the device (203). Everything is by
 * `device/point`; the memory is shared with the desk that carries desired values out.
 */
export class SetPointSamples {
  /** Being carried out: their samples are not changes "at the device". */
  readonly #held = new Set<string>();
  /** When the newest value was sampled: a cycle that was overtaken by a write still carries older ones. */
  readonly #newest = new Map<string, EpochMs>();
  /** Written without being read back: the next sample may be from before the write. */
  readonly #unconfirmed = new Set<string>();
  /** Written, and nobody knows whether the device has taken it: this is what it would show then. */
  readonly #unsure = new Map<string, TwinValue>();
  /** Of which this process knows more than an earlier one left behind. */
  readonly #fresh = new Set<string>();

  constructor(
    private readonly memory: SetPointMemory,
    private readonly changed: () => void,
  ) {}

  hold(key: string): void {
    this.#held.add(key);
  }

  release(key: string): void {
    this.#held.delete(key);
  }

  isHeld(key: string): boolean {
    return this.#held.has(key);
  }

  isFresh(key: string): boolean {
    return this.#fresh.has(key);
  }

  settled(key: string): void {
    this.#fresh.add(key);
  }

  /** A write was carried out or refused. */
  written(key: string, { blind, unsure }: { readonly blind: boolean; readonly unsure?: TwinValue }): void {
    if (blind) this.#unconfirmed.add(key);
    if (unsure === undefined) this.#unsure.delete(key);
    else this.#unsure.set(key, unsure);
  }

  arrived(device: string, { point, at, reading }: Sample): void {
    if (!("value" in reading)) return;
    const key = `${device}/${point.name}`;
    const lateMs = (this.#newest.get(key) ?? at) - at;
    if (lateMs > 0 && lateMs <= LATE_MS) return;
    this.#newest.set(key, at);
    if (this.#held.has(key)) return;
    const value = valueForTwin(reading.value);
    const before = this.memory.get(device, point.name);
    const isFirst = !this.#fresh.has(key);
    this.#fresh.add(key);
    const mayBeOld = this.#unconfirmed.delete(key);
    if (before?.ack?.value === value || mayBeOld) {
      if (isFirst) this.changed();
      return;
    }
    this.memory.set(device, point.name, { ...before, ack: this.#acknowledge(key, value, before) });
    this.changed();
  }

  #acknowledge(key: string, value: TwinValue, before: SetPointEntry | undefined): Acknowledgement {
    const ack = before?.ack;
    if (ack === undefined) return { value, ac: 203, av: 0, ad: "value of the device" };
    if (this.#unsure.get(key) === value) {
      this.#unsure.delete(key);
      return { value, ac: 200, av: ack.av, ad: "verified when the device answered again" };
    }
    // A refusal that could not name the value in force learns it now and stays a refusal.
    if (ack.value === undefined) return { ...ack, value };
    return { value, ac: 203, av: ack.av, ad: "changed at the device" };
  }
}
