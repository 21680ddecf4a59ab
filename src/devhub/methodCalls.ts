import type { Clock } from "../kernel/clock";
import type { Json } from "../kernel/json";
import { deferred } from "../kernel/wait";
import { boundedJson } from "./boundedJson";

/** What became of a direct method. `answered` is false where the hub speaks: 404 not connected, 504 no answer in time. */
export interface MethodOutcome {
  readonly status: number;
  readonly payload: Json;
  readonly answered: boolean;
}

/** Direct methods under way, by request id. */
export interface MethodCalls {
  /** Waits at most `timeoutMs` for the answer to the request that `publish` sends. */
  call(timeoutMs: number, publish: (requestId: string) => boolean): Promise<MethodOutcome>;
  answer(requestId: string, status: number, body: string): void;
  /** Ends every call that is still under way. */
  close(): void;
}

export function createMethodCalls(clock: Pick<Clock, "setTimer">): MethodCalls {
  const pending = new Map<string, (outcome: MethodOutcome) => void>();
  let count = 0;

  return {
    async call(timeoutMs, publish) {
      count += 1;
      const requestId = count.toString(16);
      if (!publish(requestId)) return hubAnswer(404, "the module is not connected, or does not take methods");
      const { promise, resolve } = deferred<MethodOutcome>();
      const timer = clock.setTimer(timeoutMs, () => resolve(hubAnswer(504, `no answer within ${timeoutMs} ms`)));
      pending.set(requestId, resolve);
      const outcome = await promise;
      timer.cancel();
      pending.delete(requestId);
      return outcome;
    },
    answer(requestId, status, body) {
      pending.get(requestId)?.({ status, payload: parsed(body), answered: true });
    },
    close() {
      for (const settle of pending.values()) settle(hubAnswer(503, "the hub has been closed"));
    },
  };
}

function hubAnswer(status: number, message: string): MethodOutcome {
  return { status, payload: { error: { code: status, message } }, answered: false };
}

/** The payload as JSON; an empty one is `null`, one that is no JSON stays text. */
function parsed(body: string): Json {
  if (body === "") return null;
  const json = boundedJson(body);
  return json.ok ? json.value : body;
}
