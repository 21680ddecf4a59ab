import type { EdgeHub, EdgeHubHandlers, InputMessage, MethodAnswer } from "../cloud/edgeHub";
import type { Outbox } from "../cloud/outbox";
import type { Reporter } from "../cloud/reporter";
import type { TwinMirror } from "../cloud/twinMirror";
import type { Clock } from "../kernel/clock";
import type { Json, JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import type { ConfigurationSource } from "./configurationSource";
import type { ConfigurationOutcome, ReportedState } from "./reportedState";
import type { SetPoints } from "./setPoints";

/** Facts that several rooms ask for and one place changes. */
export interface Facts {
  outcome?: ConfigurationOutcome;
  hub: { readonly state: "connected" | "disconnected"; readonly reason: string; readonly since: EpochMs };
  /** The `module` property as it was last taken. */
  module?: JsonObject;
}

/** Who listens to the hub. */
export interface HubListeners {
  readonly mirror: TwinMirror;
  readonly source: ConfigurationSource;
  readonly setPoints: Pick<SetPoints, "desired">;
  readonly reporter: Pick<Reporter, "online" | "offline">;
  readonly reported: Pick<ReportedState, "adopt">;
  readonly delivery: { readonly outbox: Pick<Outbox, "nudge"> };
  readonly commands: (name: string, payload: Json) => Promise<MethodAnswer>;
  readonly takeInput: (message: InputMessage) => void;
  readonly facts: Facts;
}

interface HubPorts {
  readonly hub: Pick<EdgeHub, "refreshTwin">;
  readonly clock: Pick<Clock, "epoch">;
  readonly log: Pick<Log, "info">;
}

/** What the hub says, to whom it matters. */
export function hubHandlers(ports: HubPorts, house: HubListeners): EdgeHubHandlers {
  const { mirror, source, setPoints, reporter, reported, facts } = house;
  const desiredChanged = (): void => {
    // A document that came with them is applied first: set points follow it, on its definitions.
    if (source.desired()) setPoints.desired(mirror.desired() ?? {}, mirror.version());
  };
  return {
    twin(document) {
      const refused = mirror.replace(document.desired);
      reported.adopt(document.reported);
      reporter.online(document.reported);
      if (refused === undefined) desiredChanged();
      else source.refused(refused);
    },
    desiredPatch(patch) {
      const outcome = mirror.patch(patch);
      if (outcome === "gap") ports.hub.refreshTwin();
      else if (outcome === "merged") desiredChanged();
      else if (typeof outcome === "object") source.refused(outcome.refused);
    },
    twinRefused: (reason) => source.refused(`the twin can't be read: ${reason}`),
    method: house.commands,
    input: house.takeInput,
    connection(state, reason) {
      if (facts.hub.state !== state) ports.log.info(`hub ${state}`, reason === "" ? undefined : { reason });
      facts.hub = { state, reason, since: ports.clock.epoch() };
      if (state === "connected") house.delivery.outbox.nudge();
      else reporter.offline();
    },
  };
}
