import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { IMAGE_FLAGS } from "../test/support/imageFlags";
import type { ClockSetting, DoubtfulTime, Life } from "./ledger";
import { type Vital, vitalOf } from "./vitals";

const FAKETIME = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/arm-linux-gnueabihf"].map(
  (folder) => `${folder}/faketime/libfaketime.so.1`,
);
/** What kill -9 may cost. */
const KILL_LOSES_MS = 1000;
/** Around a stop: answers that came meanwhile are read after timers that fell due meanwhile. */
const STOP_EDGE_MS = 500;
/** edgeAgent kills what has not ended by then. */
const END_MS = 10_000;
const LOG_TAIL = 60;

export interface LivesOptions {
  readonly main: string;
  readonly folder: string;
  readonly data: string;
  readonly environment: () => Readonly<Record<string, string>>;
  readonly now: () => number;
  readonly withClock: boolean;
}

/** The module as a process, over all its lives. */
export class ModuleLives {
  readonly lives: (Life & { to: number })[] = [];
  readonly clock: ClockSetting[] = [];
  readonly doubtful: DoubtfulTime[] = [];
  /** Ends that nobody asked for, and orderly ends that were none. */
  readonly accidents: string[] = [];
  vitals: Vital[] = [];
  private child: ChildProcess | undefined;
  private ended: Promise<number | string> = Promise.resolve(0);
  private wanted = false;
  private readonly tail: string[] = [];
  private readonly offsetFile: string;
  private readonly library: string | undefined;

  constructor(private readonly options: LivesOptions) {
    this.offsetFile = join(mkdtempSync(join(options.folder, "clock-")), "offset");
    this.library = options.withClock ? FAKETIME.find((path) => existsSync(path)) : undefined;
    if (options.withClock && this.library === undefined)
      throw new Error("libfaketime is missing (Debian package faketime); leave it out by --without clock");
  }

  /** The last lines of the log. */
  get log(): string {
    return this.tail.join("\n");
  }

  start(): void {
    const { main, folder, data, environment, now } = this.options;
    this.wanted = true;
    const env = {
      PATH: process.env["PATH"] ?? "",
      ...environment(),
      MODBUS_EDGE_DATA: data,
      ...this.clockEnvironment(),
    };
    const child = spawn(process.execPath, [...IMAGE_FLAGS, main, "run"], {
      cwd: mkdtempSync(join(folder, "life-")),
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const life = { from: now(), to: Number.POSITIVE_INFINITY };
    this.child = child;
    this.lives.push(life);
    this.vitals = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => this.note(chunk.toString()));
    this.ended = new Promise((resolve) => {
      child.on("exit", (code, signal) => {
        life.to = now();
        if (this.wanted) this.accidents.push(`the process ended by itself: ${code ?? signal}\n${this.log}`);
        resolve(code ?? signal ?? "?");
      });
    });
  }

  /** kill -9: what was taken in the last second may be lost. */
  async kill(): Promise<void> {
    this.wanted = false;
    this.child?.kill("SIGKILL");
    const at = this.options.now();
    this.doubtful.push({ from: at - KILL_LOSES_MS, to: at + KILL_LOSES_MS, why: "the second before kill -9" });
    await this.ended;
  }

  /** SIGTERM: nothing may be lost, the end is an orderly one and comes in time. */
  async end(): Promise<void> {
    this.wanted = false;
    const { now } = this.options;
    const asked = now();
    this.child?.kill("SIGTERM");
    const overdue = setTimeout(() => this.child?.kill("SIGKILL"), END_MS);
    const how = await this.ended;
    clearTimeout(overdue);
    if (how !== 0) this.accidents.push(`SIGTERM ended with ${how} after ${now() - asked} ms\n${this.log}`);
  }

  /** SIGSTOP for a while. */
  async pause(rest: () => Promise<void>): Promise<void> {
    const from = this.options.now() - STOP_EDGE_MS;
    this.child?.kill("SIGSTOP");
    await rest();
    this.child?.kill("SIGCONT");
    this.doubtful.push({ from, to: this.options.now() + STOP_EDGE_MS, why: "the process stood still" });
  }

  /** From now on the module's wall clock is off by so much. */
  setClock(offsetMs: number): void {
    if (this.library === undefined) return;
    writeFileSync(`${this.offsetFile}.new`, `${offsetMs < 0 ? "-" : "+"}${Math.abs(offsetMs) / 1000}\n`);
    renameSync(`${this.offsetFile}.new`, this.offsetFile);
    this.clock.push({ from: this.options.now(), offsetMs });
  }

  look(): void {
    const vital = this.child?.pid === undefined ? undefined : vitalOf(this.child.pid, this.options.now());
    if (vital !== undefined) this.vitals.push(vital);
  }

  /** For a run that is given up. */
  abandon(): void {
    this.wanted = false;
    this.child?.kill("SIGKILL");
  }

  private clockEnvironment(): Readonly<Record<string, string>> {
    if (this.library === undefined) return {};
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.offsetFile,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  private note(text: string): void {
    this.tail.push(...text.trimEnd().split("\n"));
    this.tail.splice(0, Math.max(0, this.tail.length - LOG_TAIL));
  }
}
