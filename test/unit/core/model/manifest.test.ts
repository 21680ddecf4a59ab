import deploymentTemplate from "../../../../deployment.template.json";
import gatewayExample from "../../../../examples/gateway.json";
import siteExample from "../../../../examples/site.json";
import moduleFile from "../../../../module.json";
import packageFile from "../../../../package.json";
import { applyDocument } from "../../../../src/core/config/apply";
import { expandInstances } from "../../../../src/core/config/instances";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { createOptions, createOptionsTexts } from "../../../../src/core/model/createOptions";
import {
  addedTo,
  deploymentManifest,
  layeredManifest,
  type ManifestOptions,
  type ModuleInstance,
} from "../../../../src/core/model/manifest";
import { splitSite } from "../../../../src/core/model/split";
import type { JsonObject } from "../../../../src/kernel/json";
import { layerRules, manifestRules } from "../../../support/manifestRules";

const options: ManifestOptions = {
  image: "registry.example/modbus-edge:1",
  version: "1",
  writes: "declared",
  forTools: false,
};

function instance(document: JsonObject, name = "modbus"): ModuleInstance {
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  expect(problems).toEqual([]);
  return { name, document, config };
}

const site = instance(siteExample.configuration as unknown as JsonObject);
const parse = (manifest: JsonObject) => {
  const parsed = manifestRules.parse(manifest).modulesContent;
  return { agent: parsed.$edgeAgent["properties.desired"], hub: parsed.$edgeHub["properties.desired"], parsed };
};

function dockerOptions(settings: Readonly<Record<string, string>>) {
  const keys = Object.keys(settings).filter((key) => key.startsWith("createOptions"));
  return JSON.parse(
    keys
      .sort()
      .map((key) => settings[key])
      .join(""),
  );
}

test("a manifest keeps the rules; configuration under one key, alarms before telemetry", () => {
  const { hub, parsed } = parse(deploymentManifest([site], options));
  expect(parsed["modbus"]).toEqual({ "properties.desired": { configuration: site.document } });
  expect(hub.routes).toEqual({
    modbusEvents: {
      route: "FROM /messages/modules/modbus/outputs/events INTO $upstream",
      priority: 0,
      timeToLiveSecs: 604800,
    },
    modbusTelemetry: {
      route: "FROM /messages/modules/modbus/outputs/telemetry INTO $upstream",
      priority: 1,
      timeToLiveSecs: 604800,
    },
  });
});

test("the container gets the serial devices of the connections and nothing else", () => {
  const { agent } = parse(deploymentManifest([site], options));
  const host = dockerOptions(agent.modules["modbus"]?.settings as never).HostConfig;
  expect(host).toMatchObject({
    Devices: [{ PathOnHost: "/dev/serial/by-id/usb-hall-port0", CgroupPermissions: "rwm" }],
    GroupAdd: ["dialout"],
    Binds: ["modbus-data:/data"],
    ReadonlyRootfs: true,
    CapDrop: ["ALL"],
  });
  const network = instance({
    schemaVersion: 1,
    connections: { a: { transport: "tls", host: "h", tls: { caPath: "/etc/ca.pem" } } },
    devices: {},
  });
  const other = parse(deploymentManifest([network], options)).agent.modules["modbus"];
  const its = dockerOptions(other?.settings as never).HostConfig;
  expect(its.Devices).toBeUndefined();
  expect(its.Binds).toEqual(["modbus-data:/data", "/etc/ca.pem:/etc/ca.pem:ro"]);
});

test("createOptions of 512 characters are one text, of 513 two that join to the same", () => {
  const sized = (length: number) => ({ x: "y".repeat(length - JSON.stringify({ x: "" }).length) });
  expect(createOptionsTexts(sized(512))).toEqual({ createOptions: JSON.stringify(sized(512)) });
  const { createOptions: first, createOptions01: second, ...more } = createOptionsTexts(sized(513));
  expect([String(first).length, String(second).length, more]).toEqual([512, 1, {}]);
  expect(`${String(first)}${String(second)}`).toBe(JSON.stringify(sized(513)));
});

test("long createOptions go on in further keys", () => {
  const connections = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `line${index}`,
      { transport: "serial", path: `/dev/serial/by-id/port${index}`, line: "9600 8N1" },
    ]),
  );
  const { agent } = parse(deploymentManifest([instance({ schemaVersion: 1, connections, devices: {} })], options));
  const settings = agent.modules["modbus"]?.settings as never as Record<string, string>;
  expect(Object.keys(settings).length).toBeGreaterThan(3);
  expect(dockerOptions(settings).HostConfig.Devices).toHaveLength(12);
});

