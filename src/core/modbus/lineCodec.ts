import type { LineCodec } from "./answerFramer";
import { AsciiFramer, asciiFrame, asciiFrameLength } from "./asciiFrame";
import { EchoFramer } from "./echoFramer";
import { RtuDatagramFramer } from "./rtuDatagram";
import { RtuFramer, rtuFrame } from "./rtuFrame";

/** Unit id and CRC around the PDU. */
const RTU_FRAME_BYTES = 3;

const rtuFrames = { frame: rtuFrame, frameLength: (pduLength: number) => pduLength + RTU_FRAME_BYTES };

type Plain = Omit<LineCodec, "furtherFramer">;

const RTU: Plain = { ...rtuFrames, framer: (expected, sent) => new RtuFramer(expected, sent) };

const RTU_DATAGRAMS: Plain = { ...rtuFrames, framer: (expected) => new RtuDatagramFramer(expected) };

const ASCII: Plain = {
  frame: asciiFrame,
  frameLength: asciiFrameLength,
  framer: (expected) => new AsciiFramer(expected, expected.notAnswer),
};

export interface LineTraits {
  readonly framing: "rtu" | "ascii";
  /** What is sent comes back before the answer. */
  readonly echo?: boolean | undefined;
  /** Each datagram is a frame (RTU over UDP). */
  readonly datagrams?: boolean | undefined;
}

/** The codec of a line. */
export function lineCodec({ framing, echo, datagrams }: LineTraits): LineCodec {
  const plain = framing === "ascii" ? ASCII : datagrams === true ? RTU_DATAGRAMS : RTU;
  const codec = { ...plain, furtherFramer: plain.framer };
  if (echo !== true) return codec;
  return { ...codec, framer: (expected, sent) => new EchoFramer(sent, plain.framer(expected, sent)) };
}
