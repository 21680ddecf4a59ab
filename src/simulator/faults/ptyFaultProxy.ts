import type { SerialLine } from "../../core/config/gatewayConfig";
import type { Clock } from "../../kernel/clock";
import { err, ok, type Result } from "../../kernel/result";
import { createScope, type Scope } from "../../kernel/scope";
import { openPtyPair } from "../pty";
import type { ByteStream } from "./byteStream";
import type { FaultPlan } from "./fault";
import { createFaultProxy, type FaultProxy } from "./faultProxy";
import { openTerminalStream } from "./terminalStream";

export interface PtyFaultProxyOptions {
  readonly plan: FaultPlan;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly line: SerialLine;
  /** The terminal or serial port that leads to the devices (real ones too), or a way to them. */
  readonly server: string | (() => Promise<Result<ByteStream, string>>);
  /** Silence that ends a message. Default: 10 ms, above the gaps that adapters make inside one. */
  readonly gatherMs?: number;
}

export interface PtyFaultProxy {
  readonly proxy: FaultProxy;
  /** The terminal that clients open. */
  readonly path: string;
  /** Memoised. */
  close(): Promise<void>;
}

const GATHER_MS = 10;

/**
 * Puts a pseudo terminal before a serial line. A fault that closes or resets hangs the terminal up, as an adapter that
 * is unplugged does: the path is gone then.
 */
export async function startPtyFaultProxy(options: PtyFaultProxyOptions): Promise<Result<PtyFaultProxy, string>> {
  const scope = createScope();
  const pair = await openPtyPair({ clock: options.clock });
  if (!pair.ok) return pair;
  scope.defer(() => pair.value.close());
  const client = await openTerminalStream(pair.value.a, options.line, () => void pair.value.close());
  if (!client.ok) {
    await scope.close();
    return client;
  }
  scope.defer(() => client.value.close());
  const { plan, clock, gatherMs = GATHER_MS } = options;
  const connect = await wayTo(options, scope);
  if (!connect.ok) {
    await scope.close();
    return connect;
  }
  const proxy = createFaultProxy({ plan, clock, framing: "rtu", gatherMs, connect: connect.value });
  scope.defer(() => proxy.close());
  await proxy.accept(client.value);
  return ok({ proxy, path: pair.value.b, close: async () => void (await scope.close()) });
}

async function wayTo(
  { server, line }: PtyFaultProxyOptions,
  scope: Scope,
): Promise<Result<() => Promise<Result<ByteStream, string>>, string>> {
  if (typeof server === "function") return ok(server);
  const opened = await openTerminalStream(server, line);
  if (!opened.ok) return err(opened.error);
  scope.defer(() => opened.value.close());
  return ok(async () => opened);
}
