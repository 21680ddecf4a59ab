import { connect, type Socket } from "node:net";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { deferred } from "../kernel/wait";
import type { Link, LinkEvents, LinkOpener } from "./link";
import { socketErrorText } from "./socketErrors";

export interface TcpEndpoint {
  /** A name is resolved anew at each connect. */
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** Room for more answers than a server sends at once; one a connection, used again for each read. */
const READ_BUFFER_BYTES = 8192;
/** A peer that vanished without a word (power, cable) is noticed by the operating system from here on. */
const KEEP_ALIVE_AFTER_MS = 30_000;

export function createTcpLinkOpener(
  endpoint: TcpEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  return (signal) => openTcpLink(endpoint, ports.clock, signal);
}

async function openTcpLink(
  endpoint: TcpEndpoint,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  const name = `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  if (signal.aborted) return err(failure("aborted", `${name}: not connected, given up`));
  const link = new TcpLink(endpoint, name);
  const onAbort = (): void => link.giveUp(failure("aborted", `${name}: given up while connecting`));
  signal.addEventListener("abort", onAbort, { once: true });
  const timeoutText = `${name}: no connection within ${endpoint.connectTimeoutMs} ms; is the address right, and does a firewall let it through?`;
  const timer = clock.setTimer(endpoint.connectTimeoutMs, () => link.giveUp(failure("offline", timeoutText)));
  const outcome = await link.connected;
  timer.cancel();
  signal.removeEventListener("abort", onAbort);
  return outcome;
}

class TcpLink implements Link {
  private readonly socket: Socket;
  private readonly opening = deferred<Result<Link, ModbusFailure>>();
  private readonly gone = deferred<void>();
  private events: LinkEvents | undefined;
  private why = "";

  constructor(
    private readonly endpoint: TcpEndpoint,
    readonly name: string,
  ) {
    this.socket = this.dial();
    this.socket.on("connect", () => this.opening.resolve(ok(this)));
    this.socket.on("error", (error) => this.explain(socketErrorText(error, this.endpoint)));
    this.socket.on("end", () => this.explain("the server closed the connection"));
    this.socket.on("close", () => this.ended());
  }

  get connected(): Promise<Result<Link, ModbusFailure>> {
    return this.opening.promise;
  }

  get pending(): number {
    return this.socket.writableLength;
  }

  listen(events: LinkEvents): void {
    this.events = events;
    // Lost between opening and listening: the user must hear of it all the same.
    if (this.socket.destroyed) events.closed(this.why || "the connection was closed");
  }

  write(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  close(): Promise<void> {
    this.explain("closed by us");
    this.socket.destroy();
    return this.gone.promise;
  }

  /** Ends the attempt to connect. */
  giveUp(reason: ModbusFailure): void {
    this.opening.resolve(err(reason));
    this.socket.destroy();
  }

  private dial(): Socket {
    const { host, port } = this.endpoint;
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    const onread = {
      buffer,
      callback: (count: number): boolean => {
        this.events?.data(buffer.subarray(0, count));
        return true;
      },
    };
    const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS, onread };
    return connect(options);
  }

  private explain(reason: string): void {
    if (this.why === "") this.why = reason;
  }

  private ended(): void {
    this.explain("the connection was closed");
    this.opening.resolve(err(failure("offline", `${this.name}: ${this.why}`)));
    this.gone.resolve();
    const { events } = this;
    this.events = undefined;
    events?.closed(this.why);
  }
}
