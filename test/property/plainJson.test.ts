import * as fc from "fast-check";
import { readJsonText } from "../../src/core/config/jsonText";
import { readPlain, scanJson } from "../../src/core/config/plainJson";

function plain(text: string) {
  return readPlain(text, scanJson(text));
}

const name = fc.oneof(fc.string(), fc.constantFrom("a", "b", "__proto__", ":", '"', "\\", "{", "e1"));
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const { document } = fc.letrec((tie) => ({
  document: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("document"), { maxLength: 4 }),
    fc.dictionary(name, tie("document"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const spaces = fc.constantFrom(0, 1, "\t");

describe("the short way through a JSON text", () => {
  it("takes no other way than the long one would", () => {
    fc.assert(
      fc.property(document, spaces, (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const short = plain(text);
        if (short !== undefined) expect(readJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) });
        if (short !== undefined) expect(JSON.stringify(short, null, indent)).toBe(text);
      }),
    );
  });

  it("takes everything that has short numbers and no name twice", () => {
    const whole = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const object = fc.dictionary(name, fc.oneof(whole, fc.dictionary(name, whole)), { noNullPrototype: true });
    fc.assert(fc.property(object, (value) => expect(plain(JSON.stringify(value))).toBeDefined()));
  });

  it("sees every name that is there twice, however it is written, wherever it stands", () => {
    fc.assert(
      fc.property(document, name, fc.boolean(), (inner, twice, escaped) => {
        const plainName = JSON.stringify(twice);
        const other = escaped
          ? `"${[...Array(twice.length).keys()].map((at) => `\\u${twice.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")}"`
          : plainName;
        const text = `{"x":[{${plainName}:1,"between":${JSON.stringify(inner)},${other}:2}]}`;
        expect(plain(text)).toBeUndefined();
        expect(readJsonText(text).ok).toBe(false);
      }),
    );
  });

  it.each(["18446744073709551615", "1e400", "-1E+3", "0.1000000000000000055", "[1234567890123456]", '{"a":1e3}'])(
    "leaves %s to those who look closer",
    (text) => expect(plain(text)).toBeUndefined(),
  );

  it.each(["true", "[false,-0.5]", '{"e":"1e400"}', '{"a:b":"\\":1"}', "123456789012345"])("takes %s", (text) => {
    expect(plain(text)).toEqual(JSON.parse(text));
  });

  it("takes nothing that is no JSON", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (plain(text) !== undefined) expect(() => JSON.parse(text)).not.toThrow();
      }),
    );
    for (const text of ["", "{", '{"a":1,}', "{'a':1}", "01", "1e400,"]) expect(plain(text)).toBeUndefined();
  });
});
