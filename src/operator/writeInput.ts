import type { InputMessage } from "../cloud/edgeHub";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { Events } from "../runtime/events";
import type { DataFolder } from "../store/dataFolder";
import { createLegacyInput, LEGACY_INPUT } from "./legacyInput";
import type { CommandPorts } from "./methodError";
import { writePoints } from "./writePoints";

/** Messages of other modules to this input ask for writes, where `module.writeInput` allows it. */
const WRITE_INPUT = "write";

/** In the data folder: the messages that were taken and could still come again in time. */
const MEMORY = "write-input";
const BY = "input write";
/** Messages that wait for their turn, and messages that are remembered. */
const MOST = 500;
/** Whoever wants a write later than this sends it later. */
const LONGEST_MS = 86_400_000;
/** A clock before this has never been set: nothing can be said about `notAfter`. */
const CLOCK_IS_SET = Date.UTC(2024, 0, 1);
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

export interface WriteInputPorts extends CommandPorts {
  readonly data: Pick<DataFolder, "read" | "write">;
  readonly events: Pick<Events, "moduleEvent">;
}

/** A payload of `writePoints` that may be carried out until `notAfter`. */
interface Order {
  readonly payload: JsonObject;
  readonly notAfter: number;
  /** Equal for repeats. */
  readonly id: string;
}

/**
 * Takes messages, one after another. A message is written at most once: it is remembered on disk before anything is
 * written, until its `notAfter` has passed, after which a repeat is refused for being late. What came of it goes to
 * `events`: as `writeAudit` once a device was asked, before that as a `moduleEvent` with the reason.
 */
export function createWriteInput(ports: WriteInputPorts): (message: InputMessage) => void {
  const { clock, data, events, log } = ports;
  let taken: Map<string, number> | undefined;
  let work: Promise<void> = Promise.resolve();
  let waiting = 0;

  function refuse({ messageId }: InputMessage, reason: string): void {
    const text = `a message to the input "${WRITE_INPUT}"${messageId === undefined ? "" : ` (${messageId})`} was refused: ${reason}`;
    log.warn(text);
    events.moduleEvent("writeRefused", text);
  }

  /** What was taken and could still come again in time. */
  async function memory(): Promise<Map<string, number>> {
    taken ??= readMemory(await data.read(MEMORY));
    const now = clock.epoch();
    for (const [known, until] of taken) if (until < now) taken.delete(known);
    return taken;
  }

  async function carryOut(message: InputMessage): Promise<void> {
    const order = readOrder(message, clock.epoch());
    if (!order.ok) return refuse(message, order.error);
    const { id, notAfter, payload } = order.value;
    const known = await memory();
    if (known.has(id)) return;
    if (known.size >= MOST) return refuse(message, `${MOST} others are remembered until their notAfter`);
    known.set(id, notAfter);
    await data.write(MEMORY, Object.fromEntries(known));
    let isAudited = false;
    const onAudit: CommandPorts["onAudit"] = (record) => {
      isAudited = true;
      ports.onAudit({ ...record, by: BY });
    };
    const answer = await writePoints(payload, { ...ports, onAudit });
    const error = answer.payload["error"];
    if (!isAudited && isJsonObject(error)) refuse(message, String(error["message"]));
  }

  return (message) => {
    if (ports.config().module.writeInput !== true) return refuse(message, 'it is off: "module.writeInput" turns it on');
    if (waiting >= MOST) return refuse(message, `${MOST} others wait`);
    waiting += 1;
    const failed = (error: unknown): void => refuse(message, `it failed inside the module: ${String(error)}`);
    work = work.then(() => carryOut(message).catch(failed)).finally(() => (waiting -= 1));
  };
}

function readMemory(document: Json | undefined): Map<string, number> {
  if (!isJsonObject(document)) return new Map();
  return new Map(Object.entries(document).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

function readOrder({ body, messageId }: InputMessage, now: number): Result<Order, string> {
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
  return ok({ payload, notAfter, id: messageId ?? body });
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
