import type { MethodAnswer } from "../cloud/edgeHub";
import { nearest } from "../core/config/nearest";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { answerError, type CommandPorts, type MethodError, refusal } from "./methodError";
import { readPoints } from "./readPoints";
import { writePoints } from "./writePoints";

type Handler = (payload: JsonObject, ports: CommandPorts) => Promise<MethodAnswer>;

const METHODS: ReadonlyMap<string, Handler> = new Map([
  ["readPoints", readPoints],
  ["writePoints", writePoints],
  ["getStatus", async (payload, ports) => ports.status(payload)],
]);

/** Methods of the contract (section 6) that a later version brings. */
const LATER = new Set([
  "readRegisters",
  "writeRegisters",
  "getPlan",
  "getTrace",
  "identify",
  "validateConfiguration",
  "putProfile",
  "setPolling",
  "restart",
]);

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
  const star = name.indexOf("*");
  const method = star < 0 ? name : name.slice(star + 1);
  const handler = METHODS.get(method);
  if (handler === undefined || (star >= 0 && !OF_A_DEVICE.has(method)))
    return answerError(unknownMethod(name, method, star >= 0));
  const body = payload ?? {};
  if (!isJsonObject(body)) {
    return answerError({ status: 400, message: `the payload of ${name} must be a JSON object`, path: "" });
  }
  if (star < 0) return handler(body, ports);
  const device = name.slice(0, star);
  if (body["device"] !== undefined && body["device"] !== device) {
    return answerError({
      status: 400,
      message: `the payload names another device than ${name}; leave "device" out`,
      path: "/device",
    });
  }
  return handler({ ...body, device }, ports);
}

function unknownMethod(name: string, method: string, ofDevice: boolean): MethodError {
  if (LATER.has(method)) return refusal(404, `the method "${method}" is not supported yet by this version`);
  const names = ofDevice ? [...OF_A_DEVICE] : [...METHODS.keys()];
  const guess = nearest(method, names);
  const advice = guess === undefined ? `known: ${names.join(", ")}` : `did you mean "${guess}"?`;
  return refusal(404, `there is no method "${name}"; ${advice}`);
}
