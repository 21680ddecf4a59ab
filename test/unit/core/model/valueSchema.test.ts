import { applyDocument } from "../../../../src/core/config/apply";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { type ValueForm, valueSchema } from "../../../../src/core/model/valueSchema";
import type { Point } from "../../../../src/core/points/point";
import type { JsonObject } from "../../../../src/kernel/json";

function pointOf(keys: JsonObject): Point {
  const document = {
    schemaVersion: 1,
    connections: { line: { transport: "tcp", host: "localhost" } },
    devices: { d: { connection: "line", unitId: 1, points: { p: { address: 0, table: "holding", ...keys } } } },
  };
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  expect(problems).toEqual([]);
  return config.devices.get("d")?.points[0] as Point;
}

test.each<[JsonObject, string]>([
  [{ type: "int16" }, "integer"],
  [{ type: "uint16" }, "integer"],
  [{ type: "int32" }, "integer"],
  [{ type: "uint32" }, "long"],
  [{ type: "int64" }, "long"],
  [{ type: "uint64" }, "long"],
  [{ type: "uint16", scale: 0.1 }, "double"],
  [{ type: "uint16", scale: 10 }, "integer"],
  [{ type: "uint16", scale: 100000 }, "long"],
  [{ type: "int16", offset: -40 }, "integer"],
  [{ type: "uint32", mask: "0x00FF0000" }, "integer"],
  [{ type: "float32" }, "float"],
  [{ type: "float32", scale: 1000 }, "double"],
  [{ type: "float64" }, "double"],
  [{ type: "string", length: 8 }, "string"],
  [{ type: "uint16", bit: 3 }, "boolean"],
  [{ table: "coil" }, "boolean"],
  [{ type: "unix32" }, "dateTime"],
])("%j is a %s", (keys, schema) => {
  expect(valueSchema(pointOf(keys)).schema).toBe(schema);
});

test.each<[ValueForm, string]>([
  [{ bigIntegersAsText: true }, "string"],
  [{ inTwin: true }, "long"],
  [{ mean: true }, "double"],
])("a uint64 with %j is a %s", (form, schema) => {
  expect(valueSchema(pointOf({ type: "uint64" }), form).schema).toBe(schema);
});

test("a uint64 in a twin says that large ones are texts", () => {
  expect(valueSchema(pointOf({ type: "uint64" }), { inTwin: true }).caveat).toMatch(/2\^52 a text of digits/);
});

test("texts of an enum become names; two raw values of one text are one value", () => {
  const point = pointOf({ type: "uint16", enum: { 0: "off", 1: "Phase loss (L1)", 2: "2nd stage", 3: "off" } });
  expect(valueSchema(point).schema).toEqual({
    "@type": "Enum",
    valueSchema: "string",
    enumValues: [
      { name: "off", enumValue: "off" },
      { name: "phaseLossL1", displayName: "Phase loss (L1)", enumValue: "Phase loss (L1)" },
      { name: "value2ndStage", displayName: "2nd stage", enumValue: "2nd stage" },
    ],
  });
});

test("what is scaled by another point, or mapped onto a range, is no whole number", () => {
  const sf = pointOf({ type: "int16" });
  expect(valueSchema({ ...pointOf({ type: "uint16" }), scaledBy: [{ as: "power", point: sf }] }).schema).toBe("double");
  expect(valueSchema({ ...pointOf({ type: "float32" }), scaledBy: [{ as: "power", point: sf }] }).schema).toBe(
    "double",
  );
  const range = (raw: readonly number[]) =>
    valueSchema(pointOf({ type: "int16", range: { raw: [...raw], value: [0, 100] } }));
  expect(range([0, 27_648]).schema).toBe("double");
  expect(range([0, 4000]).schema).toBe("double");
  expect(range([0, 50]).schema).toBe("integer");
});
