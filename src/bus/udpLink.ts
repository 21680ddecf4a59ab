import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { deferred, within } from "../kernel/wait";
import type { Link, LinkEvents, LinkOpener } from "./link";
import { socketErrorText } from "./socketErrors";
import { endpointName, type NetworkEndpoint, tooSlowText } from "./socketLink";

/**
 * One frame a datagram. The socket is connected: what others send to its port does not arrive, and the refusal of a
 * closed port (ICMP) does.
 */
export function createUdpLinkOpener(
  endpoint: NetworkEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  return (signal) => openUdpLink(endpoint, ports.clock, signal);
}

async function openUdpLink(
  endpoint: NetworkEndpoint,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  const name = endpointName(endpoint);
  const givenUp = err(failure("aborted", `${name}: given up while opening`));
  if (signal.aborted) return givenUp;
  // A lookup cannot be cancelled; it is left behind.
  const aborted = deferred<Result<Link, ModbusFailure>>();
  const onAbort = (): void => aborted.resolve(givenUp);
  signal.addEventListener("abort", onAbort, { once: true });
  const opening = open(endpoint, name);
  const outcome = await within(clock, endpoint.connectTimeoutMs, Promise.race([opening, aborted.promise]));
  signal.removeEventListener("abort", onAbort);
  // Too late for its caller: nobody else would close it.
  if (outcome === undefined || outcome === givenUp) void opening.then(closeLate);
  return outcome ?? err(failure("offline", tooSlowText(name, endpoint.connectTimeoutMs)));
}

function closeLate(late: Result<Link, ModbusFailure>): void {
  if (late.ok) void late.value.close();
}

async function open(endpoint: NetworkEndpoint, name: string): Promise<Result<Link, ModbusFailure>> {
  try {
    const { address, family } = await lookup(endpoint.host);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    const link = new UdpLink(name, socket, endpoint);
    return link.connect(address);
  } catch (error) {
    const text = error instanceof Error ? socketErrorText(error, endpoint) : String(error);
    return err(failure("offline", `${name}: ${text}`));
  }
}

class UdpLink implements Link {
  readonly datagrams = true;
  private readonly opening = deferred<Result<Link, ModbusFailure>>();
  private readonly gone = deferred<void>();
  private events: LinkEvents | undefined;
  private why = "";
  private finished = false;

  constructor(
    readonly name: string,
    private readonly socket: Socket,
    private readonly endpoint: NetworkEndpoint,
  ) {
    socket.on("connect", () => this.opening.resolve(ok(this)));
    socket.on("message", (bytes) => this.events?.data(bytes));
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.ended());
  }

  get pending(): number {
    return this.socket.getSendQueueSize();
  }

  connect(address: string): Promise<Result<Link, ModbusFailure>> {
    this.socket.connect(this.endpoint.port, address);
    return this.opening.promise;
  }

  listen(events: LinkEvents): void {
    if (!this.finished) this.events = events;
    else events.closed(this.why);
  }

  write(bytes: Uint8Array): void {
    if (this.finished) return;
    // Without a callback a refusal would come as an event too; either way it is told once.
    this.socket.send(bytes, (error) => {
      if (error !== null) this.fail(error);
    });
  }

  close(): Promise<void> {
    this.end("closed by us");
    return this.gone.promise;
  }

  private fail(error: Error): void {
    this.end(socketErrorText(error, this.endpoint));
  }

  private end(reason: string): void {
    if (this.finished) return;
    this.finished = true;
    this.why = reason;
    this.opening.resolve(err(failure("offline", `${this.name}: ${reason}`)));
    this.socket.close();
  }

  private ended(): void {
    this.gone.resolve();
    const { events } = this;
    this.events = undefined;
    events?.closed(this.why);
  }
}
