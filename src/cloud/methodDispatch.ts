import type { Json } from "../kernel/json";
import { deeperThan } from "../kernel/jsonDepth";
import type { Log } from "../kernel/log";
import type { EdgeHubHandlers, MethodAnswer } from "./edgeHub";

/** Methods under way at the same time; more are refused. */
const MAX_METHODS = 50;
/** No payload of ours is nested deeper; what is could exhaust the stack of whoever walks it. */
const MAX_DEPTH = 32;

/**
 * Gives every direct method an answer: an empty body counts as `{}` (the SDK would answer 400 itself), one that is no
 * JSON is refused, and a handler that fails is a 500 (the SDK would let the caller wait).
 */
export function createMethodDispatch(
  handlers: Pick<EdgeHubHandlers, "method">,
  log: Pick<Log, "error">,
): (name: string, body: string | undefined) => Promise<MethodAnswer> {
  let running = 0;
  return async (name, body) => {
    if (body === undefined) return refusal(400, `the payload of ${name} is not UTF-8`);
    const payload = parsed(body);
    if (payload === undefined) return refusal(400, `the payload of ${name} is not JSON`);
    if (deeperThan(payload, MAX_DEPTH))
      return refusal(400, `the payload of ${name} is nested more than ${MAX_DEPTH} levels deep`);
    if (running >= MAX_METHODS) return refusal(429, `${MAX_METHODS} methods are under way, try again later`);
    running += 1;
    try {
      return await handlers.method(name, payload);
    } catch (error) {
      log.error("a direct method failed", { method: name, error: String(error) });
      return refusal(500, `${name} failed in the module, see its log`);
    } finally {
      running -= 1;
    }
  };
}

function refusal(status: number, message: string): MethodAnswer {
  return { status, payload: { error: { code: status, message } } };
}

function parsed(body: string): Json | undefined {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}
