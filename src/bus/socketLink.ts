import type { Socket } from "node:net";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { type Deferred, deferred } from "../kernel/wait";
import { type Link, type LinkEvents, SERVER_CLOSED } from "./link";

/** A server on a network. */
export interface NetworkEndpoint {
  /** A name (resolved anew at each connect), or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/** Where what a socket reads goes to. */
export interface BytesReceiver {
  received(bytes: Uint8Array): void;
}

/** How a socket is opened, and how its errors are told. */
export interface SocketDial {
  readonly name: string;
  /** The event after which bytes can be sent. */
  readonly ready: "connect" | "secureConnect";
  dial(receiver: BytesReceiver): Socket;
  /** What an error means, for people. */
  explain(error: Error): string;
  /** What it means when the server closes before it has sent a byte; absent: nothing of its own. */
  readonly unheard?: string;
}

/** `plc.local:502`, `[::1]:502`. */
export function endpointName({ host, port }: Pick<NetworkEndpoint, "host" | "port">): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

export function tooSlowText(name: string, connectTimeoutMs: number): string {
  return `${name}: no connection within ${connectTimeoutMs} ms; is the address right, and does a firewall let it through?`;
}

function noHandshakeText(name: string, connectTimeoutMs: number): string {
  return `${name}: something listens there, but TLS was not agreed within ${connectTimeoutMs} ms: is it a port of plain Modbus TCP (transport "tcp")?`;
}

function serverClosedText(meaning: string | undefined): string {
  return meaning === undefined ? SERVER_CLOSED : `${SERVER_CLOSED}: ${meaning}`;
}

/** Opens a stream socket as a link: until it is ready, fails, the time is over or the signal aborts. */
export async function openSocketLink(
  dial: SocketDial,
  connectTimeoutMs: number,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  const { name } = dial;
  if (signal.aborted) return err(failure("aborted", `${name}: not connected, given up`));
  const link = new SocketLink(dial);
  const onAbort = (): void => link.giveUp(failure("aborted", `${name}: given up while connecting`));
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimer(connectTimeoutMs, () =>
    link.giveUp(
      failure(
        "offline",
        link.isReached ? noHandshakeText(name, connectTimeoutMs) : tooSlowText(name, connectTimeoutMs),
      ),
    ),
  );
  const outcome = await link.connected;
  timer.cancel();
  signal.removeEventListener("abort", onAbort);
  return outcome;
}

/** Where a socket keeps its link: functions of its own for each event would weigh as much as all else that is kept of it. */
const LINK = Symbol("link");

interface LinkedSocket extends Socket {
  [LINK]?: SocketLink;
}

function onConnect(this: LinkedSocket): void {
  this[LINK]?.connectedTcp();
}

function onSecureConnect(this: LinkedSocket): void {
  this[LINK]?.stands();
}

function onError(this: LinkedSocket, error: Error): void {
  this[LINK]?.failed(error);
}

function onEnd(this: LinkedSocket): void {
  this[LINK]?.serverClosed();
}

function onClose(this: LinkedSocket): void {
  this[LINK]?.ended();
}

class SocketLink implements Link, BytesReceiver {
  private readonly socket: LinkedSocket;
  /** There until it is known whether the link stands. */
  private opening: Deferred<Result<Link, ModbusFailure>> | undefined = deferred();
  /** There when somebody waits for its end. */
  private gone: Deferred<void> | undefined;
  private isGone = false;
  private events: LinkEvents | undefined;
  private why = "";
  private heard = false;
  private reached = false;

  constructor(private readonly dial: SocketDial) {
    const socket: LinkedSocket = dial.dial(this);
    socket[LINK] = this;
    socket.on("connect", onConnect);
    if (dial.ready === "secureConnect") socket.on("secureConnect", onSecureConnect);
    socket.on("error", onError);
    socket.on("end", onEnd);
    socket.on("close", onClose);
    this.socket = socket;
  }

  get name(): string {
    return this.dial.name;
  }

  /** To be asked for at the beginning. */
  get connected(): Promise<Result<Link, ModbusFailure>> {
    return this.opening?.promise ?? Promise.resolve(ok(this));
  }

  /** TCP stands; TLS may not yet. */
  get isReached(): boolean {
    return this.reached;
  }

  get pending(): number {
    return this.socket.writableLength;
  }

  listen(events: LinkEvents): void {
    if (!this.socket.destroyed) this.events = events;
    // Lost between opening and listening: the user must hear of it all the same, and once.
    else events.closed(this.why || "the connection was closed");
  }

  write(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  close(): Promise<void> {
    this.explain("closed by us");
    this.socket.destroy();
    if (this.isGone) return Promise.resolve();
    this.gone ??= deferred();
    return this.gone.promise;
  }

  received(bytes: Uint8Array): void {
    this.heard = true;
    this.events?.data(bytes);
  }

  connectedTcp(): void {
    this.reached = true;
    if (this.dial.ready === "connect") this.stands();
  }

  /** Bytes can be sent. */
  stands(): void {
    this.settle(ok(this));
  }

  failed(error: Error): void {
    this.explain(this.dial.explain(error));
  }

  serverClosed(): void {
    this.explain(serverClosedText(this.heard ? undefined : this.dial.unheard));
  }

  /** Ends the attempt to connect. */
  giveUp(reason: ModbusFailure): void {
    this.settle(err(reason));
    this.socket.destroy();
  }

  private settle(outcome: Result<Link, ModbusFailure>): void {
    this.opening?.resolve(outcome);
    this.opening = undefined;
  }

  private explain(reason: string): void {
    if (this.why === "") this.why = reason;
  }

  ended(): void {
    this.explain("the connection was closed");
    this.settle(err(failure("offline", `${this.name}: ${this.why}`)));
    this.isGone = true;
    this.gone?.resolve();
    const { events } = this;
    this.events = undefined;
    events?.closed(this.why);
  }
}
