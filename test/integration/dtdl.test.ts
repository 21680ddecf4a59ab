import * as fc from "fast-check";
import siteExample from "../../examples/site.json";
import { applyDocument } from "../../src/core/config/apply";
import { BUILT_IN_PROFILES } from "../../src/core/config/builtInProfiles";
import { builtInProfiles } from "../../src/core/config/profiles";
import { centralTemplate } from "../../src/core/model/centralTemplate";
import type { Dialect } from "../../src/core/model/content";
import { modelDocument } from "../../src/core/model/modelDocument";
import { dtdlDocument, publishModel } from "../../src/core/model/publish";
import { telemetryFormOf } from "../../src/core/model/telemetryForm";
import { MODEL_UNITS } from "../../src/core/model/units";
import { DATA_TYPES } from "../../src/core/points/point";
import type { Json, JsonObject } from "../../src/kernel/json";
import { contractExample } from "../support/contractExample";
import { hoisted, parseDtdl } from "../support/dtdlParser";

/** What we generate, read by Microsoft's own parser. */
const connections = { line: { transport: "tcp", host: "localhost" } };
const PREFIX = "dtmi:acme:site1";
const nothing = { cloudProperties: new Map(), downstream: new Map(), published: new Map() };

function modelOf(document: JsonObject, dialect: Dialect, prefix = PREFIX) {
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  expect(problems).toEqual([]);
  const telemetryForm = telemetryFormOf(config);
  const model = modelDocument({ config, document, profiles: builtInProfiles, prefix, dialect, telemetryForm });
  return publishModel(model, dialect, new Map());
}

function inEveryDialect(document: JsonObject, prefix = PREFIX): readonly Json[] {
  const central = centralTemplate(modelOf(document, "central", prefix), {
    prefix,
    displayName: "Gateway",
    moduleName: "modbus",
    ...nothing,
    cloudProperties: new Map([["site", "string"]]),
  }).template;
  return [
    dtdlDocument(modelOf(document, 2, prefix)),
    dtdlDocument(modelOf(document, 3, prefix)),
    hoisted(central),
  ] as Json[];
}

const unitPoints = Object.fromEntries(
  MODEL_UNITS.map(({ symbol }, index) => [
    `u${index}`,
    { address: index, type: "float32", table: "input", unit: symbol },
  ]),
);

const writable = { access: "readWrite", kind: "property", table: "holding", writeMin: 0, writeMax: 10 };
const writtenUnits = Object.entries(unitPoints).map(([name, point]) => [`w${name}`, { ...point, ...writable }]);

/** By hand: what must be right in every dialect. */
const DOCUMENTS: ReadonlyMap<string, JsonObject> = new Map([
  ["the example of the contract", contractExample() as JsonObject],
  ["the example of a site", siteExample["configuration"] as JsonObject],
  ...[...BUILT_IN_PROFILES.keys()].map(
    (profile) =>
      [
        `the profile ${profile}`,
        { schemaVersion: 1, connections, devices: { one: { connection: "line", unitId: 1, profile } } },
      ] as const,
  ),
  [
    "every unit, in telemetry and as a writable property",
    {
      schemaVersion: 1,
      connections,
      devices: {
        telemetry: { connection: "line", unitId: 1, points: unitPoints },
        writable: { connection: "line", unitId: 1, points: Object.fromEntries(writtenUnits) },
      },
    },
  ],
]);

/** As long and as many as a configuration can make them. */
const name64 = (head: string): string => head + "n".repeat(64 - head.length);
const profile48 = `p${"q".repeat(47)}`;
const manyTexts = (count: number) => Object.fromEntries([...Array(count).keys()].map((raw) => [raw, `text ${raw}`]));
const edgePoints = {
  [name64("first")]: { address: 1, type: "uint16", title: "t".repeat(64), enum: manyTexts(100) },
  [name64("second")]: { address: 2, type: "uint16", title: "t".repeat(65), enum: manyTexts(101) },
  [name64("third")]: { address: 3, type: "uint16", description: "d".repeat(512), ...writable },
  [name64("fourth")]: { address: 4, type: "uint16", description: "d".repeat(513) },
};
const PREFIX_60 = `dtmi:${"p".repeat(55)}`;
const EDGES: JsonObject = {
  schemaVersion: 1,
  connections,
  profiles: { [profile48]: { defaults: { table: "holding" }, points: edgePoints } },
  devices: {
    [name64("plain")]: { connection: "line", unitId: 1, profile: profile48 },
    [name64("changed")]: {
      connection: "line",
      unitId: 2,
      profile: profile48,
      points: { more: { address: 9, type: "int16" } },
    },
    [name64("changedToo")]: {
      connection: "line",
      unitId: 3,
      profile: profile48,
      points: { less: { address: 9, type: "int16" } },
    },
    [name64("own")]: { connection: "line", unitId: 4, points: { x: { table: "holding", address: 9, type: "int16" } } },
  },
};

