import { setMaxListeners } from "node:events";
import type { Clock } from "../kernel/clock";
import { invariant } from "../kernel/invariant";
import type { Log } from "../kernel/log";
import { createScope } from "../kernel/scope";
import { wait } from "../kernel/wait";
import type { EdgeHub, OutgoingMessage } from "./edgeHub";

/** Messages to one consumer that may be in flight together (edgeHub accepts 16 unacknowledged ones of a module). */
const IN_FLIGHT = 16;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;
/** A message that the hub refuses this often is poison: it must not hold up what is behind it. */
const MAX_REFUSALS = 3;

export interface OutboxStatus {
  readonly queued: number;
  readonly inFlight: number;
  readonly acknowledged: number;
  /** Messages given up: the queue was full (oldest first), or the hub refused them for good. */
  readonly dropped: number;
}

/** Delivers messages at least once, in order per lane (a device): one unacknowledged message a lane, 16 in all. */
export interface Outbox {
  offer(lane: string, message: OutgoingMessage): void;
  /** The hub is back: what waits to be sent again is sent now. */
  nudge(): void;
  status(): OutboxStatus;
  /** Waits until everything has been acknowledged or given up, the signal aborts, or the outbox is closed. */
  drained(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface OutboxPorts {
  readonly hub: Pick<EdgeHub, "send">;
  readonly clock: Pick<Clock, "setTimer">;
  readonly log: Log;
  /** Messages kept while the hub does not acknowledge. */
  readonly capacity: number;
}

interface Waiting {
  /** Order of offering, over all lanes. */
  readonly order: number;
  readonly message: OutgoingMessage;
}

interface Lane {
  readonly waiting: Waiting[];
  busy: boolean;
}

export function createOutbox(ports: OutboxPorts): Outbox {
  return new LaneOutbox(ports);
}

class LaneOutbox implements Outbox {
  private readonly scope = createScope();
  private readonly lanes = new Map<string, Lane>();
  private readonly idleWaiters = new Set<() => void>();
  private pause = newPause();
  private offered = 0;
  private queued = 0;
  private inFlight = 0;
  private acknowledged = 0;
  private dropped = 0;

  constructor(private readonly ports: OutboxPorts) {}

  offer(name: string, message: OutgoingMessage): void {
    if (this.scope.signal.aborted) return;
    const lane = this.lanes.get(name) ?? { waiting: [], busy: false };
    this.lanes.set(name, lane);
    lane.waiting.push({ order: this.offered++, message });
    this.queued += 1;
    if (this.queued > this.ports.capacity) this.dropOldest();
    this.pump();
  }

  nudge(): void {
    this.pause.abort();
    this.pause = newPause();
  }

  status(): OutboxStatus {
    const { queued, inFlight, acknowledged, dropped } = this;
    return { queued, inFlight, acknowledged, dropped };
  }

  drained(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.isIdle() || signal.aborted || this.scope.signal.aborted) {
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
    const closed = this.scope.close();
    this.pause.abort();
    for (const wake of [...this.idleWaiters]) wake();
    await closed;
  }

  private isIdle(): boolean {
    return this.queued === 0 && this.inFlight === 0;
  }

  private pump(): void {
    for (const [name, lane] of this.lanes) {
      if (this.inFlight >= IN_FLIGHT || this.scope.signal.aborted) return;
      if (lane.busy) continue;
      const next = lane.waiting.shift();
      if (next === undefined) {
        // Its last message was dropped for want of room.
        this.lanes.delete(name);
        continue;
      }
      lane.busy = true;
      this.queued -= 1;
      this.inFlight += 1;
      void this.deliver(next.message).then(() => this.settled(name, lane));
    }
  }

  private settled(name: string, lane: Lane): void {
    lane.busy = false;
    this.inFlight -= 1;
    // Round robin: a lane that has had its turn goes to the end, so that none waits behind 16 busy ones for ever.
    this.lanes.delete(name);
    if (lane.waiting.length > 0) this.lanes.set(name, lane);
    if (this.isIdle()) for (const wake of [...this.idleWaiters]) wake();
    this.pump();
  }

  /** Tries until the hub has acknowledged the message or refused it for good, or the outbox is closed. */
  private async deliver(message: OutgoingMessage): Promise<void> {
    let refusals = 0;
    for (let retryMs = FIRST_RETRY_MS; !this.scope.signal.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      const sent = await this.ports.hub.send(message);
      if (sent.ok) {
        this.acknowledged += 1;
        return;
      }
      if (sent.error.kind === "rejected") refusals += 1;
      if (refusals >= MAX_REFUSALS) {
        this.giveUp(message, sent.error.detail);
        return;
      }
      if ((await wait(this.ports.clock, retryMs, this.pause.signal)) === "aborted") retryMs = FIRST_RETRY_MS;
    }
  }

  private giveUp({ messageId }: OutgoingMessage, detail: string): void {
    this.dropped += 1;
    this.ports.log.error(`a message was refused ${MAX_REFUSALS} times and is given up`, { messageId, detail });
  }

  private dropOldest(): void {
    let oldest: Lane | undefined;
    for (const lane of this.lanes.values()) {
      const head = lane.waiting[0];
      if (head !== undefined && head.order < (oldest?.waiting[0]?.order ?? Number.POSITIVE_INFINITY)) oldest = lane;
    }
    invariant(oldest !== undefined, "a full outbox has a message to drop");
    oldest.waiting.shift();
    this.queued -= 1;
    this.dropped += 1;
    if (this.dropped === 1)
      this.ports.log.warn(`${this.ports.capacity} messages wait for the hub; the oldest are dropped from now on`);
  }
}

/** Aborted to end the rests between attempts. All lanes in flight listen to it: more than the ten that Node warns of. */
function newPause(): AbortController {
  const controller = new AbortController();
  setMaxListeners(IN_FLIGHT, controller.signal);
  return controller;
}
