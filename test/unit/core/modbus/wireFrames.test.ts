import { asciiFrame } from "../../../../src/core/modbus/asciiFrame";
import { frameLines } from "../../../../src/core/modbus/frameText";
import { rtuFrame } from "../../../../src/core/modbus/rtuFrame";
import { tcpAdu } from "../../../../src/core/modbus/tcpFrame";
import { type WireEvent, wireFrames } from "../../../../src/core/modbus/wireFrames";

const T = Date.UTC(2026, 10, 23, 10, 15, 30, 100);
const READ = Uint8Array.of(3, 0, 199, 0, 2);
const ANSWER = Uint8Array.of(3, 4, 0, 230, 0, 1);

const sent = (bytes: Uint8Array, at = 0): WireEvent => ({ kind: "sent", at: T + at, bytes });
const received = (bytes: Uint8Array, at = 0): WireEvent => ({ kind: "received", at: T + at, bytes });

const lines = (events: readonly WireEvent[], framing: "mbap" | "rtu" | "ascii" = "rtu") =>
  frameLines(wireFrames(events, framing)).map((line) => line.split(" | ")[0]);

test("a line a frame, the answer in several chunks, with the time it took", () => {
  const answer = rtuFrame(7, ANSWER);
  const events = [sent(rtuFrame(7, READ)), received(answer.subarray(0, 4), 8), received(answer.subarray(4), 12.34)];
  expect(frameLines(wireFrames(events, "rtu"))).toEqual([
    "10:15:30.100 > unit 7: read holding 199 (400200), 2 registers | 07 03 00 c7 00 02 75 90",
    "10:15:30.112 < unit 7 after 12.3 ms: registers 230 1 | 07 03 04 00 e6 00 01 bc 04",
  ]);
});

test("mbap: several frames in one chunk, one over two, answers by their transaction", () => {
  const one = tcpAdu(1, 7, ANSWER);
  const two = tcpAdu(2, 9, Uint8Array.of(0x83, 2));
  const both = Uint8Array.from([...two, ...one]);
  const events = [
    sent(Uint8Array.from([...tcpAdu(1, 7, READ), ...tcpAdu(2, 9, READ)])),
    received(both.subarray(0, 12), 3),
    sent(tcpAdu(3, 7, Uint8Array.of(6, 0, 1, 0, 5)), 4),
    received(both.subarray(12), 5),
  ];
  expect(lines(events, "mbap")).toEqual([
    "10:15:30.100 > unit 7 #1: read holding 199 (400200), 2 registers",
    "10:15:30.100 > unit 9 #2: read holding 199 (400200), 2 registers",
    "10:15:30.104 > unit 7 #3: write holding 1 (400002) = 5",
    "10:15:30.103 < unit 9 #2 after 3.0 ms: exception 2 (illegal data address) to function 3",
    "10:15:30.103 < unit 7 #1 after 3.0 ms: registers 230 1",
  ]);
});

test("ASCII, an echo, a wrong CRC, noise, what is no frame, and what happened to the connection", () => {
  expect(lines([sent(asciiFrame(7, READ)), received(asciiFrame(7, ANSWER), 5)], "ascii")[1]).toMatch(
    /unit 7 after 5\.0 ms: registers 230 1$/,
  );
  const ask = rtuFrame(7, READ);
  const echoed = Uint8Array.from([...ask, ...rtuFrame(7, ANSWER)]);
  const events: WireEvent[] = [
    { kind: "opened", at: T, text: "the connection was opened" },
    sent(ask),
    received(echoed, 1),
    sent(ask, 2),
    received(Uint8Array.of(7, 3, 4, 0, 0, 0, 0, 1, 1), 3),
    { kind: "closed", at: T + 4, text: "the connection is closed: pulled" },
  ];
  expect(lines(events)).toEqual([
    "10:15:30.100 -- the connection was opened",
    "10:15:30.100 > unit 7: read holding 199 (400200), 2 registers",
    "10:15:30.101 < the echo of what was sent",
    "10:15:30.101 < unit 7 after 1.0 ms: registers 230 1",
    "10:15:30.102 > unit 7: read holding 199 (400200), 2 registers",
    "10:15:30.103 < the CRC does not fit",
    "10:15:30.104 -- the connection is closed: pulled",
  ]);
  expect(lines([received(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))], "mbap")).toEqual([
    "10:15:30.100 < no MODBUS/TCP frame",
  ]);
  expect(lines([received(tcpAdu(1, 7, ANSWER).subarray(0, 9))], "mbap")).toEqual([
    "10:15:30.100 < a frame that is cut off",
  ]);
});

test.each<[string, number[], string, number[], string]>([
  [
    "coils",
    [1, 0, 19, 0, 10],
    "read coil 19 (000020), 10 bits",
    [1, 2, 0xcd, 1],
    "bits 1 0 1 1 0 0 1 1 1 0 0 0 0 0 0 0",
  ],
  ["a coil", [5, 0, 8, 255, 0], "write coil 8 (000009) = on", [5, 0, 8, 255, 0], "written coil 8 (000009)"],
  [
    "coils written",
    [15, 0, 8, 0, 3, 1, 5],
    "write coil 8 (000009), 3 bits = 1 0 1",
    [15, 0, 8, 0, 3],
    "written coil 8 (000009), 3 bits",
  ],
  [
    "registers written",
    [16, 0, 8, 0, 1, 2, 1, 0],
    "write holding 8 (400009), 1 register = 256",
    [16, 0, 8, 0, 1],
    "written holding 8 (400009), 1 register",
  ],
  [
    "identification",
    [43, 14, 1, 0],
    "read device identification (function 43)",
    [43, 14],
    "read device identification (function 43)",
  ],
  ["a function of nobody", [99], "function 99", [0xe3, 1], "exception 1 (illegal function) to function 99"],
])("%s in words", (_what, request, asked, answer, answered) => {
  const events = [sent(tcpAdu(1, 7, Uint8Array.from(request))), received(tcpAdu(1, 7, Uint8Array.from(answer)))];
  const texts = lines(request.length === 1 ? [events[1] as WireEvent] : events, "mbap").map(
    (line) => line?.split(": ")[1],
  );
  expect(texts).toEqual(request.length === 1 ? [answered] : [asked, answered]);
});

test("anything at all is told as something, and nothing is lost", () => {
  for (const framing of ["mbap", "rtu", "ascii"] as const) {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 37 + length) & 0xff);
      const items = wireFrames([received(bytes), sent(bytes)], framing);
      const raw = items.flatMap((item) => ("raw" in item ? [...item.raw] : []));
      expect(raw).toEqual([...bytes, ...bytes]);
      expect(frameLines(items)).toHaveLength(items.length);
    }
  }
});
