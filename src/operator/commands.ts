import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceCommand } from "../core/config/deviceCommand";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { nearest } from "../core/config/nearest";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { answerPage } from "./answerPages";
import { runDeviceCommand } from "./deviceCommand";
import { getPlan } from "./getPlan";
import { getTrace } from "./getTrace";
import { identify } from "./identify";
import { answerError, type CommandPorts, deviceOf, type MethodError, refusal } from "./methodError";
import { setPolling } from "./pollingSwitch";
import { putProfile } from "./putProfile";
import { readPoints } from "./readPoints";
import { readRegisters } from "./readRegisters";
import { restart } from "./restart";
import { validateConfiguration } from "./validateConfiguration";
import { writePoints } from "./writePoints";
import { writeRegisters } from "./writeRegisters";

type Handler = (payload: JsonObject, ports: CommandPorts) => Promise<MethodAnswer>;

const METHODS: ReadonlyMap<string, Handler> = new Map([
  ["readPoints", inPages(readPoints, ["values", "bad"])],
  ["writePoints", writePoints],
  ["readRegisters", readRegisters],
  ["writeRegisters", writeRegisters],
  ["identify", identify],
  ["getStatus", inPages(async (payload, ports) => ports.status(payload), ["connections", "devices"])],
  ["getPlan", getPlan],
  ["getTrace", getTrace],
  ["validateConfiguration", validateConfiguration],
  ["putProfile", putProfile],
  ["setPolling", setPolling],
  ["restart", restart],
]);

/** Their names, for whoever counts them. */
export const METHOD_NAMES: ReadonlySet<string> = new Set(METHODS.keys());

/** Methods that exist in the form `DEVICE*METHOD`, with the payload without `device`. */
const OF_A_DEVICE = new Set(["readPoints", "writePoints"]);

/** Answers direct methods (contract section 6): JSON object in, JSON object out. Never rejects. */
export function createCommands(ports: CommandPorts): (name: string, payload: Json) => Promise<MethodAnswer> {
  return async (name, payload) => {
    try {
      return await dispatch(name, payload, ports);
    } catch (error) {
      // A bug of ours must not leave the operator without an answer.
      ports.log.error(`the method ${name} failed`, { error: error instanceof Error ? error.stack : String(error) });
      return answerError({ status: 500, message: `${name} failed inside the module; see its log` });
    }
  };
}

async function dispatch(name: string, payload: Json, ports: CommandPorts): Promise<MethodAnswer> {
  const body = payload ?? {};
  const star = name.indexOf("*");
  if (star >= 0) return ofDevice(name.slice(0, star), name.slice(star + 1), body, ports);
  const handler = METHODS.get(name);
  if (handler === undefined) return answerError(unknownMethod(name));
  return isJsonObject(body) ? handler(filledIn(body), ports) : answerError(notAnObject(name));
}

/** `DEVICE*METHOD` (the payload without `device`), or a command of the device. */
async function ofDevice(device: string, method: string, body: Json, ports: CommandPorts): Promise<MethodAnswer> {
  const name = `${device}*${method}`;
  const handler = OF_A_DEVICE.has(method) ? METHODS.get(method) : undefined;
  const found = handler === undefined ? commandOf(device, method, ports) : undefined;
  if (found !== undefined && !found.ok) return answerError(found.error);
  if (!isJsonObject(body)) return answerError(notAnObject(name));
  if (found !== undefined) return runDeviceCommand(found.value.device, found.value.command, body, ports);
  if (handler === undefined) return answerError(unknownMethod(name));
  if (body["device"] !== undefined && body["device"] !== device) {
    const message = `the payload names another device than ${name}; leave "device" out`;
    return answerError({ status: 400, message, path: "/device" });
  }
  return handler({ ...filledIn(body), device }, ports);
}

interface Found {
  readonly device: DeviceConfig;
  readonly command: DeviceCommand;
}

function commandOf(name: string, method: string, ports: CommandPorts): Result<Found, MethodError> {
  const device = deviceOf({ device: name }, ports);
  if (!device.ok) return err({ status: device.error.status, message: device.error.message });
  const command = device.value.commands?.get(method);
  if (command !== undefined) return ok({ device: device.value, command });
  const known = [...OF_A_DEVICE, ...(device.value.commands?.keys() ?? [])];
  return err(refusal(404, `the device "${name}" has no command "${method}"; ${advice(method, known)}`));
}

/** Forms send the fields that nobody has filled in as null: they count as absent. */
function filledIn(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** Answers that may be too long for one: asks again for each page, from where the one before has ended. */
function inPages(handler: Handler, sections: readonly string[]): Handler {
  return async (payload, ports) => {
    const { cursor, ...rest } = payload;
    return answerPage(await handler(rest, ports), cursor, sections);
  };
}

function notAnObject(name: string): MethodError {
  return { status: 400, message: `the payload of ${name} must be a JSON object`, path: "" };
}

function unknownMethod(name: string): MethodError {
  return refusal(404, `there is no method "${name}"; ${advice(name, [...METHODS.keys()])}`);
}

function advice(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  return guess === undefined ? `known: ${known.join(", ")}` : `did you mean "${guess}"?`;
}
