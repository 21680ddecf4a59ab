import { type SerialReader, serialReaderNamed } from "../bus/serialDevice";
import { ok, type Result } from "../kernel/result";
import { nonEmpty } from "./folders";

/** Reads `MODBUS_EDGE_SERIAL_READER`; absent or empty: what the platform does best. */
export function serialReaderOf(
  env: Readonly<Record<string, string | undefined>>,
): Result<{ readonly serialReader?: SerialReader }, string> {
  const word = nonEmpty(env["MODBUS_EDGE_SERIAL_READER"]?.trim());
  if (word === undefined) return ok({});
  const reader = serialReaderNamed("MODBUS_EDGE_SERIAL_READER", word);
  return reader.ok ? ok({ serialReader: reader.value }) : reader;
}
