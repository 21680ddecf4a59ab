import type { LinkOpener } from "../bus/link";
import { type TapPlace, tappedOpener } from "../bus/tappedLink";
import type { WireEvent } from "../core/modbus/wireFrames";
import type { Clock } from "../kernel/clock";
import { wait } from "../kernel/wait";

/** What went over a connection. */
export interface Trace {
  readonly events: readonly WireEvent[];
  /** It ended early, since it had become too large. */
  readonly truncated: boolean;
}

/** Listens to connections, when somebody wants to know. */
export interface Traces {
  /** The same links, with a place for a tap. */
  tapped(connection: string, open: LinkOpener): LinkOpener;
  /**
   * What goes over the connection from now on, for so long, until the signal aborts or it is too much; `"busy"` while
   * another trace of it is being taken, `undefined` for a connection that nobody has opened.
   */
  take(connection: string, durationMs: number, signal: AbortSignal): Promise<Trace | "busy" | undefined>;
}

/** Of one trace: 25 s of a serial line at 115200 baud have 290 KB. */
const MOST_BYTES = 512 * 1024;
const MOST_EVENTS = 10_000;

export function createTraces(clock: Pick<Clock, "epoch" | "monotonic" | "setTimer">): Traces {
  const places = new Map<string, TapPlace>();
  return {
    tapped(connection, open) {
      const place = places.get(connection) ?? { tap: undefined };
      places.set(connection, place);
      return tappedOpener(open, place);
    },
    async take(connection, durationMs, signal) {
      const place = places.get(connection);
      if (place === undefined) return undefined;
      if (place.tap !== undefined) return "busy";
      const full = new AbortController();
      const recorder = recordInto(place, clock, () => full.abort());
      await wait(clock, durationMs, AbortSignal.any([signal, full.signal]));
      place.tap = undefined;
      return { events: recorder, truncated: full.signal.aborted };
    },
  };
}

function recordInto(
  place: TapPlace,
  clock: Pick<Clock, "epoch" | "monotonic">,
  onFull: () => void,
): readonly WireEvent[] {
  const events: WireEvent[] = [];
  // Finer than the wall clock tells.
  const offset = clock.epoch() - clock.monotonic();
  let bytes = 0;
  const keep = (event: WireEvent, size: number): void => {
    if (events.length >= MOST_EVENTS || bytes + size > MOST_BYTES) {
      onFull();
      return;
    }
    bytes += size;
    events.push(event);
  };
  const now = (): number => clock.monotonic() + offset;
  place.tap = {
    sent: (data) => keep({ kind: "sent", at: now(), bytes: new Uint8Array(data) }, data.length),
    received: (data) => keep({ kind: "received", at: now(), bytes: new Uint8Array(data) }, data.length),
    opened: () => keep({ kind: "opened", at: now(), text: "the connection was opened" }, 0),
    closed: (reason) => keep({ kind: "closed", at: now(), text: `the connection is closed: ${reason}` }, 0),
  };
  return events;
}
