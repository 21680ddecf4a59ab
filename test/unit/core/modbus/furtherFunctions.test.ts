import {
  answerLength,
  decodeResponse,
  encodeRequest,
  functionCodeOf,
  isBroadcastable,
  isWrite,
  type ModbusRequest,
  mayEcho,
  responsePduLength,
} from "../../../../src/core/modbus/pdu";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

interface Example {
  readonly name: string;
  readonly request: ModbusRequest;
  readonly sent: string;
  readonly answer: string;
  readonly response: unknown;
}

/** Request and response as printed in the specification V1.1b3. */
const EXAMPLES: readonly Example[] = [
  {
    name: "6.8 return query data",
    request: { kind: "diagnostics", subFunction: 0, data: [0xa537] },
    sent: "080000a537",
    answer: "080000a537",
    response: { data: Uint16Array.of(0xa537) },
  },
  {
    name: "6.13 report server id (one byte of id, on)",
    request: { kind: "reportServerId" },
    sent: "11",
    answer: "110309ff05",
    response: { data: Uint8Array.of(9, 0xff, 5) },
  },
  {
    name: "6.14 read file record: two sections",
    request: {
      kind: "readFileRecord",
      sections: [
        { file: 4, record: 1, count: 2 },
        { file: 3, record: 9, count: 2 },
      ],
    },
    sent: "140e 06000400010002 06000300090002",
    answer: "140c 05060dfe0020 050633cd0040",
    response: { sections: [Uint16Array.of(0x0dfe, 0x0020), Uint16Array.of(0x33cd, 0x0040)] },
  },
  {
    name: "6.15 write file record",
    request: { kind: "writeFileRecord", sections: [{ file: 4, record: 7, values: [0x06af, 0x04be, 0x100d] }] },
    sent: "150d 06000400070003 06af04be100d",
    answer: "150d 06000400070003 06af04be100d",
    response: {},
  },
  {
    name: "6.16 mask write register 5",
    request: { kind: "maskWriteRegister", address: 4, andMask: 0x00f2, orMask: 0x0025 },
    sent: "16000400f20025",
    answer: "16000400f20025",
    response: {},
  },
  {
    name: "6.17 read six registers from 4, write three from 15",
    request: {
      kind: "readWriteRegisters",
      read: { address: 3, count: 6 },
      write: { address: 14, values: [255, 255, 255] },
    },
    sent: "17 0003 0006 000e 0003 06 00ff00ff00ff",
    answer: "170c 00fe0acd00010003000d00ff",
    response: { registers: Uint16Array.of(254, 2765, 1, 3, 13, 255) },
  },
  {
    name: "6.18 read FIFO queue at 1246",
    request: { kind: "readFifoQueue", address: 0x04de },
    sent: "1804de",
    answer: "18 0006 0002 01b8 1284",
    response: { registers: Uint16Array.of(440, 4740) },
  },
  {
    name: "6.21 basic device identification",
    request: { kind: "readDeviceIdentification", category: "basic", objectId: 0 },
    sent: "2b0e0100",
    answer: `2b0e0101 00 00 03 0016${hex(ascii("Company identification"))} 010f${hex(ascii("Product code XX"))} 0205${hex(ascii("V2.11"))}`,
    response: {
      conformity: 1,
      objects: [
        { id: 0, value: ascii("Company identification") },
        { id: 1, value: ascii("Product code XX") },
        { id: 2, value: ascii("V2.11") },
      ],
    },
  },
  {
    name: "5 a function of the user",
    request: { kind: "custom", functionCode: 65, data: [1, 2, 3] },
    sent: "41010203",
    answer: "41ff00",
    response: { data: Uint8Array.of(0xff, 0) },
  },
];

