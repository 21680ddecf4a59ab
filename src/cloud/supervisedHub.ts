import type { Clock } from "../kernel/clock";
import { invariant } from "../kernel/invariant";
import type { Log } from "../kernel/log";
import { err } from "../kernel/result";
import { createScope } from "../kernel/scope";
import { between } from "../kernel/units";
import { deferred, wait } from "../kernel/wait";
import type { EdgeHub, EdgeHubHandlers, HubFailure } from "./edgeHub";
import type { HubSession, HubSessionEvents, HubSessionOpener } from "./hubSession";
import { createMethodDispatch } from "./methodDispatch";

/** Rest before the next attempt; the last one repeats. Short: the hub is a container on the same machine. */
const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000];
/** A session that lived this long starts the back-off anew; one that did not goes on with it. */
const STABLE_MS = 10_000;

export interface SupervisedHubPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps one session with the hub: opens it, and when it is lost discards it and opens another, until closed. */
export function createSupervisedHub(open: HubSessionOpener, ports: SupervisedHubPorts): EdgeHub {
  const scope = createScope();
  let handlers: EdgeHubHandlers | undefined;
  let session: HubSession | undefined;
  let readingTwin = false;
  const offline = (): HubFailure =>
    scope.signal.aborted
      ? { kind: "closed", detail: "the hub connection has been closed" }
      : { kind: "offline", detail: "not connected to the hub" };

  async function refreshTwin(): Promise<void> {
    const current = session;
    if (current === undefined || readingTwin) return;
    readingTwin = true;
    const twin = await current.readTwin();
    readingTwin = false;
    if (twin.ok && session === current) handlers?.twin(twin.value);
  }

  return {
    start(given) {
      invariant(handlers === undefined, "start is called once");
      handlers = given;
      const running = keepConnected({
        open,
        ports,
        handlers: given,
        signal: scope.signal,
        adopt: (next) => {
          session = next;
        },
        refreshTwin: () => void refreshTwin(),
      });
      scope.defer(() => running);
    },
    send: async (message) => session?.send(message) ?? err(offline()),
    patchReported: async (patch) => session?.patchReported(patch) ?? err(offline()),
    refreshTwin: () => void refreshTwin(),
    async close() {
      await scope.close();
    },
  };
}

interface Supervision {
  readonly open: HubSessionOpener;
  readonly ports: SupervisedHubPorts;
  readonly handlers: EdgeHubHandlers;
  readonly signal: AbortSignal;
  /** The session to send through from now on. */
  adopt(session: HubSession | undefined): void;
  refreshTwin(): void;
}

async function keepConnected(supervision: Supervision): Promise<void> {
  const { ports, handlers, signal } = supervision;
  let failures = 0;
  let told = "";
  while (!signal.aborted) {
    const { reason, livedMs } = await oneSession(supervision);
    if (signal.aborted) break;
    if (livedMs >= STABLE_MS) failures = 0;
    const isNews = livedMs > 0 || reason !== told;
    told = reason;
    if (isNews) handlers.connection("disconnected", reason);
    const restMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 0;
    failures += 1;
    ports.log[isNews ? "warn" : "debug"]("no connection to the hub", { reason, nextAttemptInMs: restMs });
    await wait(ports.clock, restMs, signal);
  }
}

/** From connecting to the end. `livedMs` is 0 when it never opened. */
async function oneSession(supervision: Supervision): Promise<{ reason: string; livedMs: number }> {
  const { open, ports, handlers, signal } = supervision;
  const lost = deferred<string>();
  const stop = (): void => lost.resolve("closed");
  signal.addEventListener("abort", stop, { once: true });
  const intake = patchIntake(handlers);
  const opened = await open(
    { lost: lost.resolve, desiredPatch: intake.patch, method: createMethodDispatch(handlers, ports.log) },
    signal,
  );
  if (!opened.ok) {
    signal.removeEventListener("abort", stop);
    return { reason: opened.error.detail, livedMs: 0 };
  }
  const since = ports.clock.monotonic();
  const { session, twin } = opened.value;
  supervision.adopt(session);
  handlers.connection("connected", "");
  handlers.twin(twin);
  if (intake.open()) supervision.refreshTwin();
  const reason = await lost.promise;
  signal.removeEventListener("abort", stop);
  supervision.adopt(undefined);
  await session.close();
  return { reason, livedMs: Math.max(1, between(since, ports.clock.monotonic())) };
}

/**
 * Patches that come before the first twin document cannot be placed: they are not handed on, and the document is read
 * again once the session is open.
 */
function patchIntake(handlers: EdgeHubHandlers): { patch: HubSessionEvents["desiredPatch"]; open(): boolean } {
  let isOpen = false;
  let early = false;
  return {
    patch(patch) {
      if (isOpen) handlers.desiredPatch(patch);
      else early = true;
    },
    open() {
      isOpen = true;
      return early;
    },
  };
}
