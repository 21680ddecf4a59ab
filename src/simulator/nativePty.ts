import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { SerialPort } from "serialport";
import type { Clock } from "../kernel/clock";
import { createMasterWriter } from "./masterWriter";

/** One pseudo terminal: what is written here is read at `path`, and the other way round. */
export interface NativePty {
  readonly path: string;
  onData(listener: (bytes: Uint8Array) => void): void;
  write(bytes: Uint8Array): void;
  readonly droppedBytes: number;
  close(): Promise<void>;
}

/** The native half of node-pty 1.1: openpty(3) with non-blocking descriptors. */
interface PtyBinding {
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

interface BindingLoader {
  requireBinary(file: string): PtyBinding;
}

/**
 * Loads the prebuilt binding of the optional package; rejects where the platform has none.
 * The package's own `open()` is not used: it starts reading the slave, so it would steal bytes from the program that
 * opens the line, and it leaks the slave's descriptor (libuv opens the terminal a second time and keeps that one).
 */
export async function loadPtyBinding(): Promise<PtyBinding> {
  const specifier = "@lydell/node-pty/requireBinary.js" as string;
  const loaded = (await import(specifier)) as BindingLoader & { readonly default?: BindingLoader };
  return (loaded.default ?? loaded).requireBinary("pty.node");
}

/**
 * Sets the terminal raw (no echo, no line discipline, no CR/LF translation) by opening and closing it once as a
 * serial port. The setting stays while anyone holds the terminal open: we do.
 */
function makeRaw(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: 9600, lock: false }, (error) => {
      if (error !== null) reject(error);
      else port.close((closeError) => (closeError === null ? resolve() : reject(closeError)));
    });
  });
}

/** Opens a pseudo terminal in raw mode. */
export async function openNativePty(binding: PtyBinding, clock: Pick<Clock, "setTimer">): Promise<NativePty> {
  const { master: fd, slave, pty: path } = binding.open(80, 24);
  const reader = new ReadStream(fd);
  const writer = createMasterWriter(fd, clock);
  const closed = new Promise<void>((resolve) => reader.once("close", () => resolve()));
  // EIO: the terminal has been hung up. It is closed by its owner, nothing is left to do here.
  reader.on("error", () => reader.destroy());
  let open = true;
  const close = (): Promise<void> => {
    if (open) {
      open = false;
      writer.close();
      reader.destroy();
      closeSync(slave);
    }
    return closed;
  };
  try {
    // Holding the slave keeps the terminal alive (and raw) between the programs that open it; nobody reads it here.
    await makeRaw(path);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    path,
    onData: (listener) => void reader.on("data", listener),
    write: (bytes) => writer.write(bytes),
    get droppedBytes() {
      return writer.droppedBytes;
    },
    close,
  };
}
