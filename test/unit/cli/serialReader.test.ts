import { serialReaderNamed } from "../../../src/bus/serialDevice";
import { serialReaderOf } from "../../../src/cli/serialReader";

const NAME = "MODBUS_EDGE_SERIAL_READER";

test.each([[{}], [{ [NAME]: "" }], [{ [NAME]: " " }]])("%j leaves it to the platform", (env) => {
  expect(serialReaderOf(env)).toEqual({ ok: true, value: {} });
});

test("a word that is no reader is refused with the two that are", () => {
  expect(serialReaderOf({ [NAME]: "serial" })).toEqual({
    ok: false,
    error: `${NAME} is "serial"; it must be tty or serialport`,
  });
});

test("serialport reads everywhere, tty on Linux alone", () => {
  expect(serialReaderOf({ [NAME]: "serialport" })).toEqual({ ok: true, value: { serialReader: "serialport" } });
  expect(serialReaderNamed(NAME, "tty", "linux")).toEqual({ ok: true, value: "tty" });
  expect(serialReaderNamed(NAME, "tty", "win32")).toEqual({
    ok: false,
    error: `${NAME} is "tty", which only Linux has; it must be serialport here`,
  });
});
