import type { EdgeHub, EdgeHubHandlers, InputMessage, MethodAnswer, OutgoingMessage } from "../../src/cloud/edgeHub";
import { applyMergePatch } from "../../src/core/config/mergePatch";
import { twinDocumentProblem, twinPatchProblem } from "../../src/devhub/twinRules";
import type { Json, JsonObject } from "../../src/kernel/json";
import { err, ok } from "../../src/kernel/result";

/** An `EdgeHub` without a network: what the module says is kept, what a hub would say is said by the test. */
export interface MemoryHub extends EdgeHub {
  readonly messages: OutgoingMessage[];
  readonly patches: JsonObject[];
  /** Why patches were not taken, by the rules of the development hub. */
  readonly refused: string[];
  /** The reported properties as a hub would hold them. */
  reported(): JsonObject;
  setDesired(patch: JsonObject): void;
  /** A patch comes that a hub in its right mind would not send; what the hub holds does not change but for `$version`. */
  pushHostile(patch: JsonObject): void;
  method(name: string, payload: Json): Promise<MethodAnswer>;
  /** A message that a route brought. */
  input(message: InputMessage): void;
  /** While away nothing is acknowledged. */
  away(): void;
  back(): void;
}

export function createMemoryHub(desired: JsonObject = {}): MemoryHub {
  const messages: OutgoingMessage[] = [];
  const patches: JsonObject[] = [];
  const refused: string[] = [];
  let held: JsonObject = { ...desired, $version: 1 };
  let reported: JsonObject = {};
  let handlers: EdgeHubHandlers | undefined;
  let present = true;
  const gone = { kind: "offline", detail: "the hub is away" } as const;
  const arrive = (): void => {
    handlers?.connection("connected", "");
    handlers?.twin({ desired: held, reported });
  };
  return {
    messages,
    patches,
    refused,
    reported: () => reported,
    start(given) {
      handlers = given;
      if (present) arrive();
    },
    async send(message) {
      if (!present) return err(gone);
      messages.push(message);
      return ok(undefined);
    },
    async patchReported(patch) {
      if (!present) return err(gone);
      const next = applyMergePatch(reported, patch) as JsonObject;
      const problem = twinPatchProblem(patch) ?? twinDocumentProblem(next);
      if (problem !== undefined) {
        refused.push(problem);
        return err({ kind: "rejected", detail: problem });
      }
      patches.push(patch);
      reported = next;
      return ok(undefined);
    },
    refreshTwin: () => handlers?.twin({ desired: held, reported }),
    announce: () => undefined,
    pushHostile(patch) {
      const version = (held["$version"] as number) + 1;
      held = { ...held, $version: version };
      handlers?.desiredPatch({ ...patch, $version: version });
    },
    setDesired(patch) {
      const version = (held["$version"] as number) + 1;
      held = { ...(applyMergePatch(held, patch) as JsonObject), $version: version };
      if (present) handlers?.desiredPatch({ ...patch, $version: version });
    },
    async method(name, payload) {
      if (handlers === undefined) throw new Error("not started");
      return handlers.method(name, payload);
    },
    input: (message) => handlers?.input(message),
    away() {
      present = false;
      handlers?.connection("disconnected", "test");
    },
    back() {
      present = true;
      arrive();
    },
    async close() {
      handlers = undefined;
    },
  };
}
