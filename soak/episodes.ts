import type { DevHub } from "../src/devhub/devHub";
import type { FaultSetting, LastingFault } from "../src/devhub/faults";
import type { ModuleLives } from "./moduleLives";
import type { SoakDisk } from "./soakDisk";
import { MODULE } from "./soakSite";

export interface EpisodeWorld {
  readonly hub: DevHub;
  readonly lives: ModuleLives;
  readonly disk: SoakDisk;
  readonly random: () => number;
  /** 1 in long runs, less where all episodes must fit into minutes. */
  readonly stretch: number;
  rest(ms: number): Promise<void>;
  /** Until the module is connected, its spool works and nearly nothing waits. */
  calm(): Promise<void>;
  /** Until what each device says from now on is at the hub. */
  live(): Promise<void>;
}

type Episode = (world: EpisodeWorld) => Promise<void>;

/** Episodes of a kind, by name. */
export type Deck = Readonly<Record<string, Episode>>;

/** Between `least` and `most` seconds; shorter runs stay near `least`. */
function span({ random, stretch, rest }: EpisodeWorld, least: number, most: number): Promise<void> {
  return rest(1000 * (least + random() * (most - least) * stretch));
}

async function during(world: EpisodeWorld, fault: LastingFault, setting: FaultSetting, work: () => Promise<unknown>) {
  await world.hub.fault(fault, setting);
  await work();
  const cleared = await world.hub.clearFault(fault);
  if (!cleared.ok) throw new Error(cleared.error);
}

const lasting =
  (fault: LastingFault, setting: FaultSetting, least: number, most: number): Episode =>
  (world) =>
    during(world, fault, setting, () => span(world, least, most));

/** Something happens while the hub is away: what was taken meanwhile is in the spool. */
const away =
  (work: Episode): Episode =>
  (world) =>
    during(world, "down", {}, async () => {
      await span(world, 2, 8);
      await work(world);
      await span(world, 1, 4);
    });

/** The next session meets this fault. */
const afresh =
  (fault: LastingFault, setting: FaultSetting, least: number, most: number): Episode =>
  (world) =>
    during(world, fault, setting, async () => {
      world.hub.disconnect(MODULE);
      await span(world, least, most);
    });

/** What the hub does to a module in the years. */
export const HUB_EPISODES: Deck = {
  async "hub: RST"(world) {
    await world.hub.fault("reset");
    await span(world, 0.3, 2);
    await world.hub.fault("reset");
  },
  "hub: session lost": async ({ hub }) => void (await hub.fault("loseSessions")),
  "hub: made anew": async ({ hub }) => void (await hub.fault("recreate")),
  "hub: away": lasting("down", {}, 3, 20),
  "hub: half-open link": lasting("silence", {}, 5, 40),
  "hub: no acknowledgements": lasting("noPuback", {}, 3, 30),
  "hub: slow acknowledgements": lasting("slowPuback", { delayMs: 1500 }, 4, 15),
  "hub: token refused": lasting("expiredToken", {}, 2, 8),
  "hub: no signatures": afresh("signError", { text: "hang" }, 3, 15),
  "hub: twin unreadable": afresh("twinError", { times: 2 }, 2, 6),
  "hub: reports refused": afresh("reportedError", { times: 3 }, 2, 6),
};

async function killAndStart(world: EpisodeWorld): Promise<void> {
  await world.lives.kill();
  await span(world, 0.2, 3);
  world.lives.start();
}

async function endAndStart(world: EpisodeWorld): Promise<void> {
  await world.lives.end();
  await span(world, 0.2, 3);
  world.lives.start();
}

const pause =
  (least: number, most: number): Episode =>
  (world) =>
    world.lives.pause(() => span(world, least, most));

/** A kill comes only where the spool works: what is in memory alone is lost by right. */
const KILLS: Deck = {
  async "process: kill -9"(world) {
    await killAndStart(world);
  },
  "process: kill -9, hub away": away(killAndStart),
  /** Each of the short lives finds the spool, and hardly has the time to read it. */
  "process: kill -9 at the start, hub away": away(async (world) => {
    for (let lives = 0; lives < 3; lives++) {
      await world.lives.kill();
      world.lives.start();
      await world.rest(300 + world.random() * 1500);
    }
  }),
};

