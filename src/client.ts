import type { ConnectionOptions } from "./client/connectionOptions";
import type { ModbusClient } from "./client/modbusClient";
import { configurationError } from "./client/modbusError";
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
}

/**
 * Opens a connection, given as a `connections.NAME` object of the module's configuration. Resolves when it is open;
 * rejects with a `ModbusError`: `configuration` (every fault with its place), `offline` (why it did not open, what to
 * look at) or `aborted`. One attempt; once open, the client opens it again by itself whenever it is lost.
 */
export async function open(connection: ConnectionOptions, options: OpenOptions = {}): Promise<ModbusClient> {
  const config = readConnection(connection);
  if (!config.ok) throw configurationError(config.error);
  return openConnection(config.value, options.signal);
}
