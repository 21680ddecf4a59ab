import type { Clock } from "../kernel/clock";
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
  /** Waits until everything has been acknowledged, or the signal aborts. */
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
  const scope = createScope();
  const lanes = new Map<string, Lane>();
  const idleWaiters = new Set<() => void>();
  let pause = new AbortController();
  let offered = 0;
  let queued = 0;
  let inFlight = 0;
  let acknowledged = 0;
  let dropped = 0;

  function pump(): void {
    for (const [name, lane] of lanes) {
      if (inFlight >= IN_FLIGHT || scope.signal.aborted) return;
      if (lane.busy) continue;
      const next = lane.waiting.shift();
      if (next === undefined) continue;
      // Round robin: a lane that has had its turn goes to the end, so that none starves behind 16 busy ones.
      lanes.delete(name);
      lanes.set(name, lane);
      lane.busy = true;
      queued -= 1;
      inFlight += 1;
      void deliver(next.message).then(() => {
        lane.busy = false;
        inFlight -= 1;
        if (lane.waiting.length === 0 && lanes.get(name) === lane) lanes.delete(name);
        if (queued === 0 && inFlight === 0) for (const wake of [...idleWaiters]) wake();
        pump();
      });
    }
  }

  async function deliver(message: OutgoingMessage): Promise<void> {
    let refusals = 0;
    for (let retryMs = FIRST_RETRY_MS; !scope.signal.aborted; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      const sent = await ports.hub.send(message);
      if (sent.ok) {
        acknowledged += 1;
        return;
      }
      if (sent.error.kind === "rejected") refusals += 1;
      if (refusals >= MAX_REFUSALS) {
        dropped += 1;
        ports.log.error(`a message was refused ${refusals} times and is given up`, {
          messageId: message.messageId,
          detail: sent.error.detail,
        });
        return;
      }
      if ((await wait(ports.clock, retryMs, pause.signal)) === "aborted") retryMs = FIRST_RETRY_MS;
    }
  }

  function dropOldest(): void {
    let oldest: Lane | undefined;
    for (const lane of lanes.values()) {
      const head = lane.waiting[0];
      if (head !== undefined && head.order < (oldest?.waiting[0]?.order ?? Number.POSITIVE_INFINITY)) oldest = lane;
    }
    oldest?.waiting.shift();
    queued -= 1;
    dropped += 1;
    if (dropped === 1) ports.log.warn(`${ports.capacity} messages wait for the hub; the oldest are dropped from now on`);
  }

  return {
    offer(name, message) {
      if (scope.signal.aborted) return;
      const lane = lanes.get(name) ?? { waiting: [], busy: false };
      lanes.set(name, lane);
      lane.waiting.push({ order: offered++, message });
      queued += 1;
      if (queued > ports.capacity) dropOldest();
      pump();
    },
    nudge() {
      pause.abort();
      pause = new AbortController();
    },
    status: () => ({ queued, inFlight, acknowledged, dropped }),
    drained(signal) {
      return new Promise((resolve) => {
        if ((queued === 0 && inFlight === 0) || signal.aborted) {
          resolve();
          return;
        }
        const wake = (): void => {
          idleWaiters.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        idleWaiters.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    },
    async close() {
      const closed = scope.close();
      pause.abort();
      await closed;
    },
  };
}