const ENDS: Deck = {
  async "process: SIGTERM"(world) {
    await endAndStart(world);
  },
  "process: SIGTERM, hub away": away(endAndStart),
  "process: SIGTERM, no acknowledgements": (world) => during(world, "noPuback", {}, () => endAndStart(world)),
  "process: SIGTERM, half-open link": (world) =>
    during(world, "silence", {}, async () => {
      await span(world, 1, 4);
      await endAndStart(world);
    }),
  async "process: SIGTERM soon after the start"(world) {
    await endAndStart(world);
    await world.rest(700 + world.random() * 1500);
    await endAndStart(world);
  },
};

const STOPS: Deck = {
  "process: SIGSTOP": pause(2, 80),
  "process: SIGSTOP, hub away": away(pause(2, 20)),
};

async function fullDisk(world: EpisodeWorld): Promise<void> {
  world.disk.fill();
  await span(world, 4, 20);
  world.disk.free();
}

const DISK_EPISODES: Deck = {
  async "disk: full, hub away"(world) {
    await away(fullDisk)(world);
    await world.calm();
  },
  async "disk: full at the start"(world) {
    await world.lives.end();
    world.disk.fill();
    world.lives.start();
    await span(world, 3, 10);
    world.disk.free();
    await world.calm();
  },
  /** What waits on the disk goes, and what is new goes behind it, while nothing can be written. */
  async "disk: full when the hub comes back"(world) {
    await during(world, "down", {}, async () => {
      await world.rest(25_000 * Math.max(0.5, world.stretch));
      world.disk.fill();
      await span(world, 3, 8);
    });
    await world.live();
    world.disk.free();
    await world.calm();
  },
  async "disk: full at the next start, hub away"(world) {
    await during(world, "down", {}, async () => {
      await span(world, 3, 8);
      await world.lives.end();
      world.disk.fill();
      world.lives.start();
      await span(world, 3, 8);
    });
    await world.live();
    world.disk.free();
    await world.calm();
  },
  async "disk: full, hub slow"(world) {
    await during(world, "slowPuback", { delayMs: 2500 }, () => fullDisk(world));
    await world.calm();
  },
};

/** Whole minutes away from now, within the hour: longer, and the hub takes the token for an expired one. */
function step(world: EpisodeWorld): void {
  const minutes = 1 + Math.floor(world.random() * 40);
  world.lives.setClock((world.random() < 0.5 ? -1 : 1) * minutes * 60_000);
}

const stepped: Episode = async (world) => {
  step(world);
  await span(world, 4, 8);
};

const CLOCK_EPISODES: Deck = {
  "clock: step": stepped,
  "clock: step, hub away": away(stepped),
  "clock: step and SIGTERM, hub away": away(async (world) => {
    await stepped(world);
    await endAndStart(world);
  }),
  /** No clock chip: no certificate is valid yet, so that everything waits until the clock is set. */
  async "clock: woke up in 1970"(world) {
    await world.lives.end();
    world.lives.setClock(3_600_000 - Date.now());
    world.lives.start();
    await span(world, 5, 15);
    world.lives.setClock(0);
    await world.rest(2000);
  },
};

/** What happens to the process, its disk and its clock, by kind. */
export function processDecks({ withDisk, withClock }: { withDisk: boolean; withClock: boolean }): readonly Deck[] {
  return [KILLS, ENDS, STOPS, ...(withDisk ? [DISK_EPISODES] : []), ...(withClock ? [CLOCK_EPISODES] : [])];
}

export type Deal = readonly (readonly [name: string, episode: Episode])[];

/** Each deck in an order of chance, and the decks in turn: a run that ends early has seen every kind. */
export function dealt(decks: readonly Deck[], random: () => number): Deal {
  const shuffled = decks.map((deck) => {
    const rest = Object.entries(deck);
    return Object.keys(deck).flatMap(() => rest.splice(Math.floor(random() * rest.length), 1));
  });
  const rounds = Math.max(0, ...shuffled.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, round) => shuffled.flatMap((deck) => deck.slice(round, round + 1))).flat();
}
