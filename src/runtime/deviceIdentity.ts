import { type DeviceIdentification, readDeviceIdentification } from "../bus/deviceIdentification";
import type { Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import { err, ok, type Result } from "../kernel/result";
import type { ConnectionRunner } from "./connectionRunner";
import { optionsFor } from "./cycle";

/** What a device says of itself, each way with what failed. */
export interface DeviceIdentity {
  /** FC 43/14, as far as the device goes. */
  readonly identification: Result<DeviceIdentification, ModbusFailure>;
  /** FC 17, bytes of the device's own. */
  readonly serverId: Result<Uint8Array, ModbusFailure>;
}

/** Asks both ways, each in a turn of its own. Devices that answer to one and not to the other are many. */
export async function identifyDevice(
  lane: Pick<ConnectionRunner, "command">,
  device: DeviceConfig,
  signal: AbortSignal,
): Promise<DeviceIdentity> {
  const identification = await lane.command((bus) => identification43(bus, device, signal), signal, device.unitId);
  const serverId = await lane.command((bus) => serverId17(bus, device, signal), signal, device.unitId);
  return { identification: identification ?? err(noTurn()), serverId: serverId ?? err(noTurn()) };
}

function noTurn(): ModbusFailure {
  return failure("aborted", "the connection is closed, or gave no turn in time");
}

/**
 * From the most that a device may know to the least: by the specification (section 6.21) it answers with what it has,
 * yet some refuse a category that they do not have by an exception.
 */
async function identification43(bus: Transactor, device: DeviceConfig, signal: AbortSignal) {
  const options = optionsFor(device, signal);
  let answer = await readDeviceIdentification(bus, device.unitId, "extended", options);
  for (const category of ["regular", "basic"] as const) {
    if (answer.ok || answer.error.kind !== "exception" || answer.error.code === 1) return answer;
    answer = await readDeviceIdentification(bus, device.unitId, category, options);
  }
  return answer;
}

async function serverId17(bus: Transactor, device: DeviceConfig, signal: AbortSignal) {
  const answer = await bus.transact(device.unitId, { kind: "reportServerId" } as const, optionsFor(device, signal));
  return answer.ok ? ok(answer.value.response.data) : answer;
}
