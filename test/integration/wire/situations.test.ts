import { createClient } from "../../../src/bus/client";
import { createTransactionIds } from "../../../src/bus/transactionIds";
import type { ModbusRequest, ReadRegisters } from "../../../src/core/modbus/pdu";
import { createSystemClock } from "../../../src/kernel/systemClock";
import { seededRandom } from "../../../src/simulator/faults/faultDice";
import { MisbehavingServer } from "../../../src/simulator/faults/misbehavingServer";
import { registerOf } from "../../../src/simulator/faults/plainImage";
import { memoryLink, streamPair } from "../../support/streamPair";
import { Bench, type Medium } from "./bench";
import { memoryMedium } from "./media";
import { holdFirst, type Row } from "./tcpTimeRows";

/** What stands below the acceptance table. */
async function on(medium: Medium, row: Row): Promise<void> {
  const bench = await Bench.start(medium);
  try {
    await row(bench);
    await bench.recovers();
  } finally {
    await bench.close();
  }
}

const read = (address: number, count = 1): ReadRegisters => ({
  kind: "readRegisters",
  table: "holding",
  address,
  count,
});

describe("a call that is given up", () => {
  test("rejects at once, and its late answer is dropped", async () => {
    await on(await memoryMedium("mbap"), async (b) => {
      const giveUp = new AbortController();
      b.server.once((turn) => turn.after(300, () => turn.reply()));
      const a = b.ask(1, read(10), { signal: giveUp.signal });
      await b.pass(100);
      giveUp.abort();
      expect((await a.settled).elapsedMs).toBe(100);
      await b.promptError(a, "aborted");
      await b.value(b.read(20));
    });
  });

  test.each([
    ["its answer", 300],
    ["its timeout", undefined],
  ])("keeps a serial line until %s", async (_until, answerMs) => {
    await on(await memoryMedium("rtu"), async (b) => {
      const giveUp = new AbortController();
      b.server.once((turn) => {
        if (answerMs !== undefined) turn.after(answerMs, () => turn.reply());
      });
      const a = b.ask(1, read(10), { signal: giveUp.signal });
      await b.pass(100);
      giveUp.abort();
      const c = b.read(20);
      expect((await a.settled).elapsedMs).toBe(100);
      await b.pass((answerMs ?? b.T) - 110);
      expect(b.server.requests).toBe(1);
      await b.notWrong(c);
      expect(b.server.requests).toBeGreaterThanOrEqual(2);
    });
  });
});

describe("a late answer on a later connection", () => {
  test.each(["mbap", "rtu"] as const)("is not matched: %s", async (framing) => {
    await on(await memoryMedium(framing), async (b) => {
      const held = holdFirst(b);
      await b.errorAtT(b.read(10), "timeout");
      b.proxy.cutAll("reset");
      await b.closeSignalled();
      await b.medium.run(b.session.whenOpen(new AbortController().signal));
      b.server.once((turn) => {
        turn.send(held());
        turn.after(30, () => turn.reply());
      });
      await b.notWrong(b.read(20));
    });
  });

  test.each(["mbap", "rtu"] as const)("of a request that the loss of the connection ended: %s", async (framing) => {
    await on(await memoryMedium(framing), async (b) => {
      const held = holdFirst(b);
      const a = b.read(10);
      await b.pass(100);
      b.proxy.cutAll("reset");
      await b.promptError(a, "lost");
      await b.medium.run(b.session.whenOpen(new AbortController().signal));
      b.server.once((turn) => {
        turn.send(held());
        turn.after(30, () => turn.reply());
      });
      await b.notWrong(b.read(20));
    });
  });
});

describe("a device that answers in order, but slowly", () => {
  // Requests wait in the device: each takes it a part of T, or up to 1.2 T, or is never answered.
  test.each(["mbap", "rtu"] as const)("never gives a wrong value: %s", async (framing) => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed);
      const bench = await Bench.start(await memoryMedium(framing));
      let freeAt = 0;
      bench.server.usual = (turn) => {
        const now = bench.medium.clock.monotonic();
        freeAt = Math.max(now, freeAt) + bench.T * (random() < 0.5 ? 0.1 * random() : 1.2 * random());
        if (random() < 0.1) return;
        turn.after(freeAt - now, () => turn.send(turn.frame()));
      };
      for (let turn = 0; turn < 60; turn++) {
        await bench.medium.run(bench.session.whenOpen(new AbortController().signal));
        await bench.notWrong(bench.read(turn));
        if (random() < 0.3) await bench.pass(bench.T * random());
      }
      await bench.close();
    }
  });
});

