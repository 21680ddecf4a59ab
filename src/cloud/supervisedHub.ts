import type { Clock } from "../kernel/clock";
import { invariant } from "../kernel/invariant";
import type { JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { err } from "../kernel/result";
import { createScope } from "../kernel/scope";
import { between } from "../kernel/units";
import { deferred, wait } from "../kernel/wait";
import type { EdgeHub, EdgeHubHandlers, HubFailure } from "./edgeHub";
import type { HubSession, HubSessionOpener } from "./hubSession";
import { createMethodDispatch } from "./methodDispatch";
import { deliverTwin, startTwinReading, type TwinReading } from "./twinReading";

/** Rest before the next attempt; the last one repeats. Short: the hub is a container on the same machine. */
const BACK_OFF_MS = [100, 250, 500, 1000, 2000, 5000];
/** A session that lived this long starts the back-off anew; one that did not goes on with it. */
const STABLE_MS = 10_000;

export interface SupervisedHubPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/** A hub whose session can be discarded from outside. */
export interface SupervisedHub extends EdgeHub {
  /** The client below has failed in a way that no call showed: the session is given up and another opened. */
  discard(reason: string): void;
}

/** The same as `HubSessionOpener`, with the model to announce. */
export type AnnouncingOpener = (
  modelId: string | undefined,
  ...rest: Parameters<HubSessionOpener>
) => ReturnType<HubSessionOpener>;

/** Keeps one session with the hub: opens it, and when it is lost discards it and opens another, until closed. */
export function createSupervisedHub(
  open: AnnouncingOpener,
  ports: SupervisedHubPorts,
  firstModelId?: string,
): SupervisedHub {
  const scope = createScope();
  let handlers: EdgeHubHandlers | undefined;
  let current: LiveSession | undefined;
  let modelId = firstModelId;
  const offline = (): HubFailure =>
    scope.signal.aborted
      ? { kind: "closed", detail: "the hub connection has been closed" }
      : { kind: "offline", detail: "not connected to the hub" };

  function adopt(next: LiveSession | undefined): void {
    current = next;
    // The model was learned while this session was being opened.
    if (next !== undefined && next.modelId !== modelId) next.session.lose("the model id has changed");
  }

  return {
    start(given) {
      invariant(handlers === undefined, "start is called once");
      handlers = given;
      const running = keepConnected({ open, ports, handlers, signal: scope.signal, adopt, modelId: () => modelId });
      scope.defer(() => running);
    },
    send: (message) => current?.session.send(message) ?? Promise.resolve(err(offline())),
    patchReported: async (patch) => current?.session.patchReported(patch) ?? err(offline()),
    refreshTwin: () => current?.twins.refresh(),
    announce(next) {
      modelId = next;
      if (current !== undefined && current.modelId !== next) current.session.lose("the model id has changed");
    },
    discard: (reason) => current?.session.lose(reason),
    async close() {
      await scope.close();
    },
  };
}

/** A session in use, with what belongs to it. */
interface LiveSession {
  readonly session: HubSession;
  readonly twins: TwinReading;
  readonly modelId: string | undefined;
}

interface Supervision {
  readonly open: AnnouncingOpener;
  readonly ports: SupervisedHubPorts;
  readonly handlers: EdgeHubHandlers;
  readonly signal: AbortSignal;
  /** What to send through from now on. */
  adopt(session: LiveSession | undefined): void;
  modelId(): string | undefined;
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
  const intake = patchIntake(handlers, ports.log);
  const method = createMethodDispatch(handlers, ports.log);
  const modelId = supervision.modelId();
  const events = { ...intake.events, lost: lost.resolve, method, input: handlers.input.bind(handlers) };
  const opened = await open(modelId, events, signal);
  if (!opened.ok) {
    signal.removeEventListener("abort", stop);
    return { reason: opened.error.detail, livedMs: 0 };
  }
  const since = ports.clock.monotonic();
  const { session, twin } = opened.value;
  const twins = startTwinReading(session, handlers, ports.clock);
  supervision.adopt({ session, twins, modelId });
  handlers.connection("connected", "");
  deliverTwin(handlers, twin);
  intake.open(twins);
  const reason = await lost.promise;
  signal.removeEventListener("abort", stop);
  supervision.adopt(undefined);
  twins.close();
  await session.close();
  return { reason, livedMs: Math.max(1, between(since, ports.clock.monotonic())) };
}

/**
 * Patches that come before the first twin document cannot be placed: they are not handed on, and the document is read
 * again once the session is open. The same holds for one that cannot be read.
 */
function patchIntake(handlers: EdgeHubHandlers, log: Log) {
  let twins: TwinReading | undefined;
  let early = false;
  const readWhole = (): void => {
    if (twins === undefined) early = true;
    else twins.refresh();
  };
  return {
    events: {
      desiredPatch(patch: JsonObject) {
        if (twins === undefined) early = true;
        else handlers.desiredPatch(patch);
      },
      unreadablePatch(reason: string) {
        log.error("a change of the desired properties cannot be read; the whole twin is read instead", { reason });
        readWhole();
      },
    },
    open(reading: TwinReading) {
      twins = reading;
      if (early) reading.refresh();
    },
  };
}
