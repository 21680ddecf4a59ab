import fc from "fast-check";
import { applyDocument } from "../../src/core/config/apply";
import { applyDelta, diffConfig } from "../../src/core/config/diff";
import { expandInstances } from "../../src/core/config/instances";
import { builtInProfiles } from "../../src/core/config/profiles";
import { resolveDocument } from "../../src/core/config/resolve";

const range = fc
  .tuple(fc.nat(12), fc.nat(4), fc.boolean())
  .map(([from, more, padded]) => [from, from + more].map((n) => (padded ? `0${n}` : `${n}`)).join("-"));

const points = fc.record({
  x: fc.record({
    table: fc.constant("input"),
    address: fc.constantFrom<unknown>(3, "{c}", "{2*c+10}", "{c-100}"),
    type: fc.constantFrom("uint16", "int32", "flaot32"),
    title: fc.constantFrom("one", "{c}", "no. {c+1}"),
    group: fc.constantFrom("default", "fast", "once"),
  }),
});

const device = fc.record({
  connection: fc.constantFrom("gw{c}", "gw1", "plant"),
  unitId: fc.constantFrom<unknown>(1, "{c+1}", "{300*c}"),
  for: fc.oneof({ weight: 9, arbitrary: range.map((c) => ({ c })) }, fc.constant({ c: "x" })),
  points,
  addressOffset: fc.constantFrom(0, 100, -1),
  use: fc.constantFrom<unknown>(undefined, ["x"], ["y"]),
  connectDelayMs: fc.constantFrom(0, 50),
});

const explicit = fc.record({ unitId: fc.constantFrom(7, 300), points: fc.constantFrom({}, { x: { address: 9 } }) });

/** Documents with few names, so that instances meet each other and what stands under their names. */
const document = fc.record({
  groups: fc.constantFrom<object>(
    { fast: { intervalMs: 500 }, once: { intervalMs: "connect" } },
    { fast: { intervalMs: 700, align: true, consistent: true }, once: { intervalMs: "onDemand" } },
  ),
  connections: fc.record({
    "gw{c}": fc.record({
      transport: fc.constant("tcp"),
      host: fc.constantFrom("10.0.0.{c}", "10.0.0.{c+1}"),
      for: range.map((c) => ({ c })),
    }),
    plant: fc.constant({ transport: "tcp", host: "plc" }),
  }),
  devices: fc
    .record({ "rtu{c}": device, "rtu1{c}": device, rtu1: fc.option(explicit), rtu05: fc.option(explicit) })
    .map((devices) => JSON.parse(JSON.stringify(devices)) as object),
});

describe("instances", () => {
  it("are the same whatever order the keys of a document have, and each name is made once", () => {
    fc.assert(
      fc.property(document, (given) => {
        const turned = { ...given, devices: Object.fromEntries(Object.entries(given.devices).reverse()) };
        const a = expandInstances(given);
        const again = expandInstances(structuredClone(given));
        expect(again.document).toEqual(a.document);
        const names = (expansion: typeof a): string[] =>
          Object.keys((expansion.document as { devices: object }).devices).sort();
        expect(names(expandInstances(turned))).toEqual(names(a));
        expect(names(a).some((name) => /[{}]/.test(name))).toBe(false);
      }),
    );
  });

  it("never throw, and every problem of one points into the document", () => {
    fc.assert(
      fc.property(document, (given) => {
        for (const { path } of resolveDocument(given, builtInProfiles).problems) {
          const [, kind = "", name = ""] = path.split("/");
          const part = (given as unknown as Record<string, object>)[kind] ?? {};
          if (kind === "groups") continue;
          expect(Object.keys(part)).toContain(name);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("applyDelta(A, diffConfig(A, B)) equals B with instances and the keys of models", () => {
    fc.assert(
      fc.property(document, document, (first, second) => {
        const a = applyDocument(undefined, first, builtInProfiles).config;
        const b = applyDocument(a, second, builtInProfiles).config;
        const delta = diffConfig(a, b);
        const reached = applyDelta(a, delta);
        expect(reached).toEqual(b);
        for (const same of delta.devices.unchanged) expect(reached.devices.get(same)).toBe(a.devices.get(same));
        for (const { connection } of b.devices.values()) expect(b.connections.has(connection)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("of any JSON are refused or made, never thrown over", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string(), (value, text) => {
        for (const body of [value, { for: value }, { for: { c: "1-2" }, x: value, y: `{${text}}` }]) {
          for (const { path, text: told } of resolveDocument({ devices: { "a{c}": body } }, builtInProfiles).problems) {
            expect(path === "" || path.startsWith("/")).toBe(true);
            expect(told).not.toMatch(/Invalid input|undefined|\[object/);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
