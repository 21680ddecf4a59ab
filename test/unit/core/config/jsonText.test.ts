import { readConfigurationText, readJsonText, textWithPlace } from "../../../../src/core/config/jsonText";

function problems(text: string) {
  const read = readConfigurationText(text);
  return read.ok ? [] : read.error.map((problem) => `${problem.path} ${textWithPlace(problem)}`);
}

describe("readJsonText", () => {
  it("reads what RFC 8259 allows, with a byte order mark too", () => {
    expect(readJsonText('\ufeff{"a": [1, -0.5, 1e3, true, null, "\\u00e9\\n"]}')).toEqual({
      ok: true,
      value: { a: [1, -0.5, 1000, true, null, "é\n"] },
    });
  });

  it.each([
    ["", "the file is empty: a JSON object is expected"],
    [" \n\t", "the file is empty: a JSON object is expected"],
    [
      "\u0000\u0001PK",
      'the file is not UTF-8 text: save it as UTF-8 ("Unicode" of Windows editors is another encoding)',
    ],
    [
      "\ufffd\ufffd{}",
      'the file is not UTF-8 text: save it as UTF-8 ("Unicode" of Windows editors is another encoding)',
    ],
  ])("says in a sentence what %j is", (text, sentence) => {
    expect(problems(text)).toEqual([` ${sentence}`]);
  });

  it.each([
    ['{\n  "a": 1,\n}', "line 3, column 1: a name in double quotes is expected"],
    ['{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma is expected"],
    ['{ "a": [1, 2, ] }', "line 1, column 15: a value is expected"],
    ['{ // why\n "a": 1 }', "line 1, column 3: comments are not JSON"],
    ['{ "a": tru }', "line 1, column 8: this is not JSON"],
    ['{ "a": 1 } {}', "line 1, column 12: the text goes on after its end"],
    ['{ "a": 1', "line 1, column 9: a closing brace } is missing"],
    ["{ 'a': 1 }", "line 1, column 3: "],
    ['{ "a": 01 }', "line 1, column 9: "],
    ['{ "a": "\t" }', "line 1, column 8: control characters"],
  ])("gives line and column of the first slip in %j", (text, start) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(` ${start}`);
  });

  it("finds what is named twice, by its place in the configuration", () => {
    const text = '{ "configuration": {\n  "devices": {\n    "boiler": {},\n    "b": {}, "boiler": {}\n  }\n} }';
    expect(problems(text)).toEqual([
      '/devices/boiler line 4, column 14: names "boiler" twice (first in line 3): keep one',
    ]);
  });

  it("takes escapes for what they mean", () => {
    expect(problems('{"a": 1, "\\u0061": 2}')).toEqual([
      '/a line 1, column 10: names "a" twice (first in line 1): keep one',
    ]);
  });

  it("treats names of object members as plain names", () => {
    expect(problems('{"constructor": {}, "toString": {}, "__proto__": {}}')).toEqual([]);
    expect(problems('{"__proto__": 1, "__proto__": 2}')).toHaveLength(1);
  });

  it.each(["18446744073709551615", "9007199254740993", "0.1000000000000000055511151231257827", "1e400"])(
    "refuses %s, whose digits no double keeps",
    (digits) => {
      expect(problems(`{"devices": {"a": ${digits}}}`)).toEqual([
        `/devices/a line 1, column 19: the number ${digits} would lose digits: write it as a text, in quotes`,
      ]);
    },
  );

  it.each(["0.0000152587890625", "9007199254740991", "1.50", "1E3", "-0.1", "0.30000000000000004", "1e-7"])(
    "takes %s",
    (digits) => {
      expect(problems(`{"a": ${digits}}`)).toEqual([]);
    },
  );

  it("survives nesting that would exhaust the stack", () => {
    expect(problems(`${"[".repeat(200_000)}${"]".repeat(200_000)}`)).toEqual([
      " objects and lists are nested deeper than 64",
    ]);
    expect(problems(`{"a": "${"[".repeat(1000)}"}`)).toEqual([]);
  });
});

describe("readConfigurationText", () => {
  it("takes the configuration itself or wrapped", () => {
    expect(readConfigurationText('{"devices": {}}')).toEqual({ ok: true, value: { devices: {} } });
    expect(readConfigurationText('{"configuration": {"devices": {}}}')).toEqual({ ok: true, value: { devices: {} } });
  });

  it("refuses what is no object, or has more than the configuration", () => {
    expect(problems("[1]")).toEqual([" a JSON object is expected: the configuration"]);
    expect(problems('{"configuration": {}, "boiler": 1}')[0]).toContain('beside "configuration" stands "boiler"');
  });
});

test("$schema of a file is for editors: at the root, beside the configuration or its wrapper", () => {
  const bare = readConfigurationText('{ "$schema": "./modbus-edge.schema.json", "devices": {} }');
  expect(bare).toEqual({ ok: true, value: { devices: {} } });
  const wrapped = readConfigurationText('{ "$schema": "./s.json", "configuration": { "devices": {} } }');
  expect(wrapped).toEqual({ ok: true, value: { devices: {} } });
  const inside = readConfigurationText('{ "configuration": { "$schema": "./s.json" } }');
  expect(inside).toEqual({ ok: true, value: { $schema: "./s.json" } });
  const number = readConfigurationText('{ "$schema": 1 }');
  expect(number).toEqual({ ok: true, value: { $schema: 1 } });
});
