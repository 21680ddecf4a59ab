import type { InputMessage, MethodAnswer } from "../cloud/edgeHub";
import type { Json } from "../kernel/json";
import { createCommands, METHOD_NAMES } from "./commands";
import type { MetricsPorts } from "./metrics";
import { createModuleStatus, type ModuleStatus, type ModuleStatusPorts } from "./moduleStatus";
import type { Monitoring } from "./monitoring";
import { createInputs, type WriteInputPorts } from "./writeInput";

/** Everything that is asked of the module from outside, and answered. */
export interface Answers {
  readonly status: ModuleStatus;
  /** Serves the metrics where the configuration in force says. */
  serve(): void;
  readonly commands: (name: string, payload: Json) => Promise<MethodAnswer>;
  readonly takeInput: (message: InputMessage) => void;
}

type Needs = Omit<WriteInputPorts, "status"> & ModuleStatusPorts & Omit<MetricsPorts, "commands" | "writes">;

export function createAnswers(monitoring: Monitoring, needs: Needs): Answers {
  const status = createModuleStatus(needs);
  const ports = { ...needs, status: status.getStatus };
  return {
    status,
    serve: () => monitoring.serve(needs.config().module, needs),
    commands: monitoring.counted(createCommands(ports), METHOD_NAMES),
    takeInput: createInputs(ports),
  };
}
