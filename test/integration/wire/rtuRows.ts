import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import { seededRandom } from "../../../src/simulator/faults/faultDice";
import { randomBytes } from "../../../src/simulator/faults/transmission";
import type { Bench } from "./bench";
import { holdFirst, type Row } from "./tcpTimeRows";

/** What a unit holds that was not asked. */
const BOGUS = Buffer.from("0302dead", "hex");
const BOGUS_TWO = Buffer.from("0304deadbeef", "hex");
const write = (address: number, value: number): ModbusRequest => ({ kind: "writeSingleRegister", address, value });

function noiseBefore(noise: Uint8Array): Row {
  return async (b) => {
    b.server.once((turn) => turn.send(Buffer.concat([noise, turn.frame()])));
    await b.notWrong(b.read(10, 2));
  };
}

/** A times out, its answer comes `afterMs` behind the deadline; B is asked `restMs` behind it. */
async function lateAnswer(b: Bench, afterMs: number, restMs: number): Promise<void> {
  b.proxy.answers.once({ kind: "late", afterMs: b.T + afterMs });
  await b.errorAtT(b.read(10), "timeout");
  if (restMs > 0) await b.pass(restMs);
  b.server.once((turn) => turn.after(30, () => turn.reply()));
}

export const RTU_LINE_ROWS: Readonly<Record<string, Row>> = {
  "rtu-normal": async (b) => {
    await b.value(b.read(10, 2));
  },
  "rtu-max": async (b) => {
    await b.value(b.read(10, 125));
    await b.value(b.ask(1, { kind: "readBits", table: "coil", address: 3, count: 2000 }));
  },
  "rtu-drip": async (b) => {
    b.proxy.answers.once({ kind: "drip", everyMs: 4 });
    await b.value(b.read(10, 2));
  },
  "rtu-garbage-before": async (b) => {
    b.proxy.answers.once({ kind: "noise", bytes: 5 });
    await b.notWrong(b.read(10, 2));
  },
  "rtu-garbage-lookalike": noiseBefore(Buffer.from("010301030183", "hex")),
  "rtu-local-echo": async (b) => {
    b.server.once((turn) => {
      turn.send(turn.request.raw);
      turn.after(5, () => turn.reply());
    });
    await b.notWrong(b.read(10, 2));
  },
  "rtu-flood": async (b) => {
    const before = process.memoryUsage().arrayBuffers;
    await noiseBefore(randomBytes(4096, seededRandom(3)))(b);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000);
  },
  "rtu-bad-crc": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "badCrc" }));
    await b.errorAtT(b.read(10, 2), "crc");
  },
  "rtu-bytecount-low": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "byteCount", is: 2 }));
    await b.promptError(b.read(10, 2), "protocol");
  },
  "rtu-bytecount-high": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "byteCount", is: 6 }));
    await b.promptError(b.read(10, 2), "protocol");
  },
  "rtu-wrong-unit": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "wrongUnit", by: 1 }));
    await b.errorAtT(b.read(10, 2), "timeout");
  },
  "rtu-wrong-unit-then-right": async (b) => {
    b.server.once((turn) => {
      turn.send(turn.frame({ unitId: 2, pdu: BOGUS_TWO }));
      turn.after(10, () => turn.reply());
    });
    await b.value(b.read(10, 2));
  },
  "rtu-exc": async (b) => {
    b.server.once((turn) => turn.spoilt({ kind: "exception", code: 2 }));
    expect(await b.promptError(b.read(10, 2), "exception")).toMatchObject({ code: 2 });
  },
  "rtu-silent": async (b) => {
    b.server.once(() => undefined);
    await b.errorAtT(b.read(), "timeout");
  },
  "rtu-truncated": async (b) => {
    b.server.once((turn) => turn.send(turn.frame().subarray(0, 4)));
    await b.errorAtT(b.read(10, 2), "timeout");
    await b.value(b.read(20, 2));
  },
  "rtu-two-frames": async (b) => {
    b.server.once((turn) => turn.send(Buffer.concat([turn.frame(), turn.frame({ pdu: BOGUS })])));
    await b.value(b.read(10));
    await b.value(b.read(20));
  },
  "rtu-unsolicited": async (b) => {
    let stray: Buffer = Buffer.alloc(0);
    b.server.once((turn) => {
      stray = turn.frame({ pdu: BOGUS });
      turn.reply();
    });
    await b.value(b.read(10));
    b.server.say(stray);
    await b.pass(20);
    await b.value(b.read(20));
  },
};

export const RTU_LATE_ROWS: Readonly<Record<string, Row>> = {
  "rtu-late-idle": async (b) => {
    await lateAnswer(b, 30, 60);
    await b.value(b.read(20));
  },
  "rtu-late-immediate": async (b) => {
    await lateAnswer(b, 40, 0);
    await b.notWrong(b.read(20));
  },
  "rtu-late-half": async (b) => {
    const held = holdFirst(b);
    await b.errorAtT(b.read(10), "timeout");
    b.server.say(held().subarray(0, 4));
    await b.pass(5);
    b.server.once((turn) => {
      turn.send(held().subarray(4));
      turn.after(30, () => turn.reply());
    });
    await b.notWrong(b.read(20));
  },
};

