import fc from "fast-check";
import { applyDocument } from "../../src/core/config/apply";
import { readRegisterList } from "../../src/core/config/csv/registerList";
import { findLegacy } from "../../src/core/config/legacy/findLegacy";
import { nativeDocument } from "../../src/core/config/legacy/nativeDocument";
import { translateLegacy } from "../../src/core/config/legacy/translateLegacy";
import { builtInProfiles } from "../../src/core/config/profiles";
import { profileProblems } from "../../src/core/config/resolve";
import type { Json, JsonObject } from "../../src/kernel/json";

const KEYS = [
  ...["SlaveConnection", "TcpPort", "RetryCount", "RetryInterval", "HwId", "Operations", "BaudRate", "Parity", "hwid"],
  ...["StopBits", "PollingInterval", "UnitId", "StartAddress", "Count", "DisplayName", "DataType", "Order", "Scale"],
  ...["Point", "Unit", "SlaveConfigs", "PublishInterval", "Version", "__proto__", "constructor", "toString", "Op/~1"],
];

const leaf: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>("40001", "00017", "", "plc", "ttyS0", "float32", "CDAB", "0.1", "9600", "Voltage", "1"),
  fc.constantFrom<Json[]>(1, 0, -1, 1.5, 1e300, 40001, null, true, [], "__proto__", "é\u0000", "x".repeat(300)),
  fc.string({ maxLength: 8 }),
);

/** Objects with the keys of a legacy document in the wrong places, and what nobody would write. */
const anything: fc.Arbitrary<Json> = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    leaf,
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie("tree")), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries) as JsonObject),
  ),
})).tree;

const operation = fc.record(
  { StartAddress: leaf, Count: leaf, UnitId: leaf, DataType: leaf, Order: leaf, Point: leaf },
  { requiredKeys: [] },
);
const slave = fc.record(
  { SlaveConnection: leaf, HwId: leaf, BaudRate: leaf, Operations: fc.dictionary(fc.constantFrom(...KEYS), operation) },
  { requiredKeys: [] },
);

test("no document breaks the translation; each problem has a place inside it", () => {
  const slaves = fc.oneof(anything, fc.dictionary(fc.constantFrom(...KEYS), slave) as fc.Arbitrary<Json>);
  fc.assert(
    fc.property(slaves, fc.dictionary(fc.constantFrom(...KEYS), leaf), (configs, root) => {
      const document = { ...(root as JsonObject), SlaveConfigs: configs } as JsonObject;
      const { config, state, problems, warnings } = applyDocument(undefined, document, builtInProfiles);
      for (const { path, text } of [...problems, ...warnings]) {
        expect(path).not.toMatch(/^\/(?:devices|connections|groups|outputs)/);
        expect(text).not.toBe("");
      }
      if (state !== "rejected") {
        const native = nativeDocument(translateLegacy(document)).document;
        const second = applyDocument(undefined, native, builtInProfiles);
        for (const name of config.devices.keys()) expect([...second.config.devices.keys()]).toContain(name);
      }
    }),
    { numRuns: 500 },
  );
});

test("nothing is found where nothing is", () => {
  fc.assert(
    fc.property(anything, (document) => {
      for (const { path } of findLegacy({ inside: document })) expect(path).toMatch(/^\/inside/);
    }),
  );
});

test("no text breaks the reading of a list; what is taken is valid", () => {
  const cell = fc.oneof(
    fc.constantFrom(
      "40001",
      "7",
      "0x1F",
      "holding",
      "coil",
      "uint16",
      "float32",
      "CDAB",
      "0,1",
      "1.5",
      "a",
      "b",
      '"',
      "=",
    ),
    fc.string({ maxLength: 5 }),
  );
  const title = fc.constantFrom(
    "name",
    "address",
    "table",
    "type",
    "order",
    "scale",
    "enum",
    "scalePoint",
    "bits",
    "group",
    "?",
  );
  const text = fc
    .tuple(
      fc.uniqueArray(title, { minLength: 1 }),
      fc.array(fc.array(cell, { maxLength: 11 }), { maxLength: 6 }),
      fc.constantFrom(",", ";", "\t"),
    )
    .map(([titles, rows, delimiter]) =>
      [["name", "address", ...titles.slice(2)], ...rows].map((row) => row.join(delimiter)).join("\n"),
    );
  fc.assert(
    fc.property(text, fc.boolean(), (list, plainAddresses) => {
      const read = readRegisterList(list, { plainAddresses, addressBase: 0 }, builtInProfiles);
      if (!read.ok) return;
      const { points, groups } = read.value;
      expect(profileProblems("list", { groups, points }, builtInProfiles)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
