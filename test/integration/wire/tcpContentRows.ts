import type { ModbusFailure } from "../../../src/core/modbus/failure";
import type { ContentFault } from "../../../src/simulator/faults/contentFault";
import { seededRandom } from "../../../src/simulator/faults/faultDice";
import { randomBytes } from "../../../src/simulator/faults/transmission";
import type { Bench } from "./bench";
import type { Row } from "./tcpTimeRows";

/** Two registers are asked for; the answer has these faults: an error at once. */
function refused(...faults: ContentFault[]): Row {
  return async (b) => {
    b.server.once((turn) => turn.spoilt(...faults));
    await b.promptError(b.read(10, 2), "protocol");
  };
}

/** The stream can't be trusted any more: the connection is dropped as well. */
function dropped(...faults: ContentFault[]): Row {
  return async (b) => {
    await refused(...faults)(b);
    await b.closeSignalled();
  };
}

/** The answer does not belong to the request: nothing is said until T. */
function unanswered(...faults: ContentFault[]): Row {
  return async (b) => {
    b.server.once((turn) => turn.spoilt(...faults));
    await b.errorAtT(b.read(10, 2), "timeout");
  };
}

function exception(code: number): Row {
  return async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "exception", code }));
    const error = await b.promptError(b.read(10, 2), "exception");
    expect(error).toMatchObject({ code } satisfies Partial<ModbusFailure>);
  };
}

/** Wrong data in the right shape: what nobody may ever see. */
const BOGUS = Buffer.from("0304dead beef".replaceAll(" ", ""), "hex");

async function garbageIdle(b: Bench, bytes: Uint8Array): Promise<void> {
  await b.value(b.read());
  b.proxy.inject(bytes);
  await b.pass(20);
  await b.notWrong(b.read(20));
}

/** Answers that are whole, and not what was asked for. */
export const TCP_CONTENT_ROWS: Readonly<Record<string, Row>> = {
  "tcp-wrong-tid": unanswered({ kind: "wrongTransaction", by: 1 }),
  "tcp-wrong-tid-then-right": async (b) => {
    b.server.once((turn) => {
      turn.send(turn.frame({ transactionId: turn.good.transactionId + 1, pdu: BOGUS }));
      turn.after(20, () => turn.reply());
    });
    await b.value(b.read(10, 2));
  },
  "tcp-predicted-tid": async (b) => {
    let frame = (_id: number): Buffer => Buffer.alloc(0);
    b.server.once((turn) => {
      frame = (transactionId) => turn.frame({ transactionId, pdu: BOGUS });
      turn.reply();
    });
    await b.value(b.read(10, 2));
    for (let ahead = 1; ahead <= 20; ahead++) b.server.say(frame(b.server.lastTransactionId + ahead));
    await b.pass(20);
    await b.value(b.read(20, 2));
  },
  "tcp-wrong-unit": refused({ kind: "wrongUnit", by: 1 }),
  "tcp-exc-wrong-unit": refused({ kind: "exception", code: 2 }, { kind: "wrongUnit", by: 1 }),
  "tcp-wrong-fc": refused({ kind: "wrongFunction", code: 4 }),
  "tcp-exc-wrong-fc": refused({ kind: "exceptionOfFunction", functionCode: 4, code: 2 }),
  "tcp-wrong-proto": dropped({ kind: "wrongProtocol", id: 0x1234 }),
  "tcp-short-data": refused({ kind: "dataBytes", by: -2 }),
  "tcp-long-data": refused({ kind: "dataBytes", by: 2 }),
  "tcp-bytecount-low": refused({ kind: "byteCount", is: 2 }),
  "tcp-bytecount-zero": refused({ kind: "byteCount", is: 0 }),
  "tcp-bytecount-high": refused({ kind: "byteCount", is: 6 }),
  "tcp-coil-bytecount-high": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "byteCount", is: 3 }));
    await b.promptError(b.ask(1, { kind: "readBits", table: "coil", address: 0, count: 8 }), "protocol");
  },
  "tcp-empty": refused({ kind: "emptyAnswer" }),
  // Its length field says 2, which no MODBUS/TCP frame may.
  "tcp-exc-truncated": refused({ kind: "exceptionWithoutCode" }),
  "tcp-len-huge": dropped({ kind: "lengthField", is: 0xffff }),
  "tcp-len-300": dropped({ kind: "lengthField", is: 300 }),
  "tcp-len-zero": dropped({ kind: "lengthField", is: 0 }),
  "tcp-len-minus1": dropped({ kind: "wrongLength", by: -1 }),
  "tcp-len-plus1": unanswered({ kind: "wrongLength", by: 1 }),
  "tcp-garbage-before": async (b) => {
    b.proxy.answers.once({ kind: "noise", bytes: 7 });
    await b.notWrong(b.read(10, 2));
  },
  "tcp-garbage-idle": (b) => garbageIdle(b, randomBytes(5, seededRandom(7))),
  "tcp-exc-2": exception(2),
  "tcp-exc-odd": exception(0x55),
  "tcp-echo-fc6": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "changedByte", index: 4, bits: 1 }));
    await b.promptError(b.ask(1, { kind: "writeSingleRegister", address: 5, value: 0x1234 }), "protocol");
  },
  "tcp-echo-fc5": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "changedByte", index: 2, bits: 1 }));
    await b.promptError(b.ask(1, { kind: "writeSingleCoil", address: 5, value: true }), "protocol");
  },
  "tcp-echo-fc16": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "changedByte", index: 4, bits: 1 }));
    await b.promptError(b.ask(1, { kind: "writeRegisters", address: 5, values: [1, 2] }), "protocol");
  },
};

/** Rows with other bytes than the table's one: in memory, where they cost nothing. */
export const TCP_NOISE_ROWS: Readonly<Record<string, Row>> = {
  "five stray bytes that look like a header": (b) => garbageIdle(b, Buffer.from("0001000000", "hex")),
  "a stray header without its frame": (b) => garbageIdle(b, Buffer.from("00010000000601", "hex")),
  ...Object.fromEntries(
    Array.from({ length: 30 }, (_, seed): [string, Row] => [
      `seven random bytes before the answer (${seed})`,
      async (b) => {
        const random = seededRandom(seed);
        // Small bytes pass for headers most often.
        const noise = randomBytes(7, () => random() * (seed % 2 === 0 ? 1 : 0.03));
        b.server.once((turn) => turn.send(Buffer.concat([noise, turn.frame()])));
        await b.notWrong(b.read(10, 2));
      },
    ]),
  ),
};
