import { type AzureEdgeHubOptions, createAzureEdgeHub } from "../../src/cloud/azureEdgeHub";
import type { EdgeHubHandlers, InputMessage, MethodAnswer, TwinDocument } from "../../src/cloud/edgeHub";
import type { SupervisedHub } from "../../src/cloud/supervisedHub";
import type { Clock } from "../../src/kernel/clock";
import type { Json, JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";

/** A module that only listens: what the hub told it, in order, and waiting for what is still to come. */
export interface HubProbe {
  readonly hub: SupervisedHub;
  readonly twins: TwinDocument[];
  readonly patches: JsonObject[];
  readonly methods: { readonly name: string; readonly payload: Json }[];
  readonly states: string[];
  readonly inputs: InputMessage[];
  readonly refusals: string[];
  /** Resolves when `condition` holds (looked at after every event). Bounded by the test's own timeout. */
  until(condition: (probe: HubProbe) => boolean): Promise<void>;
}

export type MethodHandler = (name: string, payload: Json) => Promise<MethodAnswer>;

/** Connects the real SDK with these environment variables. */
export function createHubProbe(
  environment: Readonly<Record<string, string>>,
  method: MethodHandler = async (name, payload) => ({ status: 200, payload: { name, payload } }),
  modelId?: string,
  clock: Clock = createSystemClock(),
  options: Partial<AzureEdgeHubOptions> = {},
): HubProbe {
  const hub = createAzureEdgeHub({ environment, ...options }, { clock, log: silentLog }, modelId);
  const waiting = new Set<() => void>();
  const happened = (): void => {
    for (const look of [...waiting]) look();
  };
  const probe: HubProbe = {
    hub,
    twins: [],
    patches: [],
    methods: [],
    states: [],
    inputs: [],
    refusals: [],
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition(probe)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
  const handlers: EdgeHubHandlers = {
    twin(document) {
      probe.twins.push(document);
      happened();
    },
    desiredPatch(patch) {
      probe.patches.push(patch);
      happened();
    },
    method(name, payload) {
      probe.methods.push({ name, payload });
      return method(name, payload);
    },
    input(message) {
      probe.inputs.push(message);
      happened();
    },
    twinRefused(reason) {
      probe.refusals.push(reason);
      happened();
    },
    connection(state) {
      probe.states.push(state);
      happened();
    },
  };
  hub.start(handlers);
  return probe;
}
