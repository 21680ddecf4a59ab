import { platform } from "node:os";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { CharacterFormat } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { within } from "../kernel/wait";
import type { Link, LinkEvents, LinkOpener } from "./link";
import type { SerialDevice, SerialDeviceEvents, SerialDeviceOpener, SerialReader } from "./serialDevice";
import { deviceAt, serialOpenText } from "./serialErrors";
import { openSerialportDevice } from "./serialportDevice";
import { openTtyDevice } from "./ttyDevice";

export interface SerialEndpoint {
  /** Opened anew by this path each time: behind `/dev/serial/by-id` an adapter may come back under another name. */
  readonly path: string;
  readonly line: CharacterFormat;
}

export interface SerialPorts {
  readonly clock: Pick<Clock, "setTimer">;
  /** Default: `tty` on Linux, `serialport` elsewhere. */
  readonly serialReader?: SerialReader | undefined;
}

/** A driver that does not let go of its port must not keep the process. */
const CLOSE_LIMIT_MS = 2000;

export function createSerialLinkOpener(endpoint: SerialEndpoint, ports: SerialPorts): LinkOpener {
  const reader = ports.serialReader ?? (platform() === "linux" ? "tty" : "serialport");
  const openDevice = reader === "tty" ? openTtyDevice : openSerialportDevice;
  return (signal) => openSerialLink(endpoint, openDevice, ports.clock, signal);
}

async function openSerialLink(
  { path, line }: SerialEndpoint,
  openDevice: SerialDeviceOpener,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  if (signal.aborted) return err(failure("aborted", `${path}: not opened, given up`));
  const link = new SerialLink(path, clock);
  const refused = await openDevice(path, line, link).then(
    (device) => link.opened(device),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (refused !== undefined) return err(failure("offline", serialOpenText(path, refused, await deviceAt(path))));
  if (!signal.aborted) return ok(link);
  await link.close();
  return err(failure("aborted", `${path}: given up while opening`));
}

class SerialLink implements Link, SerialDeviceEvents {
  private device: SerialDevice | undefined;
  private events: LinkEvents | undefined;
  private closing: Promise<void> | undefined;
  private why = "";
  private finished = false;

  constructor(
    readonly name: string,
    private readonly clock: Pick<Clock, "setTimer">,
  ) {}

  get pending(): number {
    return this.device?.pending ?? 0;
  }

  opened(device: SerialDevice): undefined {
    this.device = device;
    // Gone again at once: nobody else would close it.
    if (this.closing !== undefined) void device.close();
  }

  data(bytes: Uint8Array): void {
    this.events?.data(bytes);
  }

  failed(reason: string): void {
    this.explain(reason);
    void this.close();
  }

  listen(events: LinkEvents): void {
    this.events = events;
    if (this.finished) events.closed(this.why);
  }

  write(bytes: Uint8Array): void {
    if (this.closing === undefined) this.device?.write(bytes);
  }

  close(): Promise<void> {
    this.explain("closed by us");
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    // A driver that fails to close has let go, or never will.
    const released = this.device?.close().catch((error: unknown) => this.explain(String(error)));
    if (released !== undefined) await within(this.clock, CLOSE_LIMIT_MS, released);
    this.finished = true;
    const { events } = this;
    this.events = undefined;
    events?.closed(this.why);
  }

  private explain(reason: string): void {
    if (this.why === "") this.why = reason;
  }
}
