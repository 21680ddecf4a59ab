import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { SerialPort } from "serialport";

/** One pseudo terminal: what is written to `master` is read at `path`, and the other way round. */
export interface NativePty {
  readonly path: string;
  readonly master: ReadStream;
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
export async function openNativePty(binding: PtyBinding): Promise<NativePty> {
  const { master: fd, slave, pty } = binding.open(80, 24);
  const master = new ReadStream(fd);
  // Holding the slave keeps the terminal alive (and raw) between the programs that open it; nobody reads it here.
  const closed = new Promise<void>((resolve) => master.once("close", () => resolve()));
  const close = (): Promise<void> => {
    if (!master.destroyed) {
      master.destroy();
      closeSync(slave);
    }
    return closed;
  };
  try {
    await makeRaw(pty);
  } catch (error) {
    await close();
    throw error;
  }
  return { path: pty, master, close };
}
