import type { MethodAnswer } from "../cloud/edgeHub";
import { IDENTIFICATION_NAMES } from "../core/modbus/deviceIdentification";
import type { ModbusFailure } from "../core/modbus/failure";
import type { JsonObject } from "../kernel/json";
import { type DeviceIdentity, identifyDevice } from "../runtime/deviceIdentity";
import { answerError, type CommandPorts, deadline, deviceOf, refusal, unknownKey } from "./methodError";
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
    return answer(name, await identifyDevice(lane, device.value, limit.signal));
  } finally {
    limit.done();
  }
}

function answer(device: string, { identification, serverId }: DeviceIdentity): MethodAnswer {
  const payload: JsonObject = {
    device,
    identification: identification.ok
      ? { conformity: identification.value.conformity, objects: objectsOf(identification.value.objects) }
      : { error: identification.error.detail },
    serverId: serverId.ok ? bytesJson(serverId.value) : { error: serverId.error.detail },
  };
  if (identification.ok || serverId.ok) return { status: 200, payload };
  const failures: readonly ModbusFailure[] = [identification.error, serverId.error];
  const status = Math.max(...failures.map(statusOf));
  const message = `FC 43/14: ${identification.error.detail}; FC 17: ${serverId.error.detail}`;
  return answerError(refusal(status, message), payload);
}

/** Known objects by their name in the specification, others by their id. */
function objectsOf(objects: readonly { readonly id: number; readonly value: Uint8Array }[]): JsonObject {
  return Object.fromEntries(
    objects.map(({ id, value }) => [IDENTIFICATION_NAMES[id] ?? `object${id}`, printable(value) ?? hexOf(value)]),
  );
}

function bytesJson(bytes: Uint8Array): JsonObject {
  const text = printable(bytes.filter((byte) => byte >= 0x20 && byte < 0x7f));
  return { hex: hexOf(bytes), ...(text === undefined || text === "" ? {} : { text }) };
}

/** The bytes as a text, where they are one. */
function printable(bytes: Uint8Array): string | undefined {
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  return isText ? String.fromCharCode(...bytes).trim() : undefined;
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
