import fc from "fast-check";
import { applyDocument } from "../../src/core/config/apply";
import { applyDelta, diffConfig } from "../../src/core/config/diff";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { mergeDiff } from "../../src/core/config/mergeDiff";
import { applyMergePatch } from "../../src/core/config/mergePatch";
import { builtInProfiles } from "../../src/core/config/profiles";
import { resolveDocument } from "../../src/core/config/resolve";
import { endpointOf } from "../../src/core/config/resolveConnection";
import type { Json, JsonObject } from "../../src/kernel/json";

const NAMES = ["a", "b", "constructor", "toString"];
const name = fc.constantFrom(...NAMES);

const point = fc.record({
  table: fc.constantFrom("input", "holding", "inpt"),
  address: fc.oneof({ weight: 9, arbitrary: fc.nat(65534) }, fc.constant(70000)),
  type: fc.constantFrom("uint16", "float32", "int64"),
  group: fc.constantFrom("default", "fast"),
});

const connection = fc.oneof(
  fc.record({ transport: fc.constant("tcp"), host: fc.constantFrom("h1", "h2"), port: fc.constantFrom(502, 503, 0) }),
  fc.record({
    transport: fc.constant("serial"),
    path: fc.constantFrom("/dev/a", "/dev/b"),
    line: fc.constantFrom("9600 8N1", "x"),
  }),
);

const device = fc.record({
  connection: name,
  unitId: fc.constantFrom(1, 2, 300),
  points: fc.dictionary(name, point, { maxKeys: 3, noNullPrototype: true }),
  groups: fc.constant({ fast: { intervalMs: 100 } }),
});

/** Documents with few names, so that two of them share many parts, and with faults. */
const document = fc.record({
  connections: fc.dictionary(name, connection, { maxKeys: 4, noNullPrototype: true }),
  devices: fc.dictionary(name, device, { maxKeys: 4, noNullPrototype: true }),
});

describe("configuration", () => {
  it("applyDelta(A, diffConfig(A, B)) equals B, and equal parts are the same objects", () => {
    fc.assert(
      fc.property(document, document, (first, second) => {
        const a = applyDocument(undefined, first, builtInProfiles).config;
        const b = applyDocument(undefined, second, builtInProfiles).config;
        const delta = diffConfig(a, b);
        const reached = applyDelta(a, delta);
        expect(reached).toEqual(b);
        expect([...reached.devices.keys()]).toEqual([...b.devices.keys()]);
        for (const same of delta.devices.unchanged) expect(reached.devices.get(same)).toBe(a.devices.get(same));
        for (const same of delta.connections.unchanged)
          expect(reached.connections.get(same)).toBe(a.connections.get(same));
      }),
      { numRuns: 300 },
    );
  });

  it("fingerprints are equal exactly where definitions are, and the places where the devices stand", () => {
    fc.assert(
      fc.property(document, document, (first, second) => {
        const a = applyDocument(undefined, first, builtInProfiles).config;
        const b = applyDocument(undefined, second, builtInProfiles).config;
        for (const [same, device] of a.devices) {
          const other = b.devices.get(same);
          if (other === undefined) continue;
          const { fingerprint: _a, ...left } = device;
          const { fingerprint: _b, ...right } = other;
          const places = [
            endpointOf(a.connections.get(device.connection) as ConnectionConfig),
            endpointOf(b.connections.get(other.connection) as ConnectionConfig),
          ];
          const equal = JSON.stringify(Object.entries(left), plain) === JSON.stringify(Object.entries(right), plain);
          expect(device.fingerprint === other.fingerprint).toBe(equal && places[0] === places[1]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("after any documents in a row every device stands on a connection that exists, and no port is open twice", () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), (documents) => {
        let config = applyDocument(undefined, {}, builtInProfiles).config;
        for (const next of documents) {
          const before = config;
          const { config: after, state, problems } = applyDocument(config, next, builtInProfiles);
          config = after;
          expect(state === "applied").toBe(problems.length === 0);
          for (const { name: same, connection: stands } of config.devices.values()) {
            expect(config.connections.has(stands)).toBe(true);
            expect(Object.hasOwn(next.devices, same)).toBe(true);
          }
          const ports = [...config.connections.values()].flatMap((one) =>
            one.transport === "serial" ? [one.path] : [],
          );
          expect(new Set(ports).size).toBe(ports.length);
          const faulty = resolveDocument(next, builtInProfiles).devices;
          for (const [same, result] of faulty) {
            const kept = config.devices.get(same);
            const last = before.devices.get(same);
            if (result.ok || kept === undefined) continue;
            if (last === undefined) throw new Error(`${same} comes from nowhere`);
            const places = [before, after].map(({ connections }) =>
              endpointOf(connections.get(kept.connection) as ConnectionConfig),
            );
            if (places[0] === places[1]) expect(kept).toBe(last);
            else expect(kept).toEqual({ ...last, fingerprint: expect.not.stringContaining(last.fingerprint) });
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never throws for any JSON, and says where", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const shapes = [
          value,
          { devices: value },
          { connections: value, profiles: value },
          { devices: { d: value } },
          { profiles: { p: value } },
          { devices: { d: { connection: "c", unitId: 1, points: value } } },
        ];
        for (const shape of shapes) {
          for (const { path, text } of resolveDocument(shape, builtInProfiles).problems) {
            expect(path === "" || path.startsWith("/")).toBe(true);
            expect(text.length).toBeGreaterThan(0);
            expect(text).not.toMatch(/Invalid input|undefined|\[object/);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("merge patches", () => {
  const json = fc
    .jsonValue({ maxDepth: 4 })
    .map((value) => JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (inner === null ? 0 : inner))) as Json)
    .map((value): JsonObject => ({ value }));

  it("apply(A, diff(A, B)) equals B", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const patch = mergeDiff(a, b);
        expect(patch === undefined ? a : applyMergePatch(a, patch)).toEqual(b);
      }),
    );
  });
});

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Map || value instanceof Set ? [...value].sort() : value;
}