describe.each(EXAMPLES)("$name", ({ request, sent, answer, response }) => {
  test("is sent as printed", () => {
    const encoded = encodeRequest(request);
    expect(encoded.ok && hex(encoded.value)).toBe(hex(bytes(sent)));
    expect(functionCodeOf(request)).toBe(bytes(sent)[0]);
  });

  test("its answer is understood", () => {
    expect(decodeResponse(request, bytes(answer))).toEqual({ ok: true, value: response });
    expect(responsePduLength(request)).toBeGreaterThanOrEqual(bytes(answer).length);
  });

  test("its answer is a copy: a socket fills its buffer again", () => {
    const buffer = Buffer.from(bytes(answer));
    const decoded = decodeResponse(request, buffer);
    buffer.fill(0xee);
    expect(decoded).toEqual({ ok: true, value: response });
  });

  test("the length of its answer is known no later than with its last byte", () => {
    const length = answerLength(request);
    const whole = bytes(answer);
    if (length === "untold") return;
    if (typeof length === "number") {
      expect(length).toBe(whole.length);
      return;
    }
    for (let there = 0; there <= whole.length; there++)
      expect([0, whole.length]).toContain(length.tell(Uint8Array.from([7, ...whole]), 1, there));
    expect(length.tell(whole, 0, whole.length)).toBe(whole.length);
  });

  test("no shorter or longer answer is understood", () => {
    if (request.kind === "custom") return;
    const whole = bytes(answer);
    for (let length = 0; length < whole.length; length++)
      expect(decodeResponse(request, whole.subarray(0, length))).toMatchObject({ error: { kind: "protocol" } });
    expect(decodeResponse(request, Uint8Array.from([...whole, 0]))).toMatchObject({ error: { kind: "protocol" } });
  });

  test("an exception is one, whatever the function", () => {
    const functionCode = functionCodeOf(request);
    expect(decodeResponse(request, Uint8Array.of(functionCode | 0x80, 1))).toMatchObject({
      error: { kind: "exception", code: 1 },
    });
    expect(decodeResponse(request, Uint8Array.of(0xff, 1))).toMatchObject({ error: { kind: "protocol" } });
  });
});

const query = EXAMPLES[0]?.request as ModbusRequest;
const files = EXAMPLES[2]?.request as ModbusRequest;
const fileWrite = EXAMPLES[3]?.request as ModbusRequest;
const mask = EXAMPLES[4]?.request as ModbusRequest;
const readWrite = EXAMPLES[5]?.request as ModbusRequest;
const fifo = EXAMPLES[6]?.request as ModbusRequest;
const basic = EXAMPLES[7]?.request as ModbusRequest;
const oneObject: ModbusRequest = { kind: "readDeviceIdentification", category: "object", objectId: 5 };

describe("answers that do not fit", () => {
  test.each<[string, ModbusRequest, string, RegExp]>([
    ["FC 8: other sub-function", query, "080001a537", /sub-function 1; 0 was asked/],
    ["FC 8: other query data", query, "080000a538", /not confirmed/],
    ["FC 17: byte count too low", { kind: "reportServerId" }, "110209ff05", /3 data bytes, byte count 2/],
    ["FC 17: byte count too high", { kind: "reportServerId" }, "110409ff05", /3 data bytes, byte count 4/],
    ["FC 20: section length", files, "140c 07060dfe0020 030633cd0040", /section 0 of 7 bytes; 5/],
    ["FC 20: reference type", files, "140c 05070dfe0020 050633cd0040", /reference type 7/],
    ["FC 20: byte count", files, "140b 05060dfe0020 050633cd0040", /byte count 11; 12/],
    ["FC 21: one value other", fileWrite, "150d0600040007000306af04be100e", /not confirmed/],
    ["FC 22: other AND mask", mask, "16000400f30025", /echoed address 4, AND 243, OR 37/],
    ["FC 22: other address", mask, "16000500f20025", /not confirmed/],
    ["FC 23: one register less", readWrite, "170a00fe0acd00010003000d", /byte count 10; 12 were/],
    ["FC 24: FIFO count too high", fifo, "1800060003 01b81284", /FIFO count 3/],
    ["FC 24: byte count too high", fifo, "1800080002 01b81284", /byte count 8/],
    ["FC 24: 32 registers", fifo, `1800420020${"0001".repeat(32)}`, /at most 31/],
    ["FC 43: other MEI type", basic, "2b0d010100000100024142", /do not agree/],
    ["FC 43: other category", basic, "2b0e020100000100024142", /category 2; 1 was/],
    ["FC 43: object longer than the answer", basic, "2b0e010100000100034142", /do not agree/],
    ["FC 43: an object too few", basic, "2b0e010100000200024142", /do not agree/],
    ["FC 43: more follows of 1", basic, "2b0e010101020100024142", /more follows/],
    ["FC 43: more follows from where it began", basic, "2b0e0101ff000100024142", /does not lie behind/],
    ["FC 43: another object than the one asked", oneObject, "2b0e048300000104024142", /object 5 alone/],
    ["FC 43: two objects where one was asked", oneObject, "2b0e0483000002050141060142", /object 5 alone/],
  ])("%s", (_name, request, answer, detail) => {
    expect(decodeResponse(request, bytes(answer))).toEqual({
      ok: false,
      error: { kind: "protocol", detail: expect.stringMatching(detail) },
    });
  });

  test("FC 43: more follows leads on, and is nothing where nothing follows", () => {
    expect(decodeResponse(basic, bytes("2b0e0101ff010100024142"))).toMatchObject({ value: { nextObjectId: 1 } });
    const last = decodeResponse(basic, bytes("2b0e010100010100024142"));
    expect(last.ok && "nextObjectId" in last.value).toBe(false);
  });

  test("FC 24: an empty queue is no fault", () => {
    expect(decodeResponse(fifo, bytes("1800020000"))).toEqual({ ok: true, value: { registers: new Uint16Array(0) } });
  });
});

