import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { JsonObject } from "../kernel/json";
import type { DataFolder } from "../store/dataFolder";
import { createReportedState, type ReportedState, type ReportedStatePorts } from "./reportedState";
import { createSetPoints, type SetPointPorts, type SetPoints } from "./setPoints";

/** Document of the data folder: what set points must know after a restart. */
export const SET_POINTS = "set-points";

type Joined = "devices" | "remember" | "reported" | "acknowledgement" | "desiredWarnings";

export interface PropertyPorts extends Omit<SetPointPorts, Joined>, Omit<ReportedStatePorts, Joined> {
  config(): GatewayConfig;
  readonly data: Pick<DataFolder, "write">;
}

/** Properties of the devices: set points that are carried out, and what is reported of all, acknowledgements with it. */
export function createProperties(ports: PropertyPorts): {
  readonly setPoints: SetPoints;
  readonly reported: ReportedState;
} {
  const setPoints = createSetPoints({
    ...ports,
    reported: (...of) => reported.held(...of),
    devices: () => ports.config().devices,
    remember: (processed: JsonObject): void => void ports.data.write(SET_POINTS, processed),
  });
  const reported = createReportedState({
    ...ports,
    acknowledgement: (...of) => setPoints.acknowledgement(...of),
    desiredWarnings: () => setPoints.warnings(),
  });
  return { setPoints, reported };
}
