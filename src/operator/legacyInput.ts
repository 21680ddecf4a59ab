import type { InputMessage } from "../cloud/edgeHub";
import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { parseStartAddress } from "../core/config/legacy/legacyAddress";
import { type Findings, knownKeys, LegacyObject } from "../core/config/legacy/legacyObject";
import { show } from "../core/config/nearest";
import { hasUnit } from "../core/config/resolveConnection";
import { isJsonObject, type Json } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { Events } from "../runtime/events";
import type { CommandPorts } from "./methodError";
import type { RegisterRange } from "./registerRange";
import { writeRange } from "./writeRegisters";

/** Where the archived Modbus module took writes. */
export const LEGACY_INPUT = "input1";

const COMMAND_PROPERTY = "command-type";
const COMMAND = "ModbusWrite";
const KEYS = knownKeys("HwId", "UId", "Address", "Value");
/** Messages that wait for their turn, and messages that are remembered. */
const MOST = 500;
/** A message that the hub delivers twice comes again within this time; later the same id is another message. */
const REPEAT_MS = 600_000;

export interface LegacyInputPorts extends CommandPorts {
  readonly events: Pick<Events, "moduleEvent">;
}

/** One register or coil, and what it shall hold. */
interface LegacyWrite {
  readonly range: RegisterRange;
  readonly value: number | boolean;
}

/**
 * Takes the writes of the archived module, `{"HwId","UId","Address","Value"}` with the property `command-type:
 * ModbusWrite`, one after another, while a document of that module is in force and unless writes are off. What the
 * module did wrong is refused: values that do not fit, other tables, no unit. What came of it goes to `events`.
 */
export function createLegacyInput(ports: LegacyInputPorts): (message: InputMessage) => void {
  const { clock, events, log } = ports;
  const taken = new Map<string, number>();
  let work: Promise<void> = Promise.resolve();
  let waiting = 0;

  function refuse(message: InputMessage, reason: string): void {
    const id = message.messageId === undefined ? "" : ` (${message.messageId})`;
    const text = `a message to the input "${LEGACY_INPUT}"${id} was refused: ${reason}`;
    log.warn(text);
    events.moduleEvent("writeRefused", text);
  }

  /** Whether the hub has delivered this very message before. */
  function isRepeat({ messageId, body }: InputMessage): boolean {
    if (messageId === undefined) return false;
    const now = clock.monotonic();
    for (const [known, at] of taken) if (now - at > REPEAT_MS || taken.size > MOST) taken.delete(known);
    const key = `${messageId}\n${body}`;
    const repeated = taken.has(key);
    if (!repeated) taken.set(key, now);
    return repeated;
  }

  async function carryOut(message: InputMessage): Promise<void> {
    const found = readWrite(message, ports.config());
    if (!found.ok) return refuse(message, found.error);
    if (ports.writes() === "off") return refuse(message, "writes are off (MODBUS_EDGE_WRITES)");
    if (isRepeat(message)) return log.info(`a message to ${LEGACY_INPUT} came twice`, { id: message.messageId ?? "" });
    const isAllowed = (): boolean => ports.writes() !== "off" && readWrite(message, ports.config()).ok;
    await writeRange(found.value.range, [found.value.value], { by: LEGACY_INPUT, isAllowed }, ports);
  }

  return (message) => {
    if (waiting >= MOST) return refuse(message, `${MOST} others wait`);
    waiting += 1;
    const failed = (error: unknown): void => refuse(message, `it failed inside the module: ${String(error)}`);
    work = work.then(() => carryOut(message).catch(failed)).finally(() => (waiting -= 1));
  };
}

function readWrite({ body, properties }: InputMessage, config: GatewayConfig): Result<LegacyWrite, string> {
  if (properties[COMMAND_PROPERTY] !== COMMAND) {
    return err(`its property "${COMMAND_PROPERTY}" is ${show(properties[COMMAND_PROPERTY])}, not "${COMMAND}"`);
  }
  const document = parse(body);
  if (!isJsonObject(document)) return err("its body is not a JSON object");
  const findings: Findings = { problems: [], warnings: [] };
  const order = new LegacyObject(document, [], "a write", KEYS, findings);
  const hwId = order.required("HwId", "which slave");
  const unit = order.required("UId", "which unit; a broadcast is not sent");
  const place = order.required("Address", 'table and address in one, such as "40001"');
  const value = order.required("Value", "what to write");
  const [problem] = [...findings.problems, ...findings.warnings];
  if (problem !== undefined) return err(problem.text);
  const unitId = Number(unit);
  if (!/^\d{1,3}$/.test(unit ?? "") || unitId < 1 || unitId > 255) {
    return err(`"UId" is ${show(unit)}: a unit id is a whole number from 1 to 255`);
  }
  const connection = connectionOf(hwId ?? "", unitId, config);
  if (!connection.ok) return connection;
  const target = targetOf(place ?? "", value ?? "");
  if (!target.ok) return target;
  const { table, address } = target.value;
  return ok({ range: { connection: connection.value, unitId, table, address }, value: target.value.value });
}

/** The connection of the slave; where several have the id, of the one whose unit it is. */
function connectionOf(hwId: string, unitId: number, { devices, connections }: GatewayConfig) {
  const own = [...devices.values()].filter((device) => device.legacy?.hwId?.toLowerCase() === hwId.toLowerCase());
  const exact = own.filter((device) => device.unitId === unitId);
  const names = new Set((exact.length > 0 ? exact : own).map((device: DeviceConfig) => device.connection));
  const [name, second] = names;
  const connection = connections.get(name ?? "");
  if (second !== undefined) return err(`several slaves have the HwId ${show(hwId)}, on ${[...names].join(" and ")}`);
  if (connection === undefined) return err(`no slave has the HwId ${show(hwId)}`);
  if (hasUnit(connection, unitId)) return ok(connection);
  return err(`"UId" is ${unitId}: on the serial line "${connection.name}" a unit id is 1 to 247`);
}

function targetOf(place: string, text: string) {
  const start = parseStartAddress(place);
  if (!start.ok) return start;
  const { table, address } = start.value;
  const number = /^[+-]?\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (table === "holding" && number >= 0 && number <= 0xffff) return ok({ table, address, value: number });
  if (table === "coil" && (number === 0 || number === 1)) return ok({ table, address, value: number === 1 });
  if (table !== "holding" && table !== "coil") {
    return err(`${show(place)} can only be read: holding registers (4) and coils (0) are written`);
  }
  const range = table === "coil" ? "0 or 1" : "a whole number from 0 to 65535";
  return err(`"Value" is ${show(text)}: into ${show(place)} goes ${range}`);
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
