import type { Clock, Timer } from "../kernel/clock";
import { between, type MonotonicMs } from "../kernel/units";
import type { HubFailure } from "./edgeHub";

const FIRST_REST_MS = 250;
const LAST_REST_MS = 10_000;
/**
 * A hub that can't bear a message closes the link at once. One that is lost later was lost by a deadline of another
 * call, or by the hub itself: that says nothing about the message.
 */
const BLAME_MS = 5000;

/** What is believed about the link from how sends end: while it is down one message a rest finds out. */
export interface OutboxLink {
  /** Whether messages may be sent without limit, one by one to try, or not at all. */
  readonly state: "up" | "trying" | "down";
  /** The hub answered, or is said to be back. */
  up(): void;
  /** A send ended without an answer. Returns whether the message itself may be what cost the link. */
  lost(failure: HubFailure, sentAt: MonotonicMs, sentWhile: OutboxLink["state"]): boolean;
  close(): void;
}

/** `retry` is called when a rest is over and a message may be tried. */
export function createOutboxLink(clock: Pick<Clock, "monotonic" | "setTimer">, retry: () => void): OutboxLink {
  let state: OutboxLink["state"] = "up";
  let restMs = FIRST_REST_MS;
  let timer: Timer | undefined;

  return {
    get state() {
      return state;
    },
    up() {
      state = "up";
      restMs = FIRST_REST_MS;
      timer?.cancel();
      timer = undefined;
    },
    lost({ kind }, sentAt, sentWhile) {
      state = "down";
      if (timer === undefined) {
        timer = clock.setTimer(restMs, () => {
          timer = undefined;
          state = "trying";
          retry();
        });
        restMs = Math.min(restMs * 2, LAST_REST_MS);
      }
      return kind === "offline" && sentWhile === "up" && between(sentAt, clock.monotonic()) < BLAME_MS;
    },
    close() {
      timer?.cancel();
      timer = undefined;
      state = "down";
    },
  };
}
