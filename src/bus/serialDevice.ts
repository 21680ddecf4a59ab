import { platform } from "node:os";
import type { CharacterFormat } from "../core/modbus/serialTiming";
import { err, ok, type Result } from "../kernel/result";

/** What an open serial device tells its user. Bytes may be kept only until the call returns. */
export interface SerialDeviceEvents {
  data(bytes: Uint8Array): void;
  /** It is of no use any more: unplugged, or its driver failed. `reason` is for people. May be told more than once. */
  failed(reason: string): void;
}

/** A serial device that is open, set to its line and locked against other programs. */
export interface SerialDevice {
  /** Bytes written that the operating system has not taken yet. */
  readonly pending: number;
  write(bytes: Uint8Array): void;
  /** Drops what is not sent yet and lets go of the device. Called once; may never settle when the driver hangs. */
  close(): Promise<void>;
}

/** Opens the device, or rejects with the error of its driver. */
export type SerialDeviceOpener = (
  path: string,
  line: CharacterFormat,
  events: SerialDeviceEvents,
) => Promise<SerialDevice>;

/**
 * How bytes are read (docs/adr/0006): `tty` by Node's own terminal stream, Linux only; `serialport` by the stream of
 * that package. Settings, lock and closing are the same.
 */
export type SerialReader = "tty" | "serialport";

/** What `word` names, as `name` asks for it; anything else is refused, never guessed. */
export function serialReaderNamed(name: string, word: unknown, on: string = platform()): Result<SerialReader, string> {
  if (word === "serialport" || (word === "tty" && on === "linux")) return ok(word);
  if (word === "tty") return err(`${name} is "tty", which only Linux has; it must be serialport here`);
  return err(`${name} is ${JSON.stringify(word)}; it must be tty or serialport`);
}

export const UNPLUGGED = "the device is gone (unplugged?)";
