import { decode, encode } from "../../../src/cli/codec";
import type { CliIo } from "../../../src/cli/io";
import { err, ok } from "../../../src/kernel/result";

type Codec = typeof decode;

async function run(command: Codec, input: string, args: string[] = []) {
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: {},
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (path === "-" || path === "lines" ? ok(input) : err(`${path}: there is no such file`)),
    writeFile: async () => err("read only"),
    signal: new AbortController().signal,
  };
  return { code: await command(args, io), lines: written.out.split("\n").slice(0, -1), err: written.err };
}

async function one(command: Codec, line: string): Promise<string> {
  const { lines, code } = await run(command, line);
  expect(lines).toHaveLength(1);
  expect(code).toBe(lines[0]?.startsWith('{"error"') === true ? 1 : 0);
  return lines[0] ?? "";
}

test.each([
  ['{"type":"uint64","registers":[65535,65535,65535,65535]}', '{"value":18446744073709551615}'],
  ['{"type":"uint64","registers":[65535,65535,65535,65535],"scale":0.001}', '{"value":18446744073709551.615}'],
  ['{"type":"uint64","registers":[0,0,0,3],"scale":12345678901234567890.12}', '{"value":37037036703703703670.36}'],
  ['{"type":"float32","order":"CDAB","registers":[39322,17254]}', '{"value":230.6}'],
  ['{"type":"int16","registers":[32768],"notAvailable":"auto"}', '{"bad":"notAvailable"}'],
  ['{"type":"bcd16","registers":[4660]}', '{"value":1234}'],
  ['{"type":"bcd16","registers":[10]}', '{"bad":"decode"}'],
  ['{"type":"int16","registers":[2305],"scalePoint":"sf","scalePointValue":-2}', '{"value":23.05}'],
  ['{"type":"int16","registers":[2305],"scalePointValue":-32768}', '{"bad":"decode"}'],
  ['{"type":"int16","registers":[2305],"scalePointValue":11}', '{"bad":"decode"}'],
  ['{"type":"int16","registers":[2305],"scalePoint":"sf"}', '{"bad":"decode"}'],
  ['{"type":"int16","registers":[13824],"range":{"raw":[0,27648],"value":[0,100]}}', '{"value":50}'],
  ['{"type":"uint16","registers":[9],"scaleBy":["ct"],"parameters":{"ct":0.5}}', '{"value":4.5}'],
  ['{"bits":[1],"enum":{"0":"off","1":"on"}}', '{"value":"on"}'],
  ['{"type":"bool","bits":[false]}', '{"value":false}'],
  ['{"type":"uint16","bit":3,"registers":[8]}', '{"value":true}'],
  ['{"type":"string","registers":[21316,19766]}', '{"value":"SDM6"}'],
  ['{"type":"mod10k","registers":[1,2,3]}', '{"value":300020001}'],
  ['{"type":"uint32","registers":[9]}', '{"error":"uint32 takes 2 registers, and 1 are given"}'],
  [
    '{"type":"uint16","registers":[9],"skale":3}',
    '{"error":"skale: \\"skale\\" is not a key of a point; did you mean \\"scale\\"?"}',
  ],
  ['{"type":"int8Low","registers":[9],"order":"BA"}', '{"error":"order: int8Low has no order: leave it out"}'],
  ['{"type":"uint16","registers":[65536]}', '{"error":"registers: a list of 1 to 125 whole numbers from 0 to 65535"}'],
  ['{"type":"uint16"}', '{"error":"\\"registers\\" or \\"bits\\" are missing: a list of what was read"}'],
  [
    '{"type":"uint16","registers":[9],"type":"int16"}',
    '{"error":"names \\"type\\" twice (first in line 1): keep one"}',
  ],
  ["[]", '{"error":"a line is a JSON object"}'],
])("decode %s", async (line, expected) => {
  expect(await one(decode, line)).toBe(expected);
});

test.each([
  ['{"type":"uint64","value":18446744073709551615}', '{"registers":[65535,65535,65535,65535]}'],
  ['{"type":"uint64","value":"18446744073709551615"}', '{"registers":[65535,65535,65535,65535]}'],
  ['{"type":"uint64","value":18446744073709551.615,"scale":0.001}', '{"registers":[65535,65535,65535,65535]}'],
  [
    '{"type":"uint64","value":18446744073709551616}',
    '{"error":"18446744073709551616 does not fit uint64, which carries 0 to 18446744073709551615 here; the nearest value is 18446744073709551615","nearest":18446744073709551615}',
  ],
  ['{"type":"float32","value":230.1,"order":"CDAB"}', '{"registers":[6554,17254]}'],
  ['{"type":"float32","value":-0.0}', '{"registers":[32768,0]}'],
  ['{"type":"bool","value":true}', '{"bits":[true]}'],
  ['{"type":"int8High","value":-5}', '{"registers":[64256]}'],
  ['{"type":"int8Low","value":-5,"registers":[4660]}', '{"registers":[4859]}'],
  ['{"type":"uint16","bit":3,"value":true}', '{"registers":[8]}'],
  ['{"type":"uint16","mask":"0x0FF0","value":5,"registers":[61455]}', '{"registers":[61535]}'],
  ['{"type":"int16","value":23.05,"scalePointValue":-2}', '{"registers":[2305]}'],
  [
    '{"type":"int16","value":23.05,"scalePoint":"x"}',
    '{"error":"scalePointValue: a power of ten from -10 to 10 is needed"}',
  ],
  ['{"type":"unix32","value":"2009-02-13T23:31:30Z"}', '{"registers":[18838,722]}'],
  [
    '{"type":"string","length":2,"value":12345678901234567890}',
    '{"error":"expected a text, got 12345678901234567890"}',
  ],
  [
    '{"type":"uint16","value":90,"writeMax":80}',
    '{"error":"90 is above 80, the highest value that may be written; the nearest value is 80","nearest":80}',
  ],
  [
    '{"type":"uint16","value":21.3,"scale":0.5}',
    '{"error":"21.3 lies between two steps of 0.5; the nearest value is 21.5","nearest":21.5}',
  ],
  ['{"type":"uint16"}', '{"error":"\\"value\\" is missing: what is to be written"}'],
])("encode %s", async (line, expected) => {
  expect(await one(encode, line)).toBe(expected);
});

test("one line out for each line in, in order; 1 where one of them is an error", async () => {
  const lines = ['{"type":"uint16","registers":[1]}', "", "{", '{"type":"uint16","registers":[2]}'];
  const { code, lines: out } = await run(decode, `${lines.join("\r\n")}\n`, ["lines"]);
  expect(code).toBe(1);
  expect(out).toEqual([
    '{"value":1}',
    expect.stringContaining('"error"'),
    expect.stringContaining('"error"'),
    '{"value":2}',
  ]);
  expect((await run(decode, `${lines[0]}\n${lines[3]}`)).code).toBe(0);
  expect((await run(decode, "")).lines).toEqual([]);
});

test("usage", async () => {
  expect(await run(encode, "", ["a", "b"])).toMatchObject({ code: 2, lines: [] });
  expect((await run(encode, "", ["--help"])).code).toBe(0);
  expect(await run(decode, "", ["nowhere"])).toMatchObject({ code: 1, err: "nowhere: there is no such file\n" });
});
