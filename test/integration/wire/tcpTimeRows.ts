import type { Bench } from "./bench";

export type Row = (bench: Bench) => Promise<void>;

/** Bytes that come whole, in pieces, together, out of order, late or never. */
export const TCP_TIME_ROWS: Readonly<Record<string, Row>> = {
  "tcp-normal": async (b) => {
    await b.value(b.read(10, 2));
  },
  "tcp-max": async (b) => {
    await b.value(b.read(10, 125));
    await b.value(b.ask(1, { kind: "readBits", table: "coil", address: 3, count: 2000 }));
  },
  "tcp-drip": async (b) => {
    b.proxy.answers.once({ kind: "drip", everyMs: 5 });
    await b.value(b.read(10, 2));
  },
  "tcp-split-header": async (b) => {
    b.proxy.answers.once({ kind: "split", sizes: [3], everyMs: 20 });
    await b.value(b.read(10, 2));
  },
  "tcp-coalesced": async (b) => {
    const held = holdFirst(b);
    b.server.once((turn) => turn.send(Buffer.concat([held(), turn.frame()])));
    const [one, two] = [b.read(10), b.read(20)];
    await b.value(one);
    await b.value(two);
  },
  "tcp-out-of-order": async (b) => {
    const held = holdFirst(b);
    b.server.once((turn) => turn.send(Buffer.concat([turn.frame(), held()])));
    const [one, two] = [b.read(10), b.read(20)];
    await b.value(one);
    await b.value(two);
  },
  "tcp-coalesced-half": async (b) => {
    const held = holdFirst(b);
    b.server.once((turn) => {
      const second = turn.frame();
      turn.send(Buffer.concat([held(), second.subarray(0, 5)]));
      turn.after(20, () => turn.send(second.subarray(5)));
    });
    const [one, two] = [b.read(10), b.read(20)];
    await b.value(one);
    await b.value(two);
  },
  "tcp-burst-300": async (b) => {
    b.server.usual = (turn) => turn.after(50, () => turn.reply());
    const all = Array.from({ length: 300 }, (_, index) => b.read(index));
    for (const asked of all) await b.value(asked);
    b.server.usual = (turn) => turn.reply();
  },
  "tcp-id-wrap": async (b) => {
    const held = holdFirst(b);
    await b.errorAtT(b.read(10), "timeout");
    for (let turn = 1; turn < 256; turn++) await b.value(b.read(turn));
    b.server.once((turn) => {
      const stale = held();
      // The same low byte: what a client of 8-bit ids takes for the answer.
      expect(stale[1]).toBe(turn.request.raw[1]);
      turn.send(stale);
      turn.after(20, () => turn.reply());
    });
    await b.value(b.read(20));
  },
  "tcp-silent": async (b) => {
    b.server.once(() => undefined);
    await b.errorAtT(b.read(), "timeout");
  },
  "tcp-late-in-next": async (b) => {
    b.proxy.answers.once({ kind: "late" });
    b.server.once((turn) => turn.reply());
    b.server.once((turn) => turn.after(20, () => turn.reply()));
    await b.errorAtT(b.read(10), "timeout");
    await b.value(b.read(20));
  },
  "tcp-late-idle": async (b) => {
    b.proxy.answers.once({ kind: "late", afterMs: 1.2 * b.T });
    await b.errorAtT(b.read(10), "timeout");
    await b.pass(0.4 * b.T);
    await b.value(b.read(20));
  },
  "tcp-duplicate": async (b) => {
    b.proxy.answers.once({ kind: "duplicate" });
    b.server.once((turn) => turn.reply());
    b.server.once((turn) => turn.after(20, () => turn.reply()));
    await b.value(b.read(10));
    await b.value(b.read(20));
  },
  "tcp-slow-drip": async (b) => {
    b.proxy.answers.once({ kind: "drip", everyMs: 0.15 * b.T });
    await b.errorAtT(b.read(10, 2), "timeout");
  },
};

/** The answer to the next request is held back; returns what gives it. */
export function holdFirst(b: Bench): () => Buffer {
  let frame: Buffer = Buffer.alloc(0);
  b.server.once((turn) => {
    frame = turn.frame();
  });
  return () => {
    expect(frame.length).toBeGreaterThan(0);
    return frame;
  };
}
