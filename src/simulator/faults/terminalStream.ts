import { SerialPort } from "serialport";
import type { SerialLine } from "../../core/config/gatewayConfig";
import { err, ok, type Result } from "../../kernel/result";
import { type ByteStream, MAX_WAITING_BYTES, type StreamEvents } from "./byteStream";

/** A serial port or terminal that was opened, as a stream. */
export interface TerminalStream extends ByteStream {
  /** Memoised. */
  close(): Promise<void>;
}

/**
 * Opens the terminal or serial port at `path`.
 * @param hangUp what unplugs it, where closing it is not enough (the pair of pseudo terminals that it belongs to).
 */
export function openTerminalStream(
  path: string,
  line: SerialLine,
  hangUp?: () => void,
): Promise<Result<TerminalStream, string>> {
  const { baudRate, dataBits, parity, stopBits } = line;
  const port = new SerialPort({ path, baudRate, dataBits, parity, stopBits, lock: false, autoOpen: false });
  return new Promise((resolve) => {
    port.open((error) => {
      if (error) resolve(err(`${path} does not open: ${error.message}`));
      else resolve(ok(new PortStream(port, hangUp)));
    });
  });
}

class PortStream implements TerminalStream {
  private events: StreamEvents | undefined;
  private finished = false;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly port: SerialPort,
    private readonly hangUp: (() => void) | undefined,
  ) {
    port.on("data", (bytes: Uint8Array) => this.events?.data(bytes));
    // Unplugged: which of the three comes first depends on the driver.
    port.on("error", () => this.over());
    port.on("end", () => this.over());
    port.on("close", () => this.over());
  }

  listen(events: StreamEvents): void {
    this.events = events;
    if (this.finished) events.gone();
  }

  write(bytes: Uint8Array): void {
    if (this.port.isOpen && this.port.writableLength <= MAX_WAITING_BYTES) this.port.write(bytes);
  }

  end(): void {
    this.cut();
  }

  cut(): void {
    // The port first: the driver reads a terminal that is hung up under it in an endless loop.
    void this.close().then(this.hangUp);
  }

  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      if (!this.port.isOpen || this.port.closing) resolve();
      else this.port.flush(() => this.port.close(() => resolve()));
    });
    return this.closing;
  }

  private over(): void {
    if (this.finished) return;
    this.finished = true;
    void this.close();
    this.events?.gone();
  }
}
