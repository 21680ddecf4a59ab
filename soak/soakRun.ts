import type { Json, JsonObject } from "../src/kernel/json";
import { type Deck, dealt, type EpisodeWorld, HUB_EPISODES, processDecks } from "./episodes";
import { hubAway } from "./hubAway";
import { keyOf, reconcile } from "./ledger";
import { ModuleLives } from "./moduleLives";
import { type AwayReport, closingChecks, type Handles } from "./soakChecks";
import type { SoakDisk } from "./soakDisk";
import { DEVICES, INTERVAL_MS, MODULE, type SoakSite } from "./soakSite";
import { fewestFiles, type Vital } from "./vitals";

export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly awayS: number;
  readonly withDisk: boolean;
  readonly withClock: boolean;
  /** Only the episodes whose names have this. */
  readonly only: string;
}

export interface SoakPorts {
  readonly site: SoakSite;
  readonly disk: SoakDisk;
  readonly folder: string;
  readonly main: string;
  readonly random: () => number;
  now(): number;
  rest(ms: number): Promise<void>;
  print(line: string): void;
}

const CALM_MS = 90_000;
const LOOK_MS = 1000;
const HANDLES_MS = 5000;
/** From this length on every episode comes at least once. */
const LONG_MINUTES = 5;
/** Of the storm that one process lives through. */
const LEAST_STORM_MS = 25_000;
const TICK_MS = 100;
const MOST_LATE_MS = 400;
/** As long as what was late may have its effect. */
const ECHO_MS = 1000;

/** What `getStatus` says about messages. */
export type Counts = Readonly<
  Record<"offered" | "recovered" | "queued" | "inFlight" | "acknowledged" | "dropped" | "quarantined", number>
>;

/** A run: the storm, a calmer one in which the process lives on, the hub away, the reckoning. */
export class SoakRun {
  private readonly lives: ModuleLives;
  private readonly world: EpisodeWorld;
  /** The last counts of each life. */
  private readonly counts: Counts[] = [];
  private readonly largestRssKb: number[] = [];
  private readonly from: number;
  private spoolState = "";
  private running = true;

  constructor(
    private readonly options: SoakOptions,
    private readonly ports: SoakPorts,
  ) {
    const { site, disk, random, rest, now, main, folder } = ports;
    this.from = now();
    this.lives = new ModuleLives({
      ...{ main, folder, now },
      data: disk.path,
      environment: () => site.hub.environmentFor(MODULE),
      withClock: options.withClock,
    });
    const stretch = Math.min(1, options.minutes / 20);
    this.world = {
      hub: site.hub,
      lives: this.lives,
      disk,
      random,
      rest,
      stretch,
      calm: () => this.calm(),
      live: () => this.live(),
    };
  }

  async whole(): Promise<number> {
    const { minutes, seed, awayS } = this.options;
    this.say(
      `${DEVICES} devices every ${INTERVAL_MS} ms, ${minutes} minutes, seed ${seed}, hub away for ${awayS} s at the end`,
    );
    this.lives.setClock(0);
    this.lives.start();
    const looking = Promise.all([this.keepLooking(), this.keepListening()]);
    await this.calm();
    const end = this.from + minutes * 60_000;
    const isLong = minutes >= LONG_MINUTES;
    const decks = [...processDecks(this.options), ...(isLong ? [HUB_EPISODES] : [])];
    await this.storm(decks, { until: this.from + minutes * 30_000, isWhole: isLong });
    await this.calm();
    const first = await this.handles();
    const from = this.ports.now();
    await this.storm([HUB_EPISODES], { until: Math.max(end, from + LEAST_STORM_MS), isWhole: false });
    await this.calm();
    const handles = { first, last: await this.handles(), vitals: this.lives.vitals.filter(({ at }) => at >= from) };
    const away = awayS > 0 ? await this.hubAway(awayS) : undefined;
    await this.lives.end();
    await this.ports.rest(500);
    this.running = false;
    await looking;
    return this.reckon(handles, away);
  }

  abandon(): void {
    this.running = false;
    this.lives.abandon();
  }

  /** Deals the episodes in an order of chance, again and again until the time is over; where it is to be whole all at least once. */
  private async storm(
    decks: readonly Deck[],
    { until, isWhole }: { readonly until: number; readonly isWhole: boolean },
  ): Promise<void> {
    const { now, random, rest } = this.ports;
    const deal = () => dealt(decks, random).filter(([name]) => name.includes(this.options.only));
    if (deal().length === 0) return;
    let isOpen = isWhole;
    while (isOpen || now() < until) {
      for (const [name, episode] of deal()) {
        if (!isOpen && now() >= until) return;
        this.say(name);
        await episode(this.world);
        await rest(500 + random() * 4000 * this.world.stretch);
        if (this.lives.accidents.length > 0) return;
      }
      isOpen = false;
    }
  }

  /** Until the module is connected, its spool works and no more waits than what has just been taken. */
  private async calm(): Promise<void> {
    const { now, rest } = this.ports;
    const end = now() + CALM_MS;
    for (;;) {
      const counts = await this.ask();
      if (counts !== undefined && this.spoolState !== "failing" && counts.queued + counts.inFlight < DEVICES) return;
      if (now() > end || this.lives.accidents.length > 0) {
        this.lives.accidents.push(
          `it did not come to rest: ${JSON.stringify(counts)}, spool ${this.spoolState}\n${this.lives.log}`,
        );
        return;
      }
      await rest(250);
    }
  }

