import type { MethodAnswer } from "../cloud/edgeHub";
import type { ModbusFailure } from "../core/modbus/failure";
import { identificationTexts, serverIdTexts } from "../core/modbus/identityText";
import type { JsonObject } from "../kernel/json";
import { type DeviceIdentity, identifyDevice } from "../runtime/deviceIdentity";
import { answerError, type CommandPorts, deadline, deviceOf, refusal, unknownKey } from "./methodError";
import { changedMeanwhile } from "./readPoints";
import { NO_TURN, statusOf } from "./readRegisters";

const IDENTIFY_MS = 25_000;

/**
 * `identify`: `{device}` → `{device, identification: {conformity, objects: {vendorName: …}} | {error}, serverId:
 * {hex, text} | {error}}`: FC 43/14 and FC 17. 200 when the device answered one of the two; else 502 exception, 504 no
 * answer, with both reasons.
 */
export async function identify(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device"]);
  if (unknown !== undefined) return answerError(unknown);
  const device = deviceOf(payload, ports);
  if (!device.ok) return answerError(device.error);
  const { name, connection } = device.value;
  const lane = ports.runner(connection);
  if (lane === undefined) return answerError(refusal(504, NO_TURN), { device: name });
  const limit = deadline(ports.clock, ports.signal, IDENTIFY_MS);
  try {
    const stands = ports.access.standing(device.value);
    const found = await identifyDevice(lane, device.value, limit.signal);
    return stands() ? answer(name, found) : answerError(changedMeanwhile(name, ports));
  } finally {
    limit.done();
  }
}

function answer(device: string, { identification, serverId }: DeviceIdentity): MethodAnswer {
  const payload: JsonObject = {
    device,
    identification: identification.ok
      ? { conformity: identification.value.conformity, objects: identificationTexts(identification.value.objects) }
      : { error: identification.error.detail },
    serverId: serverId.ok ? serverIdTexts(serverId.value) : { error: serverId.error.detail },
  };
  if (identification.ok || serverId.ok) return { status: 200, payload };
  const failures: readonly ModbusFailure[] = [identification.error, serverId.error];
  const status = Math.max(...failures.map(statusOf));
  const message = `FC 43/14: ${identification.error.detail}; FC 17: ${serverId.error.detail}`;
  return answerError(refusal(status, message), payload);
}
