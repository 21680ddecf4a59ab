import { SerialPort } from "serialport";
import type { CharacterFormat } from "../core/modbus/serialTiming";
import { deferred } from "../kernel/wait";
import { type SerialDevice, type SerialDeviceEvents, UNPLUGGED } from "./serialDevice";

/** Read and written by the stream of `serialport`. */
export async function openSerialportDevice(
  path: string,
  line: CharacterFormat,
  events: SerialDeviceEvents,
): Promise<SerialDevice> {
  const { baudRate, dataBits, parity, stopBits } = line;
  const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, lock: true, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error === null ? resolve() : reject(error))));
  return new SerialportDevice(port, events);
}

class SerialportDevice implements SerialDevice {
  private readonly gone = deferred<void>();

  constructor(
    private readonly port: SerialPort,
    events: SerialDeviceEvents,
  ) {
    port.on("data", (bytes: Uint8Array) => events.data(bytes));
    port.on("error", (error) => events.failed(error.message));
    // What a hang-up looks like depends on the driver: the end of the stream, or a close with an error.
    port.on("end", () => events.failed(UNPLUGGED));
    port.on("close", (error?: Error | null) => {
      events.failed(error ? `${UNPLUGGED}: ${error.message}` : "the port was closed");
      this.gone.resolve();
    });
  }

  get pending(): number {
    return this.port.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.port.isOpen) this.port.write(bytes);
  }

  close(): Promise<void> {
    // Unsent bytes would keep the driver from closing while the other end holds them off.
    if (this.port.isOpen && !this.port.closing) this.port.flush(() => this.closePort());
    return this.gone.promise;
  }

  private closePort(): void {
    // One that fails to close tells only its callback.
    if (this.port.isOpen && !this.port.closing) this.port.close(() => this.gone.resolve());
  }
}
