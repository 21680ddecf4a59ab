import siteExample from "../../../examples/site.json";
import type { CliIo } from "../../../src/cli/io";
import { manifest } from "../../../src/cli/manifest";
import { template } from "../../../src/cli/template";
import type { JsonObject } from "../../../src/kernel/json";
import { err, ok } from "../../../src/kernel/result";
import { manifestRules } from "../../support/manifestRules";

/** Files in memory; what a command writes is there for the next one. */
function stage(files: Record<string, string> = {}) {
  const all: Record<string, string> = { "site.json": JSON.stringify(siteExample), ...files };
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal: false,
    errorsToTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (Object.hasOwn(all, path) ? ok(all[path] ?? "") : err(`${path}: no such file`)),
    writeFile: async (path, text) => {
      all[path] = text;
      return ok(undefined);
    },
    signal: new AbortController().signal,
  };
  return { io, written, files: all };
}

const IMAGE = ["--image", "registry.example/modbus-edge:1"];

describe("manifest", () => {
  test("with the model that the template names", async () => {
    const { io, written } = stage();
    expect(await template(["site.json", "--dtmi", "dtmi:acme:s1"], io)).toBe(0);
    const [, modelId = ""] = /"modelId": "([^"]+)"/.exec(written.err) ?? [];
    written.out = "";
    expect(await manifest(["site.json", ...IMAGE, "--model-id", modelId], io)).toBe(0);
    const made = JSON.parse(written.out) as { modulesContent: Record<string, Record<string, JsonObject>> };
    manifestRules.parse(made);
    expect(made.modulesContent["modbus"]?.["properties.desired"]).toMatchObject({
      configuration: { module: { modelId: "dtmi:acme:s1:modbus;1" }, schemaVersion: 1 },
    });
  });

  test("shared among instances: each says what it has to do", async () => {
    const { io, written } = stage();
    expect(await manifest(["site.json", ...IMAGE, "--split", "5"], io)).toBe(0);
    expect(written.err).toMatch(/^3 shares, not 5: a connection is never divided\nmodbus: 1 connections?, \d+ devices/);
    const made = manifestRules.parse(JSON.parse(written.out));
    expect(Object.keys(made.modulesContent).sort()).toEqual(["$edgeAgent", "$edgeHub", "modbus", "modbus2", "modbus3"]);
  });

  test.each([
    [["site.json"], /--image: which image/],
    [["site.json", ...IMAGE, "--split", "0"], /--split is "0"; it must be a number from 1 to 50/],
    [["site.json", ...IMAGE, "--model-id", "acme"], /must be a DTMI with its version/],
    [["site.json", ...IMAGE, "--model-id", "dtmi:a:b;1", "--split", "2"], /neither with --split/],
    [["site.json", ...IMAGE, "--writes", "all"], /must be off, declared or raw/],
    [["site.json", ...IMAGE, "--module", "a b"], /no name of a module/],
  ])("%j is a wrong use", async (args, text) => {
    const { io, written } = stage();
    expect(await manifest(args, io)).toBe(2);
    expect(written.err).toMatch(text);
  });

  test("an unknown device of a layer, a manifest that is none", async () => {
    const { io, written } = stage({ "other.json": "{}" });
    expect(await manifest(["site.json", "--layer", "nobody"], io)).toBe(1);
    expect(written.err).toMatch(/no device "nobody"/);
    expect(await manifest(["site.json", ...IMAGE, "--into", "other.json"], io)).toBe(1);
    expect(written.err).toMatch(/other\.json: is no deployment manifest: it has no "modulesContent"/);
  });
});

