import { applyDocument } from "../../../../src/core/config/apply";
import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../../../src/core/config/profiles";

const point = (address: number) => ({ table: "holding", address, type: "uint16" });

function documentOf({ host = "plc.local", ...more }: { readonly host?: string; readonly [key: string]: unknown } = {}) {
  return {
    connections: { plant: { transport: "tcp", host } },
    devices: {
      boiler: { connection: "plant", unitId: 1, points: { a: point(0), b: point(1) }, ...more },
      pump: { connection: "plant", unitId: 2, points: { a: point(0), b: point(1) } },
    },
  };
}

function resolved(document = documentOf(), name = "boiler"): DeviceConfig {
  return applyDocument(undefined, document, builtInProfiles).config.devices.get(name) as DeviceConfig;
}

describe("the fingerprint of a device", () => {
  it("is the same whenever it is asked for, of whichever object with the same definition", () => {
    const device = resolved();
    const { fingerprint } = device;
    expect(fingerprint).toMatch(/^[0-9a-f]{16,}$/);
    expect([device.fingerprint, resolved().fingerprint]).toEqual([fingerprint, fingerprint]);
  });

  it("goes along with every kind of copy, be it the first to ask", () => {
    const { fingerprint } = resolved();
    const { unitId: _, ...rest } = resolved();
    expect({ ...resolved() }.fingerprint).toBe(fingerprint);
    expect({ ...resolved(), enabled: false }.fingerprint).toBe(fingerprint);
    expect({ ...resolved(), fingerprint: "of its own" }.fingerprint).toBe("of its own");
    expect(rest.fingerprint).toBe(fingerprint);
    expect(Object.assign({}, resolved()).fingerprint).toBe(fingerprint);
    expect(structuredClone(resolved()).fingerprint).toBe(fingerprint);
    expect(JSON.parse(JSON.stringify(resolved()))).toMatchObject({ fingerprint });
    expect(Object.keys(resolved())).toContain("fingerprint");
  });

  it("is another one for another name, place, order of points, or when disabled; each device has its own", () => {
    const swapped = documentOf({ points: { b: point(1), a: point(0) } });
    const all = [
      resolved(),
      resolved(documentOf({ host: "elsewhere" })),
      resolved(documentOf({ unitId: 2 })),
      resolved(documentOf({ enabled: false })),
      resolved(swapped),
      resolved(documentOf(), "pump"),
    ];
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(all.length);
  });
});
