import type { Clock, Timer } from "../kernel/clock";
import type { EdgeHubHandlers, TwinDocument } from "./edgeHub";
import type { HubSession } from "./hubSession";

/**
 * The whole twin is read anew in this time: a session whose twin is dead is found (edge runtime, defect 2), and a patch
 * that was lost is made good. Each reading is metered by the hub in the cloud: hence not more often.
 */
const PROBE_MS = 900_000;
/** After a reading that the hub refused with 5xx. */
const RETRY_MS = 5000;
const MAX_RETRIES = 3;

/** Reads the twin of one session: at once where asked, and now and then. Reports to the handlers. */
export interface TwinReading {
  /** Reads it again; asked while one is under way, one more follows, for the answer may be older than the question. */
  refresh(): void;
  close(): void;
}

export function startTwinReading(
  session: Pick<HubSession, "readTwin" | "lose">,
  handlers: Pick<EdgeHubHandlers, "twin" | "twinRefused">,
  clock: Pick<Clock, "setTimer">,
): TwinReading {
  let closed = false;
  let reading = false;
  let askedAgain = false;
  let failures = 0;
  let timer: Timer | undefined;

  function schedule(delayMs: number): void {
    timer?.cancel();
    timer = closed ? undefined : clock.setTimer(delayMs, () => void read());
  }

  async function read(): Promise<void> {
    if (closed) return;
    if (reading) {
      askedAgain = true;
      return;
    }
    reading = true;
    askedAgain = false;
    const twin = await session.readTwin();
    reading = false;
    if (closed) return;
    if (twin.ok || twin.error.kind === "rejected") {
      failures = 0;
      deliverTwin(handlers, twin.ok ? twin.value : { refused: twin.error.detail });
      schedule(askedAgain ? 0 : PROBE_MS);
      return;
    }
    failures += 1;
    if (failures > MAX_RETRIES) session.lose(`the twin cannot be read: ${twin.error.detail}`);
    else schedule(RETRY_MS);
  }

  schedule(PROBE_MS);
  return {
    refresh: () => void read(),
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

export function deliverTwin(
  handlers: Pick<EdgeHubHandlers, "twin" | "twinRefused">,
  twin: TwinDocument | { readonly refused: string },
): void {
  if ("refused" in twin) handlers.twinRefused(twin.refused);
  else handlers.twin(twin);
}
