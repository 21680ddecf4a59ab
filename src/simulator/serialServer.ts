import type { Transform } from "node:stream";
import { ServerSerial } from "modbus-serial";
import type { SerialPort } from "serialport";
import type { SerialLine } from "../core/config/gatewayConfig";
import { err, ok, type Result } from "../kernel/result";
import { createServiceVector, type ServedConnection } from "./serviceVector";
import type { RunningServer } from "./tcpServer";

/** What modbus-serial 8.0.25 keeps in its server and does not declare. */
interface Internals {
  readonly _serverPath: SerialPort;
  readonly _server: Transform;
}

/** CRC-16 of MODBUS over Serial Line V1.02 section 6.2.2, bit by bit: slow, plain, and not the one of `core/modbus`. */
export function crcOf(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

function isSound(frame: Uint8Array): boolean {
  const end = frame.length - 2;
  if (frame.length < 4) return false;
  return crcOf(frame.subarray(0, end)) === ((frame[end] ?? 0) | ((frame[end + 1] ?? 0) << 8));
}

/**
 * Puts a check in front of the library's own handler, which overwrites the CRC of every request with the right one: a
 * client with a wrong CRC would be answered. A frame that fails is dropped in silence, as a device does.
 */
function guard(packets: Transform, onFrame: (frame: Uint8Array) => void): void {
  const handlers = packets.listeners("data") as ((packet: Buffer) => void)[];
  packets.removeAllListeners("data");
  packets.on("data", (packet: Buffer) => {
    if (!isSound(packet)) return;
    onFrame(packet.subarray(0, packet.length - 2));
    for (const handle of handlers) handle(packet);
  });
}

/** Silence that ends a request: 3.5 characters of 11 bits (1.75 ms above 19,200 baud), in whole ms, at least 2. */
function frameGapMs(baudRate: number): number {
  return Math.max(2, Math.ceil(baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate));
}

function closeServer(server: ServerSerial, port: SerialPort): Promise<void> {
  return new Promise((closed) => {
    if (port.isOpen) server.close(() => closed());
    else closed();
  });
}

/** Serves the connection by modbus-serial's ServerSerial on a terminal path. */
export function startSerialServer(
  connection: ServedConnection,
  where: { readonly path: string; readonly line: SerialLine },
  onFrame: (frame: Uint8Array) => void,
): Promise<Result<RunningServer, string>> {
  return new Promise((resolve) => {
    const options = {
      path: where.path,
      baudRate: where.line.baudRate,
      parity: where.line.parity,
      unitID: 255,
      interval: frameGapMs(where.line.baudRate),
      openCallback: (error: Error | null): void => {
        const failed = error !== null && error !== undefined;
        if (failed) resolve(err(`${where.path} does not open: ${error.message}`));
        else resolve(ok({ close: () => closeServer(server, port) }));
      },
    };
    const server = new ServerSerial(createServiceVector(connection), options);
    const { _serverPath: port, _server: packets } = server as unknown as Internals;
    // Hang-up of the terminal: the library's port would take the process down with it.
    port.on("error", () => undefined);
    guard(packets, onFrame);
  });
}
