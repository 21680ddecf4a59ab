import { readDeviceIdentification } from "../../../src/bus/deviceIdentification";
import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import type { Bench } from "./bench";
import type { Row } from "./tcpTimeRows";

const text = (value: Uint8Array): string => Buffer.from(value).toString("ascii");

async function answerTo(b: Bench, request: ModbusRequest): Promise<unknown> {
  const { outcome } = await b.medium.run(b.ask(1, request).settled);
  return outcome.ok ? outcome.value.response : outcome.error;
}

/** FC 17, 22, 23, 43 and 65, well-behaved. */
async function furtherFunctions(b: Bench): Promise<void> {
  expect(await answerTo(b, { kind: "reportServerId" })).toEqual({ data: Uint8Array.of(1, 0xff, 0x41, 0x42, 0x43) });
  expect(await answerTo(b, { kind: "maskWriteRegister", address: 4, andMask: 0xf2, orMask: 0x25 })).toEqual({});
  const both = { read: { address: 3, count: 2 }, write: { address: 14, values: [1, 2, 3] } };
  expect(await answerTo(b, { kind: "readWriteRegisters", ...both })).toEqual({
    registers: Uint16Array.of(0x1003, 0x1004),
  });
  expect(await answerTo(b, { kind: "custom", functionCode: 65, data: [1, 2, 3] })).toEqual({
    data: Uint8Array.of(3, 2, 1),
  });
  const identification = await b.medium.run(readDeviceIdentification(b.session, 1, "basic"));
  if (!identification.ok) throw new Error(identification.error.detail);
  const objects = identification.value.objects.map(({ id, value }) => [id, text(value)]);
  expect(objects).toEqual([
    [0, "ACME"],
    [1, "PM-1"],
    [2, "V1.0"],
  ]);
}

/** One object, and more behind it. */
function page(id: number, next: number): Buffer {
  return Buffer.from([43, 14, 1, 1, 0xff, next & 0xff, 1, id & 0xff, 1, 0x41]);
}

async function identificationFails(b: Bench, expected: object): Promise<void> {
  const before = b.server.requests;
  const outcome = await b.medium.run(readDeviceIdentification(b.session, 1, "basic"));
  expect(outcome).toMatchObject({ ok: false, error: expected });
  expect(b.server.requests - before).toBeLessThanOrEqual(256);
}

export const TCP_FUNCTION_ROWS: Readonly<Record<string, Row>> = {
  "tcp-fc-extra": furtherFunctions,
  "tcp-fc43-more-silent": async (b) => {
    b.server.once((turn) => turn.reply());
    b.server.once(() => undefined);
    await identificationFails(b, { kind: "timeout" });
  },
  "tcp-fc43-more-exc": async (b) => {
    b.server.once((turn) => turn.reply());
    b.server.once((turn) => turn.spoilt({ kind: "exception", code: 4 }));
    await identificationFails(b, { kind: "exception", code: 4 });
  },
  "tcp-fc43-endless": async (b) => {
    const endless = [
      // Ids go up until they wrap, never move, or go round.
      (from: number) => page(from, from + 1),
      (from: number) => page(from, from),
      (from: number) => page(0, from === 0 ? 1 : 0),
      (from: number) => page(0, from + 1),
    ];
    for (const answer of endless) {
      b.server.usual = (turn) => turn.reply({ pdu: answer(turn.request.pdu.readUInt8(3)) });
      await identificationFails(b, { kind: "protocol" });
      await b.medium.run(b.session.whenOpen(new AbortController().signal));
    }
    b.server.usual = (turn) => turn.reply();
  },
};

export const RTU_FUNCTION_ROWS: Readonly<Record<string, Row>> = { "rtu-fc-extra": furtherFunctions };
