import type { Timer } from "../kernel/clock";
import { invariant } from "../kernel/invariant";
import type { Result } from "../kernel/result";
import type { MonotonicMs } from "../kernel/units";
import type { Adopted } from "./adoptKeys";
import { createBacklogPace, PACE_REST_MS } from "./backlogPace";
import type { HubFailure, OutgoingMessage } from "./edgeHub";
import type { Outbox, OutboxPorts, OutboxStatus } from "./outbox";
import { createEntry } from "./outboxEntry";
import { type Lane, OutboxLanes } from "./outboxLanes";
import { createOutboxLink, type OutboxLink } from "./outboxLink";
import { standingOf } from "./readyLanes";
import type { Bounds } from "./spoolBacklog";
import { Spooler } from "./spooler";
import { fitsHub, oversizeText } from "./wireSize";

/** Messages that may be on their way together (edgeHub accepts 16 unacknowledged ones of a module). */
const IN_FLIGHT = 16;
/** Of them, those that had to wait in the spool: live data keeps some room. */
const BACKLOG_IN_FLIGHT = 12;
/** A message that the hub refuses, or that costs the link, this often is poison: it must not hold up what is behind it. */
const MOST_REFUSALS = 3;
const MOST_LOSSES = 3;
const REFUSAL_REST_MS = 250;

/** The outbox: `OutboxLanes` knows what there is, `OutboxLink` whether it may go, `Spooler` what is on disk. */
export class LaneOutbox implements Outbox {
  private readonly lanes = new OutboxLanes();
  private readonly link: OutboxLink;
  private readonly pace;
  private readonly spooler: Spooler;
  private readonly idleWaiters = new Set<() => void>();
  private readonly timers = new Set<Timer>();
  private bounds: Bounds;
  private state: "starting" | "running" | "draining" | "closed" = "starting";
  private paceTimer: Timer | undefined;
  private sequence = 0;
  private backlogInFlight = 0;
  /** A suspect is on its way: alone, so that a lost link tells. */
  private isAlone = false;
  private readonly counts = { offered: 0, recovered: 0, inFlight: 0, acknowledged: 0, dropped: 0, quarantined: 0 };

  constructor(private readonly ports: OutboxPorts) {
    const { store, clock, log } = ports;
    this.bounds = ports.bounds;
    this.link = createOutboxLink(clock, () => this.pump());
    this.pace = createBacklogPace(clock);
    this.spooler = new Spooler({
      store,
      clock,
      log,
      lanes: this.lanes,
      bounds: () => this.bounds,
      onAdopted: (outcome) => this.adopted(outcome),
      onDropped: (count) => this.dropped(count),
      onMoved: () => this.pump(),
    });
  }

  async start(): Promise<void> {
    await this.spooler.start();
    if (this.state !== "starting") return;
    this.state = "running";
    this.pump();
  }

  offer(lane: string, message: OutgoingMessage): void {
    if (this.state === "closed") return;
    this.counts.offered += 1;
    if (fitsHub(message)) this.accept(lane, message);
    else this.quarantine(message, oversizeText(message));
  }

  nudge(): void {
    this.link.up();
    this.pump();
  }

  setBounds(bounds: Bounds): void {
    this.bounds = bounds;
    this.holdMemory();
  }

  status(): OutboxStatus {
    const { counts, lanes, spooler } = this;
    const queued = lanes.inMemory.entries - counts.inFlight + lanes.unloaded.entries;
    return { ...counts, queued, spool: spooler.status() };
  }