describe("arguments", () => {
  const wrong: readonly (readonly [string, number, unknown, RegExp])[] = [
    ["unit 256", 256, read(0), /unit id.*256/],
    ["unit -1", -1, read(0), /unit id.*-1/],
    ["unit 1.5", 1.5, read(0), /unit id.*1\.5/],
    ["unit NaN", Number.NaN, read(0), /unit id.*NaN/],
    ["unit undefined", undefined as unknown as number, read(0), /unit id.*undefined/],
    ["address 65536", 1, read(65_536), /address.*65536/],
    ["address NaN", 1, read(Number.NaN), /address.*NaN/],
    ["address and count beyond 65535", 1, read(65_535, 2), /65535|65536/],
    ["count 0", 1, read(0, 0), /count.*0/],
    ["count 126", 1, read(0, 126), /count.*125.*126|126.*125/],
    ["count 1.5", 1, read(0, 1.5), /count.*1\.5/],
    ["count undefined", 1, { ...read(0), count: undefined }, /count.*undefined/],
    ["2001 coils", 1, { kind: "readBits", table: "coil", address: 0, count: 2001 }, /count.*2001/],
    ["register value 65536", 1, { kind: "writeSingleRegister", address: 0, value: 65_536 }, /value.*65536/],
    ["register value -1", 1, { kind: "writeSingleRegister", address: 0, value: -1 }, /value.*-1/],
    ["register value NaN", 1, { kind: "writeSingleRegister", address: 0, value: Number.NaN }, /value.*NaN/],
    ["coil value 1", 1, { kind: "writeSingleCoil", address: 0, value: 1 }, /value.*1/],
    ["124 registers", 1, { kind: "writeRegisters", address: 0, values: Array(124).fill(0) }, /124/],
    ["no registers", 1, { kind: "writeRegisters", address: 0, values: [] }, /count.*0/],
    ["a hole in the registers", 1, { kind: "writeRegisters", address: 0, values: [1, undefined] }, /undefined/],
    ["1969 coils", 1, { kind: "writeCoils", address: 0, values: Array(1969).fill(true) }, /1969/],
  ];

  test.each(["mbap", "rtu"] as const)(
    "outside their range are refused before anything is sent: %s",
    async (framing) => {
      await on(await memoryMedium(framing), async (b) => {
        for (const [, unitId, request, expected] of wrong) {
          const { detail } = await b.promptError(b.ask(unitId, request as ModbusRequest), "argument");
          expect(detail).toMatch(expected);
        }
        expect(b.server.requests).toBe(0);
      });
    },
  );

  test("unit 0 is read on TCP, and not on a serial line, where it is broadcast", async () => {
    await on(await memoryMedium("mbap"), async (b) => void (await b.value(b.read(10, 1, 0))));
    await on(await memoryMedium("rtu"), async (b) => {
      expect((await b.promptError(b.read(10, 1, 0), "argument")).detail).toContain("broadcast");
      expect(b.server.requests).toBe(0);
    });
  });

  test("units above 247 do not exist on a serial line", async () => {
    await on(await memoryMedium("rtu"), async (b) => {
      expect((await b.promptError(b.read(10, 1, 248), "argument")).detail).toContain("248");
    });
  });
});

test("65,537 requests: transaction ids wrap, and the one in flight is not given away", async () => {
  const clock = createSystemClock();
  const server = new MisbehavingServer({ framing: "mbap", clock });
  const [near, far] = streamPair();
  server.attach(far);
  const ids = createTransactionIds(() => 0.5);
  const common = { framing: "mbap", ids, maxInFlight: 2, queueLimit: 10, requestGapMs: 0 } as const;
  const client = createClient(memoryLink(near), { ...common, responseTimeoutMs: 30_000 }, clock);
  let release = (): void => undefined;
  let held = -1;
  server.once((turn) => {
    held = turn.request.transactionId;
    release = () => turn.reply();
  });
  const first = client.transact(1, read(0xabc));
  const seen = new Set<number>();
  server.usual = (turn) => {
    seen.add(turn.request.transactionId);
    turn.reply();
  };
  for (let turn = 0; turn < 65_537; turn++) {
    const outcome = await client.transact(1, read(turn & 0xff));
    if (!outcome.ok || outcome.value.response.registers[0] !== registerOf(1, turn & 0xff)) throw new Error("wrong");
  }
  expect(seen.size).toBe(65_535);
  expect(seen.has(held)).toBe(false);
  release();
  expect(await first).toMatchObject({ value: { response: { registers: Uint16Array.of(0x1abc) } } });
  await client.close();
}, 30_000);
