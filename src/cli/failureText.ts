import type { ModbusError } from "../client/modbusError";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { CharacterFormat } from "../core/modbus/serialTiming";

/** What went wrong with a device, and what to look at, for somebody who stands in front of it. */
export function failureText(error: ModbusError, connection: ConnectionConfig, unitId: number): string {
  const where = `unit ${unitId} ${connection.transport === "serial" ? "on" : "at"} ${endpointText(connection)}`;
  const hint = hintFor(error, connection, unitId);
  // These have no request: they say themselves where it happened.
  if (error.kind === "offline" || error.kind === "configuration") return error.detail;
  const said = error.kind === "timeout" ? `gave ${error.detail}` : `: ${error.detail}`;
  return `${where}${error.kind === "timeout" ? " " : ""}${said}${hint === undefined ? "" : `. ${hint}`}`;
}

export function endpointText(connection: ConnectionConfig): string {
  if (connection.transport === "serial") return connection.path;
  const host = connection.host.includes(":") ? `[${connection.host}]` : connection.host;
  return `${host}:${connection.port}`;
}

function hintFor(error: ModbusError, connection: ConnectionConfig, unitId: number): string | undefined {
  switch (error.kind) {
    case "timeout":
      return connection.transport === "serial" ? serialSilence(connection.line) : networkSilence(unitId);
    case "crc":
      return "Damaged answers: wrong baud rate or parity, no termination, a long stub, or two devices with the same unit id";
    case "protocol":
      return "Something answers, but not what was asked: another device with this unit id, or another framing (--framing)";
    case "lost":
      // There is no connection over UDP: the refusal says it all.
      return connection.transport === "udp"
        ? undefined
        : "The connection ended under the request: many devices bear one client only, is another one connected?";
    case "exception":
      return EXCEPTION_HINTS[error.exceptionCode ?? 0];
    default:
      return undefined;
  }
}

function serialSilence({ baudRate, dataBits, parity, stopBits }: CharacterFormat): string {
  const line = `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
  return `Wrong unit id, wrong baud rate or parity (asked with "${line}"), A and B swapped, or no power`;
}

function networkSilence(unitId: number): string {
  const other = unitId === 255 ? "--unit 1 or 0" : "--unit 255 or 0";
  return `The connection stands, so something listens there: wrong unit id (a device itself is often ${other}), a gateway whose device is silent, another framing (--framing), or no Modbus server`;
}

/** What each exception usually means in the field (section 7 of the specification). */
const EXCEPTION_HINTS: Readonly<Record<number, string>> = {
  1: "The device does not know this function: another table (--table), or another way to write (--function)",
  2: "The device has nothing there, or not for so many: addresses here count from 0, lists of registers often from 1; try the address before, another table, or fewer at once",
  3: "The device does not accept so many at once, or this value: try fewer (--count)",
  4: "The device failed to do it: its own documentation or display may say why",
  5: "Accepted and still being carried out: read back later",
  6: "The device is busy: try again",
  10: "The gateway has no way to this unit id: look at its routing table",
  11: "The gateway reaches nobody with this unit id: wrong unit id, serial settings of the gateway, wiring, power",
};
