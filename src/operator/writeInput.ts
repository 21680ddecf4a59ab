import type { InputMessage } from "../cloud/edgeHub";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { within } from "../kernel/wait";
import type { Events } from "../runtime/events";
import type { DataFolder } from "../store/dataFolder";
import { createLegacyInput, LEGACY_INPUT } from "./legacyInput";
import { type CommandPorts, deadline } from "./methodError";
import { OrderLines } from "./orderLines";
import { OrderMemory } from "./orderMemory";
import { writePoints } from "./writePoints";

/** Messages of other modules to this input ask for writes, where `module.writeInput` allows it. */
const WRITE_INPUT = "write";

const BY = "input write";
/** Messages that wait for their turn, and as many are remembered. */
const MOST = 500;
/** Whoever wants a write later than this sends it later. */
const LONGEST_MS = 86_400_000;
/** A clock before this has never been set: nothing can be said about `notAfter`. */
const CLOCK_IS_SET = Date.UTC(2024, 0, 1);
/** A disk that takes longer does not answer. */
const DISK_MS = 10_000;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

export interface WriteInputPorts extends CommandPorts {
  readonly data: Pick<DataFolder, "read" | "write">;
  readonly events: Pick<Events, "moduleEvent">;
}

/** A payload of `writePoints` that may be carried out until `notAfter`. */
interface Order {
  readonly payload: JsonObject;
  readonly notAfter: number;
}

/**
 * Takes messages, those to one device one after another. A message is written at most once: it is remembered on disk
 * before anything is written, until its `notAfter` has passed, after which a repeat is refused for being late, and
 * nothing of it is sent later than that. What came of it goes to `events`: as `writeAudit` once a device was asked,
 * before that as a `moduleEvent` with the reason.
 */
export function createWriteInput(ports: WriteInputPorts): (message: InputMessage) => void {
  const { clock, events, log } = ports;
  const memory = new OrderMemory(ports, MOST);
  const lines = new OrderLines(MOST);
  const isOn = (): boolean => ports.config().module.writeInput === true;
  /** Turned off while an order waits for its turn on the bus, it is not sent either. */
  const access: CommandPorts["access"] = {
    ...ports.access,
    write: (device, values, signal) => ports.access.write(device, values, signal, isOn),
  };

  function refuse({ messageId }: InputMessage, reason: string): void {
    const text = `a message to the input "${WRITE_INPUT}"${messageId === undefined ? "" : ` (${messageId})`} was refused: ${reason}`;
    log.warn(text);
    events.moduleEvent("writeRefused", text);
  }

  async function carryOut(message: InputMessage): Promise<void> {
    // It may have waited for others.
    if (!isOn()) return refuse(message, OFF);
    const order = readOrder(message, clock.epoch());
    if (!order.ok) return refuse(message, order.error);
    const { notAfter, payload } = order.value;
    const limit = deadline(clock, ports.signal, notAfter - clock.epoch());
    try {
      const known = await within(clock, DISK_MS, memory.take(message, notAfter));
      if (known === undefined) return refuse(message, "it could not be remembered: the data folder does not answer");
      if (known === "repeat") return log.info(`a message to the input "${WRITE_INPUT}" came twice`, idOf(message));
      if (known !== "new") return refuse(message, known.refused);
      let isAudited = false;
      const onAudit: CommandPorts["onAudit"] = (record) => {
        isAudited = true;
        ports.onAudit({ ...record, by: BY });
      };
      const answer = await writePoints(payload, { ...ports, access, signal: limit.signal, onAudit });
      const error = answer.payload["error"];
      if (!isAudited && isJsonObject(error)) refuse(message, String(error["message"]));
    } finally {
      limit.done();
    }
  }

  return (message) => {
    if (!isOn()) return refuse(message, OFF);
    const failed = (error: unknown): void => refuse(message, `it failed inside the module: ${String(error)}`);
    const isTaken = lines.put(lineOf(message), () => carryOut(message).catch(failed));
    if (!isTaken) refuse(message, `${MOST} others wait`);
  };
}

const OFF = 'it is off: "module.writeInput" turns it on';

function idOf({ messageId = "" }: InputMessage): JsonObject {
  return { id: messageId };
}

/** Orders for one device keep their order; a device that is slow keeps nobody else waiting. */
function lineOf({ body }: InputMessage): string {
  const document = parse(body);
  const device = isJsonObject(document) ? document["device"] : undefined;
  return typeof device === "string" ? device : "";
}

function readOrder({ body }: InputMessage, now: number): Result<Order, string> {
  const document = parse(body);
  if (!isJsonObject(document)) return err("its body is not a JSON object");
  const { notAfter: limit, ...payload } = document;
  if (typeof limit !== "string" || !INSTANT.test(limit) || !Number.isFinite(Date.parse(limit)))
    return err(
      '"notAfter" must say until when it may be written, such as "2026-11-23T10:15:30Z": messages may come hours late',
    );
  const notAfter = Date.parse(limit);
  if (now < CLOCK_IS_SET) return err("the clock of the gateway has not been set yet");
  if (notAfter < now) return err(`it came after its notAfter, ${limit}`);
  if (notAfter > now + LONGEST_MS) return err(`its notAfter, ${limit}, is more than a day away`);
  return ok({ payload, notAfter });
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Takes the messages of every input; those that no one here reads are dropped with a warning. */
export function createInputs(ports: WriteInputPorts): (message: InputMessage) => void {
  const takeWrite = createWriteInput(ports);
  const takeLegacy = createLegacyInput(ports);
  return (message) => {
    const { input, messageId } = message;
    if (input === WRITE_INPUT) takeWrite(message);
    else if (input === LEGACY_INPUT) takeLegacy(message);
    else
      ports.log.warn(`a message came for input ${input}, which this version does not take; it is dropped`, {
        messageId,
      });
  };
}