describe("refused before anything is sent", () => {
  const words = (count: number): number[] => new Array<number>(count).fill(0);
  const section = (count: number, record = 0, file = 1) => ({ file, record, count });
  const write = (count: number, record = 0, file = 1) => ({ file, record, values: words(count) });
  const odd = (request: unknown): ModbusRequest => request as ModbusRequest;
  test.each<[ModbusRequest, string]>([
    [odd({ kind: "constructor" }), "kind must be one of readBits, "],
    [odd({}), "kind must be one of"],
    [
      odd({ kind: "readBits", table: "holding", address: 0, count: 1 }),
      'table must be one of coil, discrete, not "holding"',
    ],
    [odd({ kind: "readRegisters", address: 0, count: 1 }), "table must be one of input, holding, not undefined"],
    [odd({ kind: "writeRegisters", address: 0, values: 7 }), "values must be a list of values, not 7"],
    [odd({ kind: "writeCoils", address: 0 }), "values must be a list of values, not undefined"],
    [
      { kind: "diagnostics", subFunction: 65536, data: [0] },
      "subFunction must be a whole number from 0 to 65535, not 65536",
    ],
    [{ kind: "diagnostics", subFunction: 10, data: [0, 0] }, "data must have 1 to 1 values, not 2"],
    [{ kind: "diagnostics", subFunction: 0, data: words(126) }, "data must have 1 to 125 values, not 126"],
    [{ kind: "diagnostics", subFunction: 2, data: [-1] }, "data[0] must be a whole number from 0 to 65535, not -1"],
    [{ kind: "diagnostics", subFunction: 4, data: [0] }, "it has no answer"],
    [{ kind: "readFileRecord", sections: [] }, "sections must have 1 to 35 sections, not 0"],
    [
      { kind: "readFileRecord", sections: new Array(36).fill(section(1)) },
      "sections must have 1 to 35 sections, not 36",
    ],
    [
      { kind: "readFileRecord", sections: [section(1, 0, 0)] },
      "sections[0].file must be a whole number from 1 to 65535, not 0",
    ],
    [
      { kind: "readFileRecord", sections: [section(1, 10000)] },
      "sections[0].record must be a whole number from 0 to 9999, not 10000",
    ],
    [
      { kind: "readFileRecord", sections: [section(2, 9999)] },
      "sections[0] ends at record 10000; the last record of a file is 9999",
    ],
    [
      { kind: "readFileRecord", sections: [section(122)] },
      "sections[0].count must be a whole number from 1 to 121, not 122",
    ],
    [
      { kind: "readFileRecord", sections: [section(60), section(61)] },
      "sections must fit into 245 bytes of answer, not 246",
    ],
    [{ kind: "writeFileRecord", sections: [write(123)] }, "sections[0].values must have 1 to 122 values, not 123"],
    [
      { kind: "writeFileRecord", sections: [write(60), write(60)] },
      "sections must fit into 251 bytes of request, not 254",
    ],
    [
      { kind: "maskWriteRegister", address: 0, andMask: 65536, orMask: 0 },
      "andMask must be a whole number from 0 to 65535, not 65536",
    ],
    [
      { kind: "maskWriteRegister", address: 0, andMask: 0, orMask: Number.NaN },
      "orMask must be a whole number from 0 to 65535, not NaN",
    ],
    [
      { kind: "readWriteRegisters", read: { address: 0, count: 126 }, write: { address: 0, values: [1] } },
      "read: count must be a whole number from 1 to 125, not 126",
    ],
    [
      { kind: "readWriteRegisters", read: { address: 0, count: 1 }, write: { address: 0, values: words(122) } },
      "write.values must have 1 to 121 values, not 122",
    ],
    [
      { kind: "readWriteRegisters", read: { address: 0, count: 1 }, write: { address: 65535, values: [1, 2] } },
      "write: address 65535 with count 2 ends at 65536",
    ],
    [odd({ kind: "readWriteRegisters" }), "read: address must be a whole number from 0 to 65535, not undefined"],
    [{ kind: "readFifoQueue", address: 65536 }, "address must be a whole number from 0 to 65535, not 65536"],
    [
      { kind: "readDeviceIdentification", category: "basic", objectId: 256 },
      "objectId must be a whole number from 0 to 255, not 256",
    ],
    [
      odd({ kind: "readDeviceIdentification", category: "all", objectId: 0 }),
      'category must be one of basic, regular, extended, object, not "all"',
    ],
    [{ kind: "custom", functionCode: 3, data: [] }, "functionCode must be one that has no request of its own, not 3"],
    [
      { kind: "custom", functionCode: 43, data: [14, 1, 0] },
      "functionCode must be one that has no request of its own, not 43",
    ],
    [{ kind: "custom", functionCode: 128, data: [] }, "functionCode must be a whole number from 1 to 127, not 128"],
    [{ kind: "custom", functionCode: 65, data: words(253) }, "data must have 0 to 252 bytes, not 253"],
    [{ kind: "custom", functionCode: 65, data: [256] }, "data[0] must be a whole number from 0 to 255, not 256"],
  ])("%j", (request, detail) => {
    expect(encodeRequest(request)).toEqual({
      ok: false,
      error: { kind: "argument", detail: expect.stringContaining(detail) },
    });
  });

  test("the highest of each are not, and fill a PDU at most", () => {
    for (const request of [
      { kind: "diagnostics", subFunction: 0, data: words(125) },
      { kind: "readFileRecord", sections: [section(121)] },
      { kind: "readFileRecord", sections: new Array(35).fill(section(2)) },
      { kind: "writeFileRecord", sections: [write(122)] },
      { kind: "readWriteRegisters", read: { address: 65411, count: 125 }, write: { address: 0, values: words(121) } },
      { kind: "custom", functionCode: 110, data: new Uint8Array(252) },
      { kind: "custom", functionCode: 43, data: [13] },
    ] as readonly ModbusRequest[]) {
      const encoded = encodeRequest(request);
      expect(encoded.ok && encoded.value.length <= 253).toBe(true);
      expect(responsePduLength(request)).toBeLessThanOrEqual(253);
    }
  });
});

test("what writes, what may be its own echo, what a broadcast may carry", () => {
  const clear: ModbusRequest = { kind: "diagnostics", subFunction: 10, data: [0] };
  const custom: ModbusRequest = { kind: "custom", functionCode: 65, data: [] };
  const all = [...EXAMPLES.map(({ request }) => request), clear, custom];
  const names = (rule: (request: ModbusRequest) => boolean): string[] =>
    all.filter(rule).map((request) => `${request.kind} ${functionCodeOf(request)}`);
  expect(names(isWrite)).toEqual([
    "writeFileRecord 21",
    "maskWriteRegister 22",
    "readWriteRegisters 23",
    "custom 65",
    "diagnostics 8",
    "custom 65",
  ]);
  expect(names(mayEcho)).toEqual([
    "diagnostics 8",
    "writeFileRecord 21",
    "maskWriteRegister 22",
    "custom 65",
    "diagnostics 8",
    "custom 65",
  ]);
  expect(names(isBroadcastable)).toEqual(["writeFileRecord 21", "maskWriteRegister 22"]);
});
