import { openerFor } from "./bus/openerFor";
import { createSession, type SessionState } from "./bus/session";
import type { ConnectionOptions } from "./client/connectionOptions";
import type { ModbusClient } from "./client/modbusClient";
import { configurationError, connectionError } from "./client/modbusError";
import { readConnection } from "./client/readConnection";
import { SessionClient } from "./client/sessionClient";
import type { ConnectionConfig } from "./core/config/gatewayConfig";
import { failure } from "./core/modbus/failure";
import { silentLog } from "./kernel/log";
import { createSystemClock } from "./kernel/systemClock";
import { deferred } from "./kernel/wait";

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
  return openSession(config.value, options.signal);
}

async function openSession(config: ConnectionConfig, signal: AbortSignal | undefined): Promise<ModbusClient> {
  const { name } = config;
  const clock = createSystemClock();
  const first = deferred<{ readonly state: SessionState | "aborted"; readonly reason: string }>();
  const onState = (state: SessionState, reason: string): void => {
    if (state !== "connecting") first.resolve({ state, reason });
    client.announce(state, reason);
  };
  const session = createSession(config, { clock, log: silentLog, openLink: openerFor(config, { clock }), onState });
  // The session tells nothing before this: its first state comes after it has been made.
  const client = new SessionClient(name, session, clock);
  const onAbort = (): void => first.resolve({ state: "aborted", reason: `${name}: given up while opening` });
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const { state, reason } = await first.promise;
  signal?.removeEventListener("abort", onAbort);
  if (state === "open") return client;
  await client.close();
  throw connectionError(name, failure(state === "aborted" ? "aborted" : "offline", reason));
}