  drained(signal: AbortSignal): Promise<void> {
    if (this.state === "running") this.state = "draining";
    return new Promise((resolve) => {
      if (this.isIdle() || signal.aborted || this.state === "closed") {
        resolve();
        return;
      }
      const wake = (): void => {
        this.idleWaiters.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.idleWaiters.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  async close(): Promise<void> {
    this.state = "closed";
    this.link.close();
    this.paceTimer?.cancel();
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    for (const wake of [...this.idleWaiters]) wake();
    await this.spooler.close();
  }

  /** What is stored already need not be delivered before the end. */
  private isIdle(): boolean {
    return this.counts.inFlight === 0 && this.spooler.unstored === 0;
  }

  private accept(lane: string, message: OutgoingMessage): void {
    const urgent = message.output === "events" && this.lanes.holdsOnlyUrgent(lane);
    const entry = createEntry({ sequence: this.sequence++, lane, urgent, message, beat: this.spooler.beat });
    this.lanes.add(entry);
    this.spooler.watch(entry);
    this.pace.offered();
    if (this.lanes.inMemory.bytes > this.bounds.memoryBytes) this.holdMemory();
    this.pump();
  }

  /** Over the bound: what is stored leaves memory; where that is not enough the oldest goes for good. */
  private holdMemory(): void {
    const { memoryBytes } = this.bounds;
    if (this.lanes.inMemory.bytes > memoryBytes) this.spooler.relieve(memoryBytes / 2);
    while (this.lanes.inMemory.bytes > memoryBytes) {
      const entry = this.lanes.dropOldest();
      if (entry === undefined) return;
      this.spooler.settled(entry);
      this.dropped(1);
    }
  }

  private pump(): void {
    while (this.state === "running" || this.state === "draining") {
      const lane = this.next();
      if (lane === undefined) return;
      this.send(lane);
    }
  }

  /** The lane whose message goes next: suspects alone, events first, then the backlog at its pace beside live data. */
  private next(): Lane | undefined {
    const { lanes, link, counts } = this;
    const limit = link.state === "up" ? IN_FLIGHT : 1;
    if (link.state === "down" || counts.inFlight >= limit || this.isAlone) return undefined;
    const { ready } = lanes;
    if (ready.has("suspect")) return counts.inFlight === 0 ? ready.take("suspect") : undefined;
    return ready.take("urgent") ?? this.nextOfBacklog() ?? ready.take("live");
  }

  private nextOfBacklog(): Lane | undefined {
    const { ready } = this.lanes;
    if (this.backlogInFlight >= BACKLOG_IN_FLIGHT || this.state === "draining" || !ready.has("backlog"))
      return undefined;
    if (this.pace.take()) return ready.take("backlog");
    this.paceTimer ??= this.ports.clock.setTimer(PACE_REST_MS, () => {
      this.paceTimer = undefined;
      this.pump();
    });
    return undefined;
  }

  private send(lane: Lane): void {
    const entry = lane.head[0];
    invariant(entry !== undefined, "a ready lane has a first message");
    const flight: Flight = {
      lane,
      at: this.ports.clock.monotonic(),
      linkState: this.link.state,
      isBacklog: entry.stored,
      isAlone: standingOf(entry) === "suspect",
    };
    this.counts.inFlight += 1;
    if (flight.isBacklog) this.backlogInFlight += 1;
    if (flight.isAlone) this.isAlone = true;
    void this.ports.hub.send(entry.message).then((outcome) => this.landed(flight, outcome));
  }

  private landed(flight: Flight, outcome: Result<void, HubFailure>): void {
    this.counts.inFlight -= 1;
    if (flight.isBacklog) this.backlogInFlight -= 1;
    if (flight.isAlone) this.isAlone = false;
    if (this.state === "closed") return;
    if (outcome.ok) {
      if (this.link.state !== "up") this.link.up();
      this.counts.acknowledged += 1;
      this.spooler.settled(this.lanes.settleFirst(flight.lane));
    } else this.failed(flight, outcome.error);
    if (this.idleWaiters.size > 0 && this.isIdle()) for (const wake of [...this.idleWaiters]) wake();
    this.spooler.room();
    this.pump();
  }

  private failed({ lane, at, linkState }: Flight, failure: HubFailure): void {
    const entry = lane.head[0];
    invariant(entry !== undefined, "the message of a busy lane is its first");
    if (failure.kind === "rejected") {
      this.link.up();
      entry.refusals += 1;
    } else if (this.link.lost(failure, at, linkState)) entry.losses += 1;
    if (entry.refusals >= MOST_REFUSALS || entry.losses >= MOST_LOSSES) {
      this.spooler.settled(this.lanes.settleFirst(lane));
      const what =
        entry.losses >= MOST_LOSSES ? `${MOST_LOSSES} links were lost to it` : `it was refused ${MOST_REFUSALS} times`;
      this.quarantine(entry.message, `${what}: ${failure.detail}`);
    } else if (failure.kind === "rejected") this.rest(lane, REFUSAL_REST_MS * 2 ** entry.refusals);
    else this.lanes.retryFirst(lane);
  }

  private rest(lane: Lane, restMs: number): void {
    const timer = this.ports.clock.setTimer(restMs, () => {
      this.timers.delete(timer);
      this.lanes.retryFirst(lane);
      this.pump();
    });
    this.timers.add(timer);
  }

  private quarantine(message: OutgoingMessage, reason: string): void {
    this.counts.quarantined += 1;
    const { messageId, output, properties } = message;
    this.ports.log.error(`a message is put aside: ${reason}`, { messageId, output, device: properties["$.sub"] });
    this.ports.quarantine?.(message, reason);
  }

  private dropped(count: number): void {
    if (this.counts.dropped === 0)
      this.ports.log.warn("there is no room for what waits for the hub; the oldest messages are dropped from now on");
    this.counts.dropped += count;
  }

  private adopted({ raisedBy, recovered, lost }: Adopted): void {
    // Entries offered so far were moved behind what was found.
    this.sequence += raisedBy;
    this.counts.recovered += recovered;
    if (recovered > 0) this.ports.log.info(`${recovered} messages of an earlier start wait in the spool`);
    if (lost > 0) this.ports.log.error(`${lost} messages of the spool are lost with its damaged part`);
    this.counts.dropped += lost;
    // What waited behind lost ones may go.
    this.pump();
  }
}

/** One message on its way. */
interface Flight {
  readonly lane: Lane;
  readonly at: MonotonicMs;
  readonly linkState: OutboxLink["state"];
  readonly isBacklog: boolean;
  readonly isAlone: boolean;
}
