import fc from "fast-check";
import { AsciiFramer, asciiFrame, asciiFrameLength } from "../../../../src/core/modbus/asciiFrame";
import { lrc8 } from "../../../../src/core/modbus/lrc";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytes = (characters: string): Uint8Array => Uint8Array.from(Buffer.from(characters, "latin1"));
const hex = (pdu: Uint8Array | undefined): string | undefined => pdu && Buffer.from(pdu).toString("hex");

/** A read of two holding registers of unit 17. */
const expected = { unitId: 0x11, functionCode: 3 };

function answerTo(characters: string, framer = new AsciiFramer(expected)): string | undefined {
  return hex(framer.push(bytes(characters), 0));
}

/** Puts the right LRC behind what stands between `:` and it. */
function framed(body: string): string {
  const sum = Buffer.from(body, "hex").reduce((total, byte) => total + byte, 0);
  return `:${body}${((256 - (sum % 256)) % 256).toString(16).padStart(2, "0").toUpperCase()}\r\n`;
}

describe("LRC", () => {
  // Modicon Modbus Protocol Reference Guide (PI-MBUS-300), query of function 3; Wikipedia's example of an ASCII frame.
  it.each([
    ["1103006b0003", 0x7e],
    ["f7031389000a", 0x60],
    ["", 0],
  ])("of %s", (body, lrc) => {
    expect(lrc8(Buffer.from(body, "hex"))).toBe(lrc);
  });
});

describe("frames sent", () => {
  it("are the published ones", () => {
    expect(text(asciiFrame(0x11, Uint8Array.of(3, 0, 0x6b, 0, 3)))).toBe(":1103006B00037E\r\n");
    expect(text(asciiFrame(0xf7, Uint8Array.of(3, 0x13, 0x89, 0, 0x0a)))).toBe(":F7031389000A60\r\n");
  });

  it("are as long as told", () => {
    expect(asciiFrame(1, new Uint8Array(253))).toHaveLength(asciiFrameLength(253));
    expect(asciiFrameLength(253)).toBe(513);
  });
});

describe("answers", () => {
  const good = framed("11030401F40010");
  const pdu = "030401f40010";

  it.each([
    ["as specified", good, pdu],
    ["lower-case digits", good.toLowerCase(), pdu],
    ["without CR", good.replace("\r", ""), pdu],
    ["noise before", `\x00\xff garbage 0D 0A\r\n${good}`, pdu],
    ["a frame that had begun before", `:110304${good}`, pdu],
    ["a frame of another unit before", `${framed("12030401F40010")}${good}`, pdu],
    ["an exception", framed("118302"), "8302"],
    ["a wrong LRC", good.replace(/..\r/, "00\r"), undefined],
    ["of another unit", framed("12030401F40010"), undefined],
    ["of another function", framed("11040401F40010"), undefined],
    ["an odd number of digits", good.replace("\r", "0\r"), undefined],
    ["a character that is no digit", good.replace("F", "G"), undefined],
    ["a digit behind CR", good.replace("\r", "\r0"), undefined],
    ["nothing between : and LF", ":\r\n", undefined],
    ["the LRC alone", ":00\r\n", undefined],
    ["no end", good.slice(0, -2), undefined],
    ["no beginning", good.slice(1), undefined],
  ])("%s", (_what, characters, answer) => {
    expect(answerTo(characters)).toBe(answer);
  });

  it.each([
    ["a wrong LRC", good.replace(/..\r/, "00\r"), { kind: "crc", detail: "the answer fails the LRC" }],
    ["cut short by the next", ":1103\r\n", { kind: "crc", detail: expect.any(String) }],
    [
      "of another function",
      framed("11040401F40010"),
      { kind: "protocol", detail: "an answer to function 4; 3 was asked" },
    ],
    ["nothing", "", { kind: "timeout", detail: "no answer within 500 ms" }],
    [
      "other's",
      framed("12030401F40010"),
      { kind: "timeout", detail: "no answer within 500 ms; 19 characters came that are no answer to it" },
    ],
    ["too long", `:${"11".repeat(300)}\r\n`, { kind: "protocol", detail: "an answer longer than 255 bytes" }],
  ])("say at the deadline what was wrong: %s", (_what, characters, failure) => {
    const framer = new AsciiFramer(expected);
    expect(framer.push(bytes(characters), 0)).toBeUndefined();
    expect(framer.finish(500)).toEqual({ failure });
  });

  it("count at the deadline when LF alone is missing, and not when CR is missing too", () => {
    const cut = (count: number) => {
      const framer = new AsciiFramer(expected);
      framer.push(bytes(good.slice(0, -count)), 0);
      return framer.finish(500);
    };
    expect(cut(1)).toEqual({ pdu: Uint8Array.from(Buffer.from(pdu, "hex")) });
    expect(cut(2)).toMatchObject({ failure: { kind: "timeout" } });
  });

  it("break off where more than a second passes between two characters", () => {
    const framer = new AsciiFramer(expected);
    framer.push(bytes(good.slice(0, 6)), 5000);
    expect(hex(framer.push(bytes(good.slice(6)), 6000))).toBe(pdu);
    const late = new AsciiFramer(expected);
    late.push(bytes(good.slice(0, 6)), 5000);
    expect(late.push(bytes(good.slice(6)), 6001)).toBeUndefined();
    expect(late.finish(9000)).toMatchObject({
      failure: { kind: "protocol", detail: "more than 1000 ms between two characters of the answer" },
    });
    // What begins behind the pause counts.
    expect(hex(late.push(bytes(good), 6002))).toBe(pdu);
  });

  it("are not the request that an adapter gives back", () => {
    const sent = asciiFrame(0x11, Uint8Array.of(3, 0, 0, 0, 1));
    const framer = new AsciiFramer(expected, sent);
    expect(framer.push(sent, 0)).toBeUndefined();
    expect(hex(framer.push(bytes(good), 0))).toBe(pdu);
  });

  it("come out the same however they are cut, and no flip of one bit is accepted as another answer", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 252 }),
        fc.array(fc.nat(600), { maxLength: 5 }),
        fc.nat(100_000),
        (data, cuts, flip) => {
          const body = Uint8Array.of(3, ...data);
          const frame = asciiFrame(0x11, body);
          const framer = new AsciiFramer(expected);
          const places = [0, ...cuts.filter((at) => at < frame.length).sort((a, b) => a - b), frame.length];
          const found = places.slice(1).map((end, at) => framer.push(frame.subarray(places[at], end), 0));
          expect(found.filter((one) => one !== undefined)).toEqual([body]);
          const damaged = frame.slice();
          const bit = flip % (frame.length * 8);
          damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
          const after = new AsciiFramer(expected).push(damaged, 0);
          // The only harmless flip is that of a letter's case.
          if (after !== undefined) expect(after).toEqual(body);
        },
      ),
    );
  });
});
