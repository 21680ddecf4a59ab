import { openerFor } from "../../../src/bus/openerFor";
import type { SerialReader } from "../../../src/bus/serialDevice";
import { read } from "../../../src/cli/read";
import { open } from "../../../src/client";
import { failure } from "../../../src/core/modbus/failure";
import { err, ok } from "../../../src/kernel/result";

jest.mock("../../../src/bus/openerFor");

/** What each opening asks of the bus; nothing is opened. */
const asked: (SerialReader | undefined)[] = [];
beforeEach(() => {
  asked.length = 0;
  jest.mocked(openerFor).mockImplementation((_connection, { serialReader }) => {
    asked.push(serialReader);
    return () => Promise.resolve(err(failure("offline", "not in this test")));
  });
});

const serial = { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8E1" } as const;

test.each([[undefined], ["serialport"]] as const)("the library: %s reaches the bus", async (serialReader) => {
  const opening = open(serial, serialReader === undefined ? {} : { serialReader });
  await expect(opening).rejects.toMatchObject({ kind: "offline" });
  expect(asked).toEqual([serialReader]);
});

test("the library: any other reader is refused before anything is opened", async () => {
  const opening = open(serial, { serialReader: "fast" as SerialReader });
  await expect(opening).rejects.toMatchObject({
    kind: "argument",
    message: 'serialReader is "fast"; it must be tty or serialport',
  });
  expect(asked).toEqual([]);
});

test("the command line: what the environment asks for reaches the bus", async () => {
  const code = await read(["--serial", serial.path, "--line", serial.line, "40001"], {
    out: () => undefined,
    err: () => undefined,
    env: {},
    serialReader: "serialport",
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: () => Promise.resolve(err("none")),
    writeFile: () => Promise.resolve(ok(undefined)),
    signal: new AbortController().signal,
  });
  expect(code).toBe(1);
  expect(asked).toEqual(["serialport"]);
});
