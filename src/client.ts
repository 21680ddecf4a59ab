import { serialReaderNamed } from "./bus/serialDevice";
import type { ConnectionOptions } from "./client/connectionOptions";
import type { ModbusClient } from "./client/modbusClient";
import { argumentError, configurationError } from "./client/modbusError";
import { openConnection } from "./client/openConnection";
import { readConnection } from "./client/readConnection";

export type { DeviceIdentification } from "./bus/deviceIdentification";
export type { ConnectionOptions, SerialOptions, TcpOptions, TlsOptions, UdpOptions } from "./client/connectionOptions";
export type { ClientState, ModbusClient, RequestOptions, WriteOptions } from "./client/modbusClient";
// biome-ignore lint/performance/noBarrelFile: the entry of the package; whoever uses `open` meets these errors.
export { isModbusError, ModbusError, type ModbusErrorKind } from "./client/modbusError";
export type { ModbusRequest, ResponseOf } from "./core/modbus/pdu";

export interface OpenOptions {
  /** Gives up opening. Afterwards it has no effect. */
  readonly signal?: AbortSignal;
  /**
   * How a serial line is read: `tty` by a terminal stream of Node (the default on Linux, and there alone), `serialport`
   * by the stream of that package (the default elsewhere; about twice the work). What is read is the same.
   */
  readonly serialReader?: "tty" | "serialport";
}

/**
 * Opens a connection, given as a `connections.NAME` object of the module's configuration. Resolves when it is open;
 * rejects with a `ModbusError`: `configuration` (every fault with its place), `offline` (why it did not open, what to
 * look at), `argument` (an option) or `aborted`. One attempt; once open, the client opens it again by itself whenever it is lost.
 */
export async function open(connection: ConnectionOptions, options: OpenOptions = {}): Promise<ModbusClient> {
  const config = readConnection(connection);
  if (!config.ok) throw configurationError(config.error);
  const { signal, serialReader } = options;
  const reader = serialReader === undefined ? undefined : serialReaderNamed("serialReader", serialReader);
  if (reader?.ok === false) throw argumentError(reader.error);
  return openConnection(config.value, { signal, serialReader });
}
