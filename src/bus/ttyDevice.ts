import { closeSync, constants, openSync, writeSync } from "node:fs";
import type { SocketConstructorOpts } from "node:net";
import { ReadStream } from "node:tty";
import { LinuxBinding, type LinuxPortBinding } from "@serialport/bindings-cpp";
import type { CharacterFormat } from "../core/modbus/serialTiming";
import { type SerialDevice, type SerialDeviceEvents, UNPLUGGED } from "./serialDevice";

/** The longest frame is one of ASCII: 513 characters. */
const WRITE_BUFFER_BYTES = 1024;
/** Several frames; one buffer a device, used again for each read. */
const READ_BUFFER_BYTES = 4096;

/**
 * Opened, set and locked by the binding of `serialport`; read and written by a terminal stream of Node on a second
 * descriptor of the same device. Linux only.
 */
export async function openTtyDevice(
  path: string,
  line: CharacterFormat,
  events: SerialDeviceEvents,
): Promise<SerialDevice> {
  const { baudRate, dataBits, parity, stopBits } = line;
  const port = await LinuxBinding.open({ path, baudRate, dataBits, parity, stopBits, lock: true });
  try {
    return new TtyDevice(port, events);
  } catch (error) {
    await port.close();
    throw error;
  }
}

class TtyDevice implements SerialDevice {
  private readonly stream: ReadStream;
  private readonly gone: Promise<void>;
  /** What is being written. Memory that the operating system may read as it is. */
  private readonly output = Buffer.allocUnsafeSlow(WRITE_BUFFER_BYTES);

  constructor(
    private readonly port: LinuxPortBinding,
    events: SerialDeviceEvents,
  ) {
    this.stream = openStream(port, events);
    this.stream.on("error", (error) => events.failed(`${UNPLUGGED}: ${error.message}`));
    this.stream.on("end", () => events.failed(UNPLUGGED));
    this.gone = new Promise((resolve) => {
      this.stream.on("close", () => {
        events.failed("the port was closed");
        resolve();
      });
    });
    this.stream.resume();
  }

  get pending(): number {
    return this.stream.writableLength;
  }

  write(bytes: Uint8Array): void {
    const { stream } = this;
    if (stream.destroyed) return;
    const taken = stream.writableLength === 0 ? this.writeAtOnce(bytes) : 0;
    if (taken < bytes.length) stream.write(taken === 0 ? bytes : bytes.subarray(taken));
  }

  /** How many of the bytes the driver takes now: all of them, unless it is stopped. The stream would cost a lot more. */
  private writeAtOnce(bytes: Uint8Array): number {
    const { fd } = this.port;
    if (fd === null || bytes.length > this.output.length) return 0;
    this.output.set(bytes);
    try {
      return writeSync(fd, this.output, 0, bytes.length);
    } catch {
      // The driver's buffer is full: the stream waits for room. It also tells of everything that is worse.
      return 0;
    }
  }

  async close(): Promise<void> {
    // Unsent bytes would keep the driver from closing while the other end holds them off. A device that is gone
    // refuses this, which is as good.
    await this.port.flush().catch(() => undefined);
    this.stream.destroy();
    await this.gone;
    await this.port.close();
  }
}

/**
 * A terminal stream on the open device. libuv opens a terminal once more and puts its own descriptor in the place of
 * the one it is given: on the binding's own that would silently drop the lock, hence a descriptor only for it.
 */
function openStream(port: LinuxPortBinding, events: SerialDeviceEvents): ReadStream {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const fd = openSync(`/proc/self/fd/${port.fd}`, O_RDWR | O_NOCTTY | O_NONBLOCK);
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const onread = {
    buffer,
    callback: (count: number): boolean => {
      events.data(buffer.subarray(0, count));
      return true;
    },
  };
  let stream: ReadStream;
  try {
    // The types do not know it, the documentation of net.Socket does.
    stream = new ReadStream(fd, { onread } as SocketConstructorOpts);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  // The stream closes its own descriptor. Only where libuv could not open the terminal again is that the one given.
  const own = (stream as unknown as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
  if (own !== undefined && own !== fd) closeSync(fd);
  return stream;
}