test("beside other modules: everything of theirs stays", () => {
  const theirs = deploymentManifest([instance({ schemaVersion: 1, connections: {}, devices: {} }, "ble")], options);
  const { agent, hub, parsed } = parse(addedTo(theirs, [site], options) as JsonObject);
  expect(Object.keys(agent.modules)).toEqual(["ble", "modbus"]);
  expect(Object.keys(hub.routes)).toEqual(["bleEvents", "bleTelemetry", "modbusEvents", "modbusTelemetry"]);
  expect(Object.keys(parsed)).toEqual(["$edgeAgent", "$edgeHub", "ble", "modbus"]);
  expect(addedTo({}, [site], options)).toMatch(/modulesContent/);
});

test("a layer: the device, its connection and its profile, each a sub-tree", () => {
  const document = expandInstances(site.document).document as JsonObject;
  const layer = layeredManifest({ ...site, document }, ["pump3"]);
  expect(Object.keys(layerRules.parse(layer).modulesContent["modbus"] ?? {})).toEqual([
    "properties.desired.configuration.connections.plant",
    "properties.desired.configuration.profiles.acme-pump",
    "properties.desired.configuration.devices.pump3",
  ]);
});

test("a layer has the profiles that its profiles extend, and none that only look like one", () => {
  const point = { table: "input", address: 1, type: "int16" };
  const extended = instance({
    schemaVersion: 1,
    connections: { plant: { transport: "tcp", host: "192.0.2.1" } },
    profiles: {
      base: { points: { a: point } },
      child: { extends: "base", points: {} },
      other: { points: { a: point } },
    },
    devices: {
      d: { connection: "plant", unitId: 1, profile: "child" },
      e: { connection: "plant", unitId: 2, profile: "eastron-sdm630" },
    },
  });
  const layer = layerRules.parse(layeredManifest(extended, ["d", "e"])).modulesContent["modbus"] ?? {};
  expect(Object.keys(layer).filter((key) => key.includes("profiles"))).toEqual([
    "properties.desired.configuration.profiles.child",
    "properties.desired.configuration.profiles.base",
  ]);
});

test.each([
  [undefined, { "9600/tcp": {} }],
  [9700, { "9700/tcp": {} }],
  [0, undefined],
])("the port of the metrics: metricsPort %j", (metricsPort, expected) => {
  const module = metricsPort === undefined ? {} : { metricsPort };
  const { config } = instance({ schemaVersion: 1, module, connections: {}, devices: {} });
  expect(createOptions(config, "modbus")["ExposedPorts"]).toEqual(expected);
});

test("shares: every device in exactly one, no connection in two, each valid by itself", () => {
  const document = expandInstances(site.document).document as JsonObject;
  for (const count of [1, 2, 3, 9]) {
    const shares = splitSite(document, site.config, () => 10, count).map((share) => instance(share.document));
    expect(shares).toHaveLength(Math.min(count, site.config.connections.size));
    const names = (kind: "devices" | "connections") => shares.flatMap(({ config }) => [...config[kind].keys()]).sort();
    expect(names("devices")).toEqual([...site.config.devices.keys()].sort());
    expect(names("connections")).toEqual([...site.config.connections.keys()].sort());
  }
});

test("shares are about equal: the heaviest connections apart", () => {
  const loads: Readonly<Record<string, number>> = { hall: 60, plant: 50, cooling: 10 };
  const shares = splitSite(site.document, site.config, (name) => loads[name] ?? 0, 2);
  expect(shares.map(({ loadPercent }) => loadPercent)).toEqual([60, 60]);
});

describe("the files of the repository", () => {
  test("deployment.template.json is what the command writes for examples/gateway.json", () => {
    const starter = instance(gatewayExample as JsonObject);
    const template = { ...options, image: "${MODULES.modbus}", version: packageFile.version, forTools: true };
    expect(deploymentTemplate).toEqual(deploymentManifest([starter], template));
  });

  test("module.json has the version of the package and its Dockerfiles", () => {
    expect(moduleFile.image.tag.version).toBe(packageFile.version);
    expect(moduleFile.image.tag.platforms).toMatchObject({
      amd64: "./Dockerfile.amd64",
      arm32v7: "./Dockerfile.arm32v7",
    });
  });
});
