import { SerialPort } from "serialport";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { CharacterFormat } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { deferred, within } from "../kernel/wait";
import type { Link, LinkEvents, LinkOpener } from "./link";
import { deviceAt, serialOpenText } from "./serialErrors";

export interface SerialEndpoint {
  /** Opened anew by this path each time: behind `/dev/serial/by-id` an adapter may come back under another name. */
  readonly path: string;
  readonly line: CharacterFormat;
}

/** A driver that does not let go of its port must not keep the process. */
const CLOSE_LIMIT_MS = 2000;

export function createSerialLinkOpener(
  endpoint: SerialEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  return (signal) => openSerialLink(endpoint, ports.clock, signal);
}

async function openSerialLink(
  { path, line }: SerialEndpoint,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  if (signal.aborted) return err(failure("aborted", `${path}: not opened, given up`));
  const { baudRate, dataBits, parity, stopBits } = line;
  const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, lock: true, autoOpen: false });
  const refused = await new Promise<Error | null>((resolve) => port.open(resolve));
  if (refused !== null) return err(failure("offline", serialOpenText(path, refused.message, await deviceAt(path))));
  const link = new SerialLink(path, port, clock);
  if (!signal.aborted) return ok(link);
  await link.close();
  return err(failure("aborted", `${path}: given up while opening`));
}

class SerialLink implements Link {
  private events: LinkEvents | undefined;
  private readonly gone = deferred<void>();
  private closing: Promise<void> | undefined;
  private why = "";
  private finished = false;

  constructor(
    readonly name: string,
    private readonly port: SerialPort,
    private readonly clock: Pick<Clock, "setTimer">,
  ) {
    port.on("data", (bytes: Uint8Array) => this.events?.data(bytes));
    port.on("error", (error) => this.fail(error.message));
    // What a hang-up looks like depends on the driver: the end of the stream, or a close with an error.
    port.on("end", () => this.fail("the device is gone (unplugged?)"));
    port.on("close", (error: Error | null) => this.ended(error));
    // What waited in the driver from before belongs to nobody here.
    port.flush(() => undefined);
  }

  get pending(): number {
    return this.port.writableLength;
  }

  listen(events: LinkEvents): void {
    this.events = events;
    if (this.finished) events.closed(this.why);
  }

  write(bytes: Uint8Array): void {
    if (this.port.isOpen) this.port.write(bytes);
  }

  close(): Promise<void> {
    this.explain("closed by us");
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    if (this.port.isOpen && !this.port.closing) {
      // Unsent bytes would keep the driver from closing while the other end holds them off.
      this.port.flush(() => this.closePort());
    }
    await within(this.clock, CLOSE_LIMIT_MS, this.gone.promise);
    this.ended(null);
  }

  private closePort(): void {
    if (this.port.isOpen && !this.port.closing) this.port.close((error) => this.ended(error));
  }

  private fail(reason: string): void {
    this.explain(reason);
    void this.close();
  }

  private explain(reason: string): void {
    if (this.why === "") this.why = reason;
  }

  private ended(error: Error | null | undefined): void {
    if (this.finished) return;
    this.finished = true;
    this.explain(error ? `the device is gone (unplugged?): ${error.message}` : "the port was closed");
    this.gone.resolve();
    const { events } = this;
    this.events = undefined;
    events?.closed(this.why);
  }
}
