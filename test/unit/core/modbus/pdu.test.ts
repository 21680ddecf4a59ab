import { decodeResponse, encodeRequest, type ModbusRequest, responsePduLength } from "../../../../src/core/modbus/pdu";

/** Request and response as printed in the specification V1.1b3. */
const EXAMPLES: readonly { name: string; request: ModbusRequest; sent: string; answer: string; response: unknown }[] = [
  {
    name: "6.1 read coils 20-38",
    request: { kind: "readBits", table: "coil", address: 0x13, count: 19 },
    sent: "0100130013",
    answer: "0103cd6b05",
    // CD = 27-20, 6B = 35-28, 05 = 38-36, lowest bit first.
    response: { bits: [..."1011001111010110101"].map((bit) => bit === "1") },
  },
  {
    name: "6.2 read discrete inputs 197-218",
    request: { kind: "readBits", table: "discrete", address: 0xc4, count: 22 },
    sent: "0200c40016",
    answer: "0203acdb35",
    response: { bits: [..."0011010111011011101011"].map((bit) => bit === "1") },
  },
  {
    name: "6.3 read holding registers 108-110",
    request: { kind: "readRegisters", table: "holding", address: 0x6b, count: 3 },
    sent: "03006b0003",
    answer: "0306022b00000064",
    response: { registers: Uint16Array.of(555, 0, 100) },
  },
  {
    name: "6.4 read input register 9",
    request: { kind: "readRegisters", table: "input", address: 8, count: 1 },
    sent: "0400080001",
    answer: "0402000a",
    response: { registers: Uint16Array.of(10) },
  },
  {
    name: "6.5 write coil 173 on",
    request: { kind: "writeSingleCoil", address: 0xac, value: true },
    sent: "0500acff00",
    answer: "0500acff00",
    response: {},
  },
  {
    name: "6.6 write register 2",
    request: { kind: "writeSingleRegister", address: 1, value: 3 },
    sent: "0600010003",
    answer: "0600010003",
    response: {},
  },
  {
    name: "6.11 write coils 20-29",
    request: {
      kind: "writeCoils",
      address: 0x13,
      values: [..."1011001110"].map((bit) => bit === "1"),
    },
    sent: "0f0013000a02cd01",
    answer: "0f0013000a",
    response: {},
  },
  {
    name: "6.12 write registers 2-3",
    request: { kind: "writeRegisters", address: 1, values: [10, 0x102] },
    sent: "100001000204000a0102",
    answer: "1000010002",
    response: {},
  },
];

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const read3: ModbusRequest = { kind: "readRegisters", table: "holding", address: 107, count: 2 };
const readCoils: ModbusRequest = { kind: "readBits", table: "coil", address: 0, count: 4 };

describe.each(EXAMPLES)("$name", ({ request, sent, answer, response }) => {
  test("is sent as printed", () => {
    const encoded = encodeRequest(request);
    expect(encoded.ok && Buffer.from(encoded.value).toString("hex")).toBe(sent);
  });

  test("its answer is understood", () => {
    expect(decodeResponse(request, bytes(answer))).toEqual({ ok: true, value: response });
    expect(responsePduLength(request)).toBe(bytes(answer).length);
  });

  test("no shorter or longer answer is", () => {
    for (let length = 0; length < answer.length / 2; length++) {
      expect(decodeResponse(request, bytes(answer).subarray(0, length))).toMatchObject({ error: { kind: "protocol" } });
    }
    expect(decodeResponse(request, bytes(`${answer}00`))).toMatchObject({ error: { kind: "protocol" } });
  });
});

