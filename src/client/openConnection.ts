import { hearing } from "../bus/heardLink";
import { openerFor } from "../bus/openerFor";
import type { SerialReader } from "../bus/serialDevice";
import { createSession, type SessionState } from "../bus/session";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import { failure } from "../core/modbus/failure";
import { silentLog } from "../kernel/log";
import { createSystemClock } from "../kernel/systemClock";
import { deferred } from "../kernel/wait";
import type { ModbusClient } from "./modbusClient";
import { connectionError } from "./modbusError";
import { SessionClient } from "./sessionClient";

export interface Opening {
  /** Gives up opening. */
  readonly signal?: AbortSignal | undefined;
  /** Default: what the platform does best. */
  readonly serialReader?: SerialReader | undefined;
  /** Is told how many bytes come in, also of answers that the client does not take. */
  readonly heard?: (bytes: number) => void;
}

/** A client on a connection that has been validated. One attempt to open it; rejects with `offline` or `aborted`. */
export async function openConnection(
  config: ConnectionConfig,
  { signal, serialReader, heard }: Opening = {},
): Promise<ModbusClient> {
  const { name } = config;
  const clock = createSystemClock();
  const first = deferred<{ readonly state: SessionState | "aborted"; readonly reason: string }>();
  const onState = (state: SessionState, reason: string): void => {
    if (state !== "connecting") first.resolve({ state, reason });
    client.announce(state, reason);
  };
  const opener = openerFor(config, { clock, serialReader });
  const openLink = heard === undefined ? opener : hearing(opener, heard);
  const session = createSession(config, { clock, log: silentLog, openLink, onState });
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
