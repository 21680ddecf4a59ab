import { COMMON_UNITS, SENTINEL_UNITS } from "../core/fieldwork/unitList";
import type { Result } from "../kernel/result";
import type { Prober, Sign } from "./scanProbe";

type Here = Extract<Sign, { readonly kind: "here" }>;

/** What a sweep over the unit ids of a connection has found. */
export interface SweepOutcome {
  /** In the order in which they were found. */
  readonly found: ReadonlyMap<number, Here>;
  /** The setting of the serial line at which they answer. */
  readonly setting: string | undefined;
  /** The server does not look at the unit id: one device, found once. */
  readonly answersEveryUnit: boolean;
  /** Something answers there, damaged, by setting. */
  readonly damaged: readonly { readonly unitId: number; readonly setting: string | undefined }[];
  /** How often a gateway said that there is nobody, by its exception. */
  readonly nobody: ReadonlyMap<number, number>;
  readonly probed: number;
  /** Why not everything was asked for. */
  readonly ended: string | undefined;
  /** Still open, for identifying what was found; to be closed by the caller. */
  readonly prober: Prober | undefined;
}

export interface SweepPorts {
  /** With a setting of the serial line; `undefined` where there is none to choose. */
  open(setting: string | undefined): Promise<Result<Prober, string>>;
  readonly signal: AbortSignal;
  /** Why the signal ended it. */
  endedBy(): string;
  onStep?(text: string): void;
}

/** So many failures of the connection in a row: it is no use. */
const MOST_LOST = 3;
/** How much longer a unit is waited for when its answer may have come too late. */
const PATIENCE = 4;

/**
 * Asks for every unit id. At several settings of a line the common ids come first, at every setting: where one answers,
 * all others are asked for at that setting, for a line has one.
 */
export async function sweep(
  settings: readonly (string | undefined)[],
  units: readonly number[],
  ports: SweepPorts,
): Promise<SweepOutcome> {
  const run = new Sweep(ports);
  const head = settings.length > 1 ? units.slice(0, COMMON_UNITS) : units;
  await run.over(settings, head, units);
  if (run.isEmpty && head.length < units.length) await run.over(settings, units.slice(COMMON_UNITS), units);
  return run.outcome();
}

class Sweep {
  private readonly found = new Map<number, Here>();
  private readonly asked = new Set<number>();
  private readonly damaged: { readonly unitId: number; readonly setting: string | undefined }[] = [];
  private readonly nobody = new Map<number, number>();
  private setting: string | undefined;
  private answersEveryUnit = false;
  private probed = 0;
  private lost = 0;
  private ended: string | undefined;
  private prober: Prober | undefined;

  constructor(private readonly ports: SweepPorts) {}

  get isEmpty(): boolean {
    return this.found.size === 0 && this.ended === undefined;
  }

  outcome(): SweepOutcome {
    const { found, setting, answersEveryUnit, damaged, nobody, probed, ended, prober } = this;
    return { found, setting, answersEveryUnit, damaged, nobody, probed, ended, prober };
  }

  /** Each setting in turn, until somebody answers; then all the others at that one. */
  async over(settings: readonly (string | undefined)[], units: readonly number[], all: readonly number[]) {
    for (const setting of settings) {
      if (this.ended !== undefined) return;
      await this.prober?.close();
      this.prober = undefined;
      const opened = await this.ports.open(setting);
      if (!opened.ok) {
        this.ended = this.ports.signal.aborted ? this.ports.endedBy() : opened.error;
        return;
      }
      this.prober = opened.value;
      this.setting = setting;
      this.asked.clear();
      if (await this.isOneDevice(opened.value, units)) return;
      await this.ask(opened.value, units);
      if (this.found.size > 0) return this.ask(opened.value, all);
    }
  }

  /** A server that answers as units that nobody has. */
  private async isOneDevice(prober: Prober, units: readonly number[]): Promise<boolean> {
    if (!SENTINEL_UNITS.every((unit) => units.includes(unit))) return false;
    const signs: Sign[] = [];
    for (const unit of SENTINEL_UNITS) {
      signs.push(await this.once(prober, unit));
      if (this.ended !== undefined || signs.at(-1)?.kind !== "here") break;
    }
    if (signs.length < SENTINEL_UNITS.length || !signs.every(({ kind }) => kind === "here")) return false;
    const [first = 1] = units;
    await this.once(prober, first);
    // One of its names is enough: the first that was asked for, where it answers.
    const [[unit, sign] = []] = [...this.found].sort(([a], [b]) => Number(b === first) - Number(a === first));
    this.found.clear();
    if (unit !== undefined && sign !== undefined) this.found.set(unit, sign);
    this.answersEveryUnit = true;
    return true;
  }

  private async ask(prober: Prober, units: readonly number[]): Promise<void> {
    let before: number | undefined;
    for (const unit of units) {
      if (this.ended !== undefined) return;
      if (this.asked.has(unit)) continue;
      const at = this.setting === undefined ? "" : ` at ${this.setting}`;
      this.ports.onStep?.(
        `unit ${unit}${at} (${this.asked.size + 1} of ${units.length}), ${this.found.size} found so far`,
      );
      const sign = await this.once(prober, unit);
      if (sign.kind === "damaged") await this.again(prober, before, unit);
      else if (sign.kind === "here" && sign.crowded === true && before !== undefined && !this.found.has(before))
        await this.once(prober, before, PATIENCE);
      before = unit;
    }
  }

  /** The answer of a slow unit comes while the next one is asked for: both once more, with patience. */
  private async again(prober: Prober, before: number | undefined, unitId: number): Promise<void> {
    for (const unit of before === undefined || this.found.has(before) ? [unitId] : [before, unitId]) {
      const sign = await this.once(prober, unit, PATIENCE);
      if (sign.kind === "damaged" && unit === unitId) this.damaged.push({ unitId: unit, setting: this.setting });
    }
  }

  private async once(prober: Prober, unitId: number, patience = 1): Promise<Sign> {
    if (this.ports.signal.aborted) {
      this.ended = this.ports.endedBy();
      return { kind: "aborted" };
    }
    this.asked.add(unitId);
    this.probed += 1;
    const sign = await prober.probe(unitId, patience);
    this.lost = sign.kind === "lost" ? this.lost + 1 : 0;
    if (sign.kind === "here") this.found.set(unitId, sign);
    else if (sign.kind === "nobody") this.nobody.set(sign.code, (this.nobody.get(sign.code) ?? 0) + 1);
    else if (sign.kind === "aborted") this.ended = this.ports.endedBy();
    else if (sign.kind === "lost" && this.lost >= MOST_LOST) this.ended = sign.detail;
    return sign;
  }
}
