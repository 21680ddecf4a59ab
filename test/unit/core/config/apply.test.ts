import { type Applied, applyDocument } from "../../../../src/core/config/apply";
import { diffConfig } from "../../../../src/core/config/diff";
import { builtInProfiles } from "../../../../src/core/config/profiles";

const POINTS = { x: { table: "input", address: 0, type: "uint16" } };

function good() {
  return {
    connections: {
      hall: { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1" },
      plant: { transport: "tcp", host: "plc.local" },
    },
    profiles: { model: { points: structuredClone(POINTS) } },
    devices: {
      boiler: { connection: "hall", unitId: 7, points: POINTS },
      pump: { connection: "hall", unitId: 8, profile: "model" },
      meter: { connection: "plant", unitId: 1, profile: "model" },
    },
  };
}

function apply(document: unknown, previous?: Applied): Applied {
  return applyDocument(previous?.config, document, builtInProfiles);
}

/** `name@connection` of the devices in force. */
function standing({ config }: Applied): string[] {
  return [...config.devices.values()].map(({ name, connection }) => `${name}@${connection}`);
}

function paths({ problems }: Applied): string[] {
  return problems.map(({ path }) => path);
}

describe("applyDocument", () => {
  it("applies a good document", () => {
    const first = apply(good());
    expect(first.state).toBe("applied");
    expect(standing(first)).toEqual(["boiler@hall", "pump@hall", "meter@plant"]);
  });

  it("keeps the very objects of what is equal", () => {
    const first = apply(good());
    const document = good();
    document.devices.meter.unitId = 2;
    const second = apply(document, first);
    for (const name of ["boiler", "pump"]) expect(second.config.devices.get(name)).toBe(first.config.devices.get(name));
    expect(second.config.connections.get("plant")).toBe(first.config.connections.get("plant"));
    expect(second.config.devices.get("meter")).not.toBe(first.config.devices.get("meter"));
  });

  it("leaves a faulty device as it was, the others move on", () => {
    const first = apply(good());
    const document = good();
    Object.assign(document.devices.boiler, { points: { x: { ...POINTS.x, type: "flaot32" } } });
    document.devices.meter.unitId = 2;
    const second = apply(document, first);
    expect(second.state).toBe("partial");
    expect(second.problems).toEqual([
      { path: "/devices/boiler/points/x/type", text: '"flaot32" is not a type; did you mean "float32"?' },
    ]);
    expect(second.config.devices.get("boiler")).toBe(first.config.devices.get("boiler"));
    expect(second.config.devices.get("meter")?.unitId).toBe(2);
    expect(diffConfig(first.config, second.config).devices).toMatchObject({
      unchanged: ["boiler", "pump"],
      repointed: ["meter"],
    });
  });

  it("leaves a faulty device out that was not there", () => {
    const document = good();
    Object.assign(document.devices.boiler, { unitId: 300 });
    const first = apply(document);
    expect(first.state).toBe("partial");
    expect(standing(first)).toEqual(["pump@hall", "meter@plant"]);
  });

  it("leaves the devices of a faulty connection as they were, on the connection as it was", () => {
    const first = apply(good());
    const document = good();
    document.connections.hall.line = "9600";
    document.devices.boiler.unitId = 70;
    Object.assign(document.devices, { late: { connection: "hall", unitId: 9, profile: "model" } });
    const second = apply(document, first);
    expect(paths(second)).toEqual(["/connections/hall/line"]);
    expect(standing(second)).toEqual(["boiler@hall", "pump@hall", "meter@plant"]);
    expect(second.config.devices.get("boiler")?.unitId).toBe(7);
    expect(second.config.connections.get("hall")).toBe(first.config.connections.get("hall"));
  });

  it("leaves the devices of a faulty profile as they were", () => {
    const first = apply(good());
    const document = good();
    Object.assign(document.profiles.model.points.x, { address: 70000 });
    const broken = structuredClone(document);
    broken.devices.meter.unitId = 2;
    const second = apply(broken, first);
    expect(paths(second)).toEqual(["/profiles/model/points/x/address"]);
    expect(standing(second)).toEqual(["boiler@hall", "pump@hall", "meter@plant"]);
    expect(second.config.devices.get("meter")).toBe(first.config.devices.get("meter"));
  });

  it("keeps the old connection for a faulty device when the document has none of that name", () => {
    const first = apply(good());
    const document = {
      connections: { plant: good().connections.plant },
      devices: { boiler: { connection: "plant", unitId: 300, points: POINTS } },
    };
    const second = apply(document, first);
    expect(standing(second)).toEqual(["boiler@hall"]);
    expect([...second.config.connections.keys()]).toEqual(["plant", "hall"]);
  });

  it("does not open a port twice for a kept device: the new owner has it", () => {
    const first = apply(good());
    const { hall, plant } = good().connections;
    const document = {
      connections: { cellar: hall, plant },
      devices: {
        boiler: { connection: "cellar", unitId: 300, points: POINTS },
        pump: { connection: "cellar", unitId: 8, points: POINTS },
      },
    };
    const second = apply(document, first);
    expect(standing(second)).toEqual(["pump@cellar"]);
    expect([...second.config.connections.keys()]).toEqual(["cellar", "plant"]);
    expect(paths(second)).toEqual(["/devices/boiler/unitId", "/devices/boiler"]);
  });

  it.each<[string, unknown]>([
    ["an unknown key at the root", { ...good(), devicess: {} }],
    ["a fault in the module", { ...good(), module: { logLevel: "loud" } }],
    ["no object", "nonsense"],
    ["devices of another form", { ...good(), devices: [] }],
  ])("changes nothing for %s", (_what, document) => {
    const first = apply(good());
    const second = apply(document, first);
    expect(second.state).toBe("rejected");
    expect(second.config).toBe(first.config);
    expect(second.problems).toHaveLength(1);
    expect(apply(document).config.devices.size).toBe(0);
  });

  it("removes what is gone or null", () => {
    const document = good();
    const second = apply({ ...document, devices: { ...document.devices, boiler: null } }, apply(good()));
    expect(second.state).toBe("applied");
    expect(standing(second)).toEqual(["pump@hall", "meter@plant"]);
  });
});

describe("diffConfig", () => {
  it("tells repointed from rebuilt", () => {
    const first = apply(good());
    const document = good();
    document.connections.hall.line = "19200 8N1";
    Object.assign(document.devices, { extra: { connection: "plant", unitId: 5, profile: "model" } });
    document.devices.pump.connection = "plant";
    const delta = diffConfig(first.config, apply(document, first).config);
    expect(delta.connections).toMatchObject({
      unchanged: [],
      repointed: ["plant"],
      rebuilt: ["hall"],
      added: [],
      removed: [],
    });
    expect(delta.devices).toMatchObject({
      unchanged: ["boiler", "meter"],
      repointed: [],
      rebuilt: ["pump"],
      added: ["extra"],
      removed: [],
    });
  });

  it("starts from nothing and goes back to it", () => {
    const { config } = apply(good());
    expect(diffConfig(undefined, config).devices.added).toEqual(["boiler", "pump", "meter"]);
    expect(diffConfig(config, apply({}).config).connections.removed).toEqual(["hall", "plant"]);
    expect(diffConfig(config, config).connections.unchanged).toEqual(["hall", "plant"]);
  });
});