/** Later than the table's row: behind the hold-off, while B waits for its answer. */
export const RTU_LATER_ROWS: Readonly<Record<string, Row>> = {
  "A's answer arrives while B waits for its own": async (b) => {
    const held = holdFirst(b);
    await b.errorAtT(b.read(10), "timeout");
    b.server.once((turn) => {
      turn.send(held());
      turn.after(30, () => turn.reply());
    });
    await b.notWrong(b.read(20));
  },
  "A's answer arrives while B waits, B's is never sent": async (b) => {
    const held = holdFirst(b);
    await b.errorAtT(b.read(10), "timeout");
    b.server.once((turn) => turn.send(held()));
    await b.notWrong(b.read(20));
  },
  "two answers are late, and both arrive while B waits for its own": async (b) => {
    const first = holdFirst(b);
    await b.errorAtT(b.read(10), "timeout");
    // Its turn comes behind the hold-off.
    await b.pass(0.3 * b.T);
    const second = holdFirst(b);
    await b.errorAtT(b.read(20), "timeout");
    b.server.once((turn) => {
      turn.send(first());
      turn.after(20, () => turn.send(second()));
      turn.after(40, () => turn.reply());
    });
    await b.notWrong(b.read(30));
  },
  "A is a write, B another write of the same function": async (b) => {
    const held = holdFirst(b);
    await b.errorAtT(b.ask(1, write(5, 1)), "timeout");
    b.server.once((turn) => turn.send(held()));
    const { outcome } = await b.medium.run(b.ask(1, write(5, 2)).settled);
    expect(outcome.ok).toBe(false);
  },
};

export const RTU_BUS_ROWS: Readonly<Record<string, Row>> = {
  "rtu-concurrent": async (b) => {
    b.server.usual = (turn) => turn.after(30, () => turn.reply());
    const [one, two] = [b.read(10, 2, 1), b.read(10, 2, 2)];
    await b.value(one);
    await b.value(two);
    expect(b.server.overlaps).toBe(0);
  },
  "rtu-concurrent-same": async (b) => {
    b.server.usual = (turn) => turn.after(30, () => turn.reply());
    const [one, two] = [b.read(10, 2), b.read(20, 2)];
    await b.value(one);
    await b.value(two);
    expect(b.server.overlaps).toBe(0);
  },
  "rtu-broadcast": async (b) => {
    const { outcome, elapsedMs } = await b.medium.run(b.ask(0, write(5, 1)).settled);
    expect(outcome.ok).toBe(true);
    expect(elapsedMs).toBeLessThan(0.5 * b.T);
  },
  "rtu-unplug": async (b) => {
    b.server.once(() => undefined);
    const asked = b.read();
    await b.pass(30);
    await b.medium.unplug();
    await b.promptError(asked, "lost");
    await b.closeSignalled();
    await b.medium.plugIn();
  },
};

/** An ASCII frame of the right answer, changed as text. */
function asciiText(change: (frame: string) => string): Row {
  return async (b) => {
    b.server.once((turn) => turn.send(Buffer.from(change(turn.frame().toString("latin1")), "latin1")));
    await b.notWrong(b.read(10, 2));
  };
}

export const ASCII_ROWS: Readonly<Record<string, Row>> = {
  "ascii-bad-lrc": async (b) => {
    b.server.once((turn) => turn.reply({ crcError: 1 }));
    const { outcome } = await b.medium.run(b.read(10, 2).settled);
    expect(outcome).toMatchObject({ ok: false, error: { kind: "crc" } });
  },
  "ascii-lower-case": async (b) => {
    b.server.once((turn) => turn.send(Buffer.from(turn.frame().toString("latin1").toLowerCase(), "latin1")));
    await b.value(b.read(10, 2));
  },
  "ascii-noise-before": async (b) => {
    b.server.once((turn) => turn.send(Buffer.concat([Buffer.from("0A#\r\n\xff", "latin1"), turn.frame()])));
    await b.value(b.read(10, 2));
  },
  "ascii-noise-colon": async (b) => {
    b.server.once((turn) => turn.send(Buffer.concat([Buffer.from(":0103::", "latin1"), turn.frame()])));
    await b.notWrong(b.read(10, 2));
  },
  "ascii-missing-cr": asciiText((frame) => frame.replace("\r", "")),
  "ascii-missing-end": asciiText((frame) => frame.slice(0, -2)),
  "ascii-odd-digits": asciiText((frame) => frame.replace("\r", "0\r")),
  "ascii-no-digit": asciiText((frame) => frame.replace("04", "0G")),
};