const EDGE_NAME = "the longest names, titles and lists";

/** What the parser says: one process for all, for it is slow to start. */
const answers = new Map<string, readonly string[]>();
let refusal = "";
beforeAll(() => {
  const documents = [...DOCUMENTS].map(([name, document]) => [name, inEveryDialect(document)] as const);
  documents.push([EDGE_NAME, inEveryDialect(EDGES, PREFIX_60)]);
  const wrong = { "@type": "Telemetry", name: "a-b", schema: "double" };
  const all = [
    [{ "@context": "dtmi:dtdl:context;2", "@id": "dtmi:a;1", "@type": "Interface", contents: [wrong] }] as Json,
    ...documents.flatMap(([, made]) => made),
  ];
  const [first = "", ...rest] = parseDtdl(all);
  refusal = first;
  for (const [name, made] of documents) answers.set(name, rest.splice(0, made.length));
}, 180_000);

test("the parser refuses what is wrong", () => expect(refusal).toMatch(/a-b/));

test.each([...DOCUMENTS.keys(), EDGE_NAME])("%s, in Central's dialect, version 2 and version 3", (name) => {
  expect(answers.get(name)).toEqual(["", "", ""]);
});

test("identifiers stay within 128 characters, and apart; an enum of 101 is a text", () => {
  const { interfaces } = modelOf(EDGES, 2, PREFIX_60);
  expect(interfaces.size).toBe(4);
  for (const id of interfaces.keys()) expect(id.length).toBeLessThanOrEqual(128 - 3);
  const contents = [...interfaces.values()].flatMap((one) => one["contents"] as JsonObject[]);
  const schemaOf = (name: string) => contents.find((one) => one["name"] === name)?.["schema"];
  expect(schemaOf(name64("first"))).toMatchObject({ "@type": "Enum" });
  expect(schemaOf(name64("second"))).toBe("string");
});

const text = fc.string({ minLength: 1, maxLength: 80 });
const point = fc.record(
  {
    type: fc.constantFrom(
      ...DATA_TYPES.filter((type) => !["bool", "string", "stringLow", "stringHigh", "mod10k"].includes(type)),
    ),
    unit: fc.oneof(fc.constantFrom(...MODEL_UNITS.map(({ symbol }) => symbol)), text),
    title: text,
    description: fc.string({ minLength: 1, maxLength: 700 }),
    kind: fc.constantFrom("telemetry", "property"),
    access: fc.constantFrom("read", "readWrite"),
  },
  { requiredKeys: ["type"] },
);
const enumPoint = fc.record({
  type: fc.constantFrom("uint16", "int32"),
  enum: fc.dictionary(fc.nat(500).map(String), text, { minKeys: 1, maxKeys: 130 }),
});
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}[A-Za-z0-9]$/);
const points = fc.dictionary(name, fc.oneof(point, enumPoint), { minKeys: 1, maxKeys: 45 });

test("200 generated documents", () => {
  const samples = fc.sample(fc.array(fc.tuple(name, points), { minLength: 1, maxLength: 3 }), {
    numRuns: 200,
    seed: 6,
  });
  const documents = samples.map((devices) => ({
    schemaVersion: 1,
    connections,
    devices: Object.fromEntries(
      devices.map(([device, its], unit) => [
        `d${device}`,
        { connection: "line", unitId: unit + 1, points: placed(its as Record<string, JsonObject>) },
      ]),
    ),
  }));
  // Each in one of the three dialects in turn: the parser takes a tenth of a second for each.
  const texts = parseDtdl(
    documents.flatMap((document, index) => inEveryDialect(document).slice(index % 3, (index % 3) + 1)),
  );
  expect(texts).toHaveLength(200);
  expect(texts.filter((text) => text !== "")).toEqual([]);
}, 180_000);

function placed(its: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.fromEntries(
    Object.entries(its).map(([key, point], index) => [`p${key}`, { table: "holding", address: index * 4, ...point }]),
  );
}