  private async live(): Promise<void> {
    const { now, rest, site } = this.ports;
    const end = now() + CALM_MS;
    const [taken, arrived] = [site.samples.length, site.arrivals.length];
    const missing = (): number => {
      const fresh = new Set(site.samples.slice(taken).map(({ device, values }) => keyOf(device, values["uptime"])));
      const there = site.arrivals
        .slice(arrived)
        .filter(({ device, values }) => fresh.has(keyOf(device, values["uptime"])));
      return DEVICES - new Set(there.map(({ device }) => device)).size;
    };
    while (missing() > 0) {
      if (now() > end || this.lives.accidents.length > 0) {
        this.lives.accidents.push(`of ${missing()} devices nothing new came to the hub\n${this.lives.log}`);
        return;
      }
      await rest(250);
    }
  }

  private async ask(): Promise<Counts | undefined> {
    const life = this.lives.lives.length - 1;
    const { status, payload } = await this.ports.site.hub.invokeMethod(MODULE, "getStatus", {}, 3000);
    const messages = status === 200 ? ((payload as JsonObject)["messages"] as JsonObject | undefined) : undefined;
    if (messages === undefined || life !== this.lives.lives.length - 1) return undefined;
    const { spool, ...counts } = messages as Readonly<Record<string, Json>>;
    this.spoolState = String((spool as JsonObject)["state"]);
    this.counts[life] = counts as unknown as Counts;
    return this.counts[life];
  }

  /** Where this process itself is kept from running, an answer may have been too late without its seeing it. */
  private async keepListening(): Promise<void> {
    const { now, rest } = this.ports;
    while (this.running) {
      const asleep = now();
      await rest(TICK_MS);
      const lateMs = now() - asleep - TICK_MS;
      if (lateMs > MOST_LATE_MS)
        this.lives.doubtful.push({ from: asleep - lateMs - ECHO_MS, to: now() + ECHO_MS, why: "the machine was busy" });
    }
  }

  private async keepLooking(): Promise<void> {
    for (let looks = 0; this.running; looks++) {
      this.lives.look();
      const life = this.lives.lives.length - 1;
      this.largestRssKb[life] = Math.max(this.largestRssKb[life] ?? 0, this.lives.vitals.at(-1)?.rssKb ?? 0);
      if (looks % 2 === 0) void this.ask();
      await this.ports.rest(LOOK_MS);
    }
  }

  private async handles(): Promise<number> {
    const from = this.ports.now();
    await this.ports.rest(HANDLES_MS);
    return fewestFiles(this.lives.vitals.filter(({ at }) => at >= from));
  }

  private hubAway(seconds: number): Promise<AwayReport> {
    this.say(`hub: away for ${seconds} s`);
    return hubAway(seconds, { ...this.ports, calm: () => this.calm() });
  }

  private reckon(handles: Handles & { readonly vitals: readonly Vital[] }, away: AwayReport | undefined): number {
    const { site, print, now } = this.ports;
    const { lives, clock, doubtful, accidents } = this.lives;
    const ledger = reconcile({ ...site, lives, clock, doubtful });
    const sum = (key: keyof Counts): number => this.counts.reduce((total, counts) => total + (counts?.[key] ?? 0), 0);
    const unserved = site.arrivals.flatMap(({ device, values }) =>
      Object.entries(values).flatMap(([point, value]) =>
        site.simulator.wasServed(device, point, value as Json, 0 as never) ? [] : [`${device}.${point} ${value}`],
      ),
    );
    const checks = closingChecks({
      ledger,
      unserved,
      accidents,
      handles,
      away,
      dropped: sum("dropped"),
      quarantined: sum("quarantined"),
      largestRssKb: Math.max(...this.largestRssKb.filter((kb) => kb !== undefined)),
    });
    const { produced, messages, duplicated, lost, offClock, doubtful: unsure } = ledger;
    print("");
    print(`ran for        ${Math.round((now() - this.from) / 1000)} s, ${lives.length} lives of the process`);
    print(
      `produced       ${produced} samples, and ${unsure.all} that need not be kept (${unsure.arrived} were): ${JSON.stringify(unsure.why)}`,
    );
    print(
      `at the hub     ${messages} messages, ${duplicated} of them duplicated, ${offClock} with the time of a clock that was wrong`,
    );
    print(
      `by the module  acknowledged ${sum("acknowledged")}, found in the spool at a start ${sum("recovered")} (last counts of each life)`,
    );
    print(`dropped        ${sum("dropped")} by bound, ${sum("quarantined")} put aside`);
    print(`lost           ${lost.length}`);
    print("");
    for (const { name, isGood, note, details } of checks) {
      print(`${isGood ? "ok  " : "FAIL"}  ${name}: ${note}`);
      if (!isGood) for (const line of details.slice(0, 20)) print(`        ${line}`);
    }
    const failed = checks.filter(({ isGood }) => !isGood).length;
    if (failed > 0)
      print(
        `npm run soak -- --minutes ${this.options.minutes} --seed ${this.options.seed} --away ${this.options.awayS}`,
      );
    print(`${checks.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  }

  private say(text: string): void {
    this.ports.print(`${((this.ports.now() - this.from) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  }
}
