import { publishedIn, versionOf } from "../../../../src/core/model/versions";

const power = { "@type": ["Telemetry", "Power"], name: "power", schema: "double", unit: "kilowatt" };
const state = { "@type": "Property", name: "state", schema: "string", displayName: "State" };
const before = publishedIn([{ "@id": "dtmi:a:b;4", "@type": "Interface", contents: [power, state] }]);

test("what is unchanged keeps its version, what is new begins at 1", () => {
  expect(versionOf("dtmi:a:b", [power, state], before)).toEqual({ version: 4, changes: [] });
  expect(versionOf("dtmi:a:c", [power], before)).toEqual({ version: 1, changes: [] });
});

test.each([
  ["removed", [power], [{ name: "state", what: "removed", breaks: true }]],
  ["added", [power, state, { ...state, name: "more" }], [{ name: "more", what: "added", breaks: false }]],
  ["a unit", [{ ...power, unit: "watt" }, state], [{ name: "power", what: "changed: unit", breaks: true }]],
  [
    "a title",
    [power, { ...state, displayName: "Z" }],
    [{ name: "state", what: "changed: displayName", breaks: false }],
  ],
])("%s: the next version, and what is different", (_what, contents, changes) => {
  const result = versionOf("dtmi:a:b", contents, before);
  expect(result.version).toBe(5);
  expect(result.changes).toEqual(changes.map((change) => ({ interfaceId: "dtmi:a:b", ...change })));
});

test("a component that bears its interface is the same as one that names it", () => {
  const inside = {
    "@type": "Component",
    name: "d",
    schema: { "@id": "dtmi:a:d;1", "@type": "Interface", contents: [] },
  };
  const published = publishedIn({ "@id": "dtmi:a:m;2", "@type": "Interface", contents: [inside] });
  expect([...published.keys()].sort()).toEqual(["dtmi:a:d", "dtmi:a:m"]);
  const named = { "@type": "Component", name: "d", schema: "dtmi:a:d;1" };
  expect(versionOf("dtmi:a:m", [named], published)).toEqual({ version: 2, changes: [] });
});