describe("template", () => {
  test("what was published keeps its versions; a change is told, and what breaks first", async () => {
    const changed = structuredClone(siteExample) as typeof siteExample & JsonObject;
    const points = changed.configuration.profiles["acme-pump"].points as Record<string, JsonObject>;
    points["speed"] = { ...(points["speed"] as JsonObject), unit: "Hz" };
    points["torque"] = { address: 20, type: "uint16" };
    const { io, written, files } = stage({ "changed.json": JSON.stringify(changed) });
    expect(await template(["site.json", "--out", "one.json"], io)).toBe(0);
    expect(await template(["site.json", "--out", "two.json", "--previous", "one.json"], io)).toBe(0);
    expect(files["two.json"]).toBe(files["one.json"]);
    written.err = "";
    expect(await template(["changed.json", "--out", "three.json", "--previous", "one.json"], io)).toBe(0);
    const lines = written.err.split("\n").filter((line) => /^(breaks|differs)/.test(line));
    expect(lines[0]).toMatch(/^breaks +dtmi:modbusEdge:site:profiles:acmePump speed: changed: @type, unit$/);
    expect(lines.slice(1).join("\n")).toMatch(/differs +dtmi:modbusEdge:site:profiles:acmePump torque: added/);
    expect(files["three.json"]).toContain('"dtmi:modbusEdge:site:profiles:acmePump;2"');
    expect(files["three.json"]).toContain('"dtmi:modbusEdge:site:profiles:acmeBoiler;1"');
    expect(files["three.json"]).toContain('"dtmi:modbusEdge:site:modbus;2"');
  });

  test("it keeps its name; a manifest that is not embedded again is missed", async () => {
    const { io, written, files } = stage({ "m.json": '{"modulesContent":{}}' });
    const before = ["--name", "Hall 3", "--manifest", "m.json", "--out", "one.json"];
    expect(await template(["site.json", ...before], io)).toBe(0);
    expect(written.err).not.toMatch(/embedded/);
    expect(await template(["site.json", "--previous", "one.json", "--out", "two.json"], io)).toBe(0);
    expect(JSON.parse(files["two.json"] ?? "")).toMatchObject({ displayName: "Hall 3" });
    expect(written.err).toMatch(/^warning {2}the template before had a deployment manifest embedded/m);
    await template(["site.json", "--previous", "one.json", "--name", "Hall 4", "--out", "three.json"], io);
    expect(JSON.parse(files["three.json"] ?? "")).toMatchObject({ displayName: "Hall 4" });
  });

  test("a manifest inside, facts of the cloud, devices that speak for themselves", async () => {
    const { io, written } = stage({ "m.json": '{"modulesContent":{}}' });
    const more = [
      "--manifest",
      "m.json",
      "--cloud-property",
      "site:string",
      "--downstream",
      "meters=dtmi:acme:meter;1",
    ];
    expect(await template(["site.json", ...more], io)).toBe(0);
    const made = JSON.parse(written.out);
    expect(made.deploymentManifest).toEqual({ modulesContent: {} });
    expect(made.capabilityModel.contents.slice(1)).toEqual([
      { "@type": ["Relationship", "GatewayDevice"], name: "meters", target: ["dtmi:acme:meter;1"] },
      { "@type": ["Cloud", "Property"], name: "site", schema: "string" },
    ]);
  });

  test("too much for IoT Central is said, with figures and what to do", async () => {
    const connections = { plant: { transport: "tcp", host: "h" } };
    const devices = { "m{n}": { for: { n: "1-12" }, connection: "plant", unitId: "{n}", profile: "eastron-sdm630" } };
    const { io, written } = stage({ "big.json": JSON.stringify({ schemaVersion: 1, connections, devices }) });
    expect(await template(["big.json"], io)).toBe(0);
    expect(written.err).toMatch(/\d{3} capabilities, but IoT Central takes 300/);
    expect(written.err).toMatch(/12 components/);
  });

  test("profiles whose names differ in a hyphen alone do not share an interface", async () => {
    const of = (name: string) => ({ points: { [name]: { table: "input", address: 0, type: "uint16" } } });
    const device = (unitId: number, profile: string) => ({ connection: "plant", unitId, profile });
    const document = {
      ...{ schemaVersion: 1, connections: { plant: { transport: "tcp", host: "h" } } },
      profiles: { "pm-5": of("first"), pm5: of("second") },
      devices: { x: device(1, "pm-5"), y: device(2, "pm5") },
    };
    const { io, written } = stage({ "two.json": JSON.stringify(document) });
    expect(await template(["two.json", "--dtdl", "2"], io)).toBe(0);
    expect(written.out).toContain('"schema": "dtmi:modbusEdge:site:profiles:pm5;1"');
    expect(written.out).toContain('"schema": "dtmi:modbusEdge:site:profiles:pm5:y;1"');
    expect(written.out).toContain('"name": "second"');
  });

  test("300 is not too much, 301 is: capabilities for IoT Central, contents of an interface in DTDL", async () => {
    // Beside its telemetry a device has its state and the command that reads it; the module has 13 of its own.
    const warningsOf = async (points: number, ...more: string[]) => {
      const own = Array.from({ length: points }, (_, at) => [
        `p${at}`,
        { table: "input", address: at, type: "uint16" },
      ]);
      const devices = { meter: { connection: "plant", unitId: 1, points: Object.fromEntries(own) } };
      const document = { schemaVersion: 1, connections: { plant: { transport: "tcp", host: "h" } }, devices };
      const { io, written } = stage({ "edge.json": JSON.stringify(document) });
      expect(await template(["edge.json", ...more], io)).toBe(0);
      return written.err.split("\n").filter((line) => line.startsWith("warning"));
    };
    expect(await warningsOf(285)).toEqual([]);
    expect(await warningsOf(286)).toEqual([expect.stringMatching(/301 capabilities, but IoT Central takes 300/)]);
    expect(await warningsOf(298, "--dtdl", "2")).toEqual([]);
    expect(await warningsOf(299, "--dtdl", "2")).toEqual([
      expect.stringMatching(/devices:meter;1 has 301 contents, but .* version 2 takes 300: .*--dtdl 3/),
    ]);
    expect(await warningsOf(299, "--dtdl", "3")).toEqual([]);
  });

  test.each([
    [[], /which configuration/],
    [["site.json", "--dtmi", "acme"], /does not begin identifiers/],
    [["site.json", "--dtdl", "4"], /it must be 2 or 3/],
    [["site.json", "--cloud-property", "a b:string"], /does not fit/],
  ])("%j is a wrong use", async (args, text) => {
    const { io, written } = stage();
    expect(await template(args, io)).toBe(2);
    expect(written.err).toMatch(text);
  });

  test("a configuration with a fault makes no template", async () => {
    const { io, written } = stage({
      "bad.json": '{"schemaVersion":1,"connections":{},"devices":{"a":{"connection":"x","unitId":1}}}',
    });
    expect(await template(["bad.json"], io)).toBe(1);
    expect(written.err).toMatch(/bad\.json \/devices\/a/);
    expect(written.out).toBe("");
  });
});
