import { lineCodec } from "../../../../src/core/modbus/lineCodec";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** A write of register 1 of unit 7: its answer equals the request, so only counting tells the echo from it. */
const expected = { unitId: 7, functionCode: 6, pduLength: 5 } as const;

function framer() {
  const codec = lineCodec({ framing: "rtu", echo: true });
  const sent = codec.frame(7, hex("0600010002"));
  return { sent, line: codec.framer(expected, sent) };
}

test("the echo is no answer, what comes behind it is", () => {
  const { line, sent } = framer();
  expect(line.push(sent, 0)).toBeUndefined();
  expect(line.push(sent, 1)).toEqual(hex("0600010002"));
});

test("echo and answer in one piece, and byte by byte", () => {
  const together = framer();
  expect(together.line.push(Uint8Array.of(...together.sent, ...together.sent), 0)).toEqual(hex("0600010002"));
  const single = framer();
  const answers = [...single.sent, ...single.sent].map((byte) => single.line.push(Uint8Array.of(byte), 0));
  expect(answers.filter((answer) => answer !== undefined)).toEqual([hex("0600010002")]);
  expect(answers.at(-1)).toBeDefined();
});

test("only the echo: a timeout, not the answer", () => {
  const { line, sent } = framer();
  line.push(sent, 0);
  expect(line.finish(500)).toEqual({ failure: { kind: "timeout", detail: "no answer within 500 ms" } });
});

test("nothing, or a part of the echo: the message says so", () => {
  const { line, sent } = framer();
  expect(line.finish(500)).toMatchObject({
    failure: { kind: "timeout", detail: expect.stringContaining("no answer within 500 ms, not even the echo") },
  });
  line.push(sent.subarray(0, 3), 0);
  expect(line.finish(500)).toMatchObject({
    failure: { kind: "timeout", detail: expect.stringContaining("only 3 of 8 bytes of the echo") },
  });
});

test("something else than what was sent: nothing behind it is trusted", () => {
  const { line, sent } = framer();
  const damaged = sent.slice();
  damaged[4] = 0xff;
  expect(line.push(damaged, 0)).toBeUndefined();
  expect(line.push(sent, 0)).toBeUndefined();
  expect(line.push(sent, 0)).toBeUndefined();
  expect(line.finish(500)).toEqual({
    failure: {
      kind: "protocol",
      detail:
        "what came back differs from what was sent at byte 5 of 8: either two senders were on the line at once, or the adapter does not echo: then leave out echo",
    },
  });
});

test("an adapter that does not echo: the answer to a read differs from the request at its third byte", () => {
  const codec = lineCodec({ framing: "rtu", echo: true });
  const sent = codec.frame(7, hex("0300010001"));
  const line = codec.framer({ unitId: 7, functionCode: 3, pduLength: 4, notAnswer: sent }, sent);
  expect(line.push(codec.frame(7, hex("03021111")), 0)).toBeUndefined();
  expect(line.finish(500)).toMatchObject({
    failure: { kind: "protocol", detail: expect.stringContaining("byte 3 of 8") },
  });
});

test("in ASCII too", () => {
  const codec = lineCodec({ framing: "ascii", echo: true });
  const sent = codec.frame(7, hex("0600010002"));
  const line = codec.framer(expected, sent);
  expect(line.push(sent, 0)).toBeUndefined();
  expect(line.push(sent, 0)).toEqual(hex("0600010002"));
});
