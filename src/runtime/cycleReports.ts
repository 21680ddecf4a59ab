import { polledPoints } from "../core/planning/polledPoints";
import { PointList } from "../core/points/pointList";
import { badRun, type DeviceCycle } from "../core/telemetry/sample";
import type { ConnectionRunnerPorts } from "./connectionRunner";
import type { Polled } from "./polled";
import type { PolledDevices } from "./polledDevices";
import type { PollUnit } from "./pollUnit";
import type { UnitCycle } from "./unitCycle";

/** What of a cycle is told to the rest of the house. */
export class CycleReports {
  readonly #devices: PolledDevices;
  readonly #ports: Pick<ConnectionRunnerPorts, "clock" | "onCycle">;

  constructor(devices: PolledDevices, ports: Pick<ConnectionRunnerPorts, "clock" | "onCycle">) {
    this.#devices = devices;
    this.#ports = ports;
  }

  /** A device that was changed or removed while its last answer came is not reported: nobody knows those points now. */
  tell(cycle: DeviceCycle, parts: readonly Polled[]): void {
    for (const { config } of parts) {
      if (config.name !== cycle.device) continue;
      if (this.#devices.isAsDefined(config)) this.#ports.onCycle(cycle);
      return;
    }
  }

  /** The unit is only probed from now on: whoever waits for its next poll hears it now. */
  opened(unit: PollUnit, cycle: UnitCycle): void {
    const told = new Map(
      cycle.cycles().map(({ device, runs }) => [device, new Set(runs.flatMap(({ list }) => list.points))]),
    );
    const now = this.#ports.clock.epoch();
    for (const { config } of unit.devices) {
      const points = polledPoints(config).filter((point) => told.get(config.name)?.has(point) !== true);
      if (points.length === 0) continue;
      const runs = [badRun(new PointList(points), unit.reason, now)];
      this.tell({ device: config.name, runs }, unit.devices);
    }
  }
}
