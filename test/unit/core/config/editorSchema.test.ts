import { editorJsonSchema } from "../../../../src/core/config/editorSchema";
import { configurationJsonSchema } from "../../../../src/core/config/jsonSchema";
import type { JsonObject } from "../../../../src/kernel/json";

type Definitions = Record<string, { readonly properties: Record<string, JsonObject> }>;
const editors = editorJsonSchema()["$defs"] as unknown as Definitions;
const strict = configurationJsonSchema()["$defs"] as Definitions;
const keyOf = (definitions: Definitions, definition: string, key: string) => definitions[definition]?.properties[key];

/** Whether the schema of one key takes a text. */
function takes(definition: string, key: string, text: string): boolean {
  const forms = (keyOf(editors, definition, key)?.["anyOf"] ?? []) as readonly JsonObject[];
  return forms.some(({ type, pattern }) => type === "string" && new RegExp(String(pattern)).test(text));
}

test.each([
  ["Device", "unitId"],
  ["TcpConnection", "port"],
  ["Point", "length"],
])("%s.%s may be a number that a template makes, and no other text", (definition, key) => {
  for (const text of ["{u}", "{10+n}"]) expect([text, takes(definition, key, text)]).toEqual([text, true]);
  for (const text of ["", "7", "x", "{u", "{}", "a{u}"])
    expect([text, takes(definition, key, text)]).toEqual([text, false]);
  const { description, ...form } = keyOf(strict, definition, key) ?? {};
  const { default: _, ...bare } = form;
  expect(keyOf(editors, definition, key)).toMatchObject({ description, anyOf: [bare, expect.any(Object)] });
});

test("texts of a form may have holes", () => {
  expect(takes("Device", "profile", "acme-{n}")).toBe(true);
  expect(takes("Device", "profile", "Acme!")).toBe(false);
});

test("what no template fills stays as it is", () => {
  for (const name of ["Module", "Output", "Command", "Profile"]) expect(editors[name]).toEqual(strict[name]);
  expect(keyOf(editors, "Device", "for")).toEqual(keyOf(strict, "Device", "for"));
});