describe("answers that do not fit", () => {
  test.each([
    ["another function", read3, "0404aaaabbbb", "an answer to function 4; function 3 was asked"],
    ["an exception for another function", read3, "8402", "an exception for function 4; function 3 was asked"],
    ["an exception without a code", read3, "83", "an exception of 1 bytes; it has 2"],
    ["an exception that goes on", read3, "830200", "an exception of 3 bytes; it has 2"],
    ["nothing", read3, "", "an empty answer"],
    ["too little, said so", read3, "0302aaaa", "2 data bytes, byte count 2; 4 were asked for"],
    ["too much, said so", read3, "0306aaaabbbbcccc", "6 data bytes, byte count 6; 4 were asked for"],
    ["byte count too low", read3, "0302aaaabbbb", "4 data bytes, byte count 2; 4 were asked for"],
    ["byte count zero", read3, "0300aaaabbbb", "4 data bytes, byte count 0; 4 were asked for"],
    ["byte count too high", read3, "0306aaaabbbb", "4 data bytes, byte count 6; 4 were asked for"],
    ["no data", read3, "0300", "0 data bytes, byte count 0; 4 were asked for"],
    ["coils: byte count too high", readCoils, "01030f", "1 data bytes, byte count 3; 1 were asked for"],
  ])("%s", (_name, request, answer, detail) => {
    expect(decodeResponse(request, bytes(answer))).toEqual({ ok: false, error: { kind: "protocol", detail } });
  });

  test.each([
    [{ kind: "writeSingleRegister", address: 1, value: 3 }, "0600010004"],
    [{ kind: "writeSingleRegister", address: 1, value: 3 }, "0600020003"],
    [{ kind: "writeSingleCoil", address: 0xac, value: true }, "0500ac0000"],
    [{ kind: "writeSingleCoil", address: 0xac, value: true }, "0500adff00"],
    [{ kind: "writeRegisters", address: 1, values: [1, 2] }, "1000010003"],
    [{ kind: "writeCoils", address: 1, values: [true] }, "0f00010000"],
  ] as const)("%j is not confirmed by %s", (request, answer) => {
    expect(decodeResponse(request, bytes(answer))).toMatchObject({ error: { kind: "protocol" } });
  });

  test("exceptions keep their code, known or not", () => {
    expect(decodeResponse(read3, bytes("8302"))).toEqual({
      ok: false,
      error: { kind: "exception", code: 2, detail: "exception 2 (illegal data address)" },
    });
    expect(decodeResponse(read3, bytes("8355"))).toMatchObject({ error: { code: 0x55, detail: "exception 85" } });
  });

  test("what pads the last byte of coils is not a value", () => {
    expect(decodeResponse(readCoils, bytes("0101f5"))).toEqual({
      ok: true,
      value: { bits: [true, false, true, false] },
    });
  });
});

describe("refused before anything is sent", () => {
  const registers = (count: number): number[] => new Array<number>(count).fill(0);
  const coils = (count: number): boolean[] => new Array<boolean>(count).fill(false);
  test.each([
    [
      { kind: "readBits", table: "coil", address: 0, count: 2001 },
      "count must be a whole number from 1 to 2000, not 2001",
    ],
    [{ kind: "readBits", table: "coil", address: 0, count: 0 }, "count must be a whole number from 1 to 2000, not 0"],
    [
      { kind: "readRegisters", table: "input", address: 0, count: 126 },
      "count must be a whole number from 1 to 125, not 126",
    ],
    [
      { kind: "readRegisters", table: "input", address: 65536, count: 1 },
      "address must be a whole number from 0 to 65535, not 65536",
    ],
    [
      { kind: "readRegisters", table: "input", address: -1, count: 1 },
      "address must be a whole number from 0 to 65535, not -1",
    ],
    [
      { kind: "readRegisters", table: "input", address: 1.5, count: 1 },
      "address must be a whole number from 0 to 65535, not 1.5",
    ],
    [
      { kind: "readRegisters", table: "input", address: Number.NaN, count: 1 },
      "address must be a whole number from 0 to 65535, not NaN",
    ],
    [
      { kind: "readRegisters", table: "input", address: 65535, count: 2 },
      "address 65535 with count 2 ends at 65536; the last address is 65535",
    ],
    [
      { kind: "writeSingleRegister", address: 0, value: 65536 },
      "value must be a whole number from 0 to 65535, not 65536",
    ],
    [{ kind: "writeSingleRegister", address: 0, value: -1 }, "value must be a whole number from 0 to 65535, not -1"],
    [
      { kind: "writeSingleRegister", address: 0, value: undefined as unknown as number },
      "value must be a whole number from 0 to 65535, not undefined",
    ],
    [{ kind: "writeSingleCoil", address: 0, value: 1 as unknown as boolean }, "value must be true or false, not 1"],
    [
      { kind: "writeRegisters", address: 0, values: registers(124) },
      "count must be a whole number from 1 to 123, not 124",
    ],
    [{ kind: "writeRegisters", address: 0, values: [] }, "count must be a whole number from 1 to 123, not 0"],
    [
      { kind: "writeRegisters", address: 0, values: [1, 0.5] },
      "values[1] must be a whole number from 0 to 65535, not 0.5",
    ],
    [{ kind: "writeCoils", address: 0, values: coils(1969) }, "count must be a whole number from 1 to 1968, not 1969"],
    [
      { kind: "writeCoils", address: 65535, values: coils(2) },
      "address 65535 with count 2 ends at 65536; the last address is 65535",
    ],
  ] as const)("%#: %s", (request, detail) => {
    expect(encodeRequest(request as ModbusRequest)).toEqual({ ok: false, error: { kind: "argument", detail } });
  });

  test("the highest counts are not", () => {
    for (const request of [
      { kind: "readBits", table: "coil", address: 0, count: 2000 },
      { kind: "readRegisters", table: "input", address: 65411, count: 125 },
      { kind: "writeRegisters", address: 0, values: registers(123) },
      { kind: "writeCoils", address: 0, values: coils(1968) },
    ] as const) {
      expect(encodeRequest(request as ModbusRequest).ok).toBe(true);
    }
  });
});
