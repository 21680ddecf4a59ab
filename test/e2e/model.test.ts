import siteExample from "../../examples/site.json";
import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import { centralTemplate } from "../../src/core/model/centralTemplate";
import { deploymentManifest } from "../../src/core/model/manifest";
import { modelDocument } from "../../src/core/model/modelDocument";
import { MODULE_EVENTS } from "../../src/core/model/moduleEvents";
import { NOT_MODELLED } from "../../src/core/model/moduleInterface";
import { publishModel } from "../../src/core/model/publish";
import { telemetryFormOf } from "../../src/core/model/telemetryForm";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import { isJsonObject, type Json, type JsonObject } from "../../src/kernel/json";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { fitsSchema } from "../support/dtdlSchema";
import { quietLog } from "../support/memoryTranslator";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";

/**
 * The model and the behaviour can't drift apart: the module runs on the desired properties of the generated manifest, and
 * everything that the generated template names is there, with the right schema; nothing else is.
 */
const clock = createSystemClock();
const document = siteExample.configuration as unknown as JsonObject;
let simulator: Simulator;
let hub: DevHub;
let gateway: ModuleProcess;
let moduleInterface: JsonObject;

beforeAll(async () => {
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  expect(problems).toEqual([]);
  const served = await createSimulator(config, { clock, log: quietLog });
  if (!served.ok) throw new Error(served.error);
  simulator = served.value;
  const redirected = { ...simulator.redirect(document), module: { writeInput: true } };
  const options = { image: "modbus-edge", version: "1", writes: "declared", forTools: false } as const;
  const manifest = deploymentManifest([{ name: "modbus", document: redirected, config }], options);
  const desired = ((manifest["modulesContent"] as JsonObject)["modbus"] as JsonObject)["properties.desired"];
  const opened = await createDevHub({ desired: { modbus: desired as JsonObject } }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  hub = opened.value;
  moduleInterface = interfaceOfModule();
  gateway = startModule(["run"], hub.environmentFor("modbus"));
  await eventually("every device has reported its state", () => {
    const reported = hub.reported("modbus");
    return components().every(({ name }) => isJsonObject(reported[name])) && reported["module"] !== undefined;
  });
}, 60_000);

afterAll(async () => {
  gateway.kill("SIGKILL");
  await gateway.ended;
  await hub.close();
  await simulator.close();
});

/** Out of the template, as Central gets it. */
function interfaceOfModule(): JsonObject {
  const { config } = applyDocument(undefined, document, builtInProfiles);
  const prefix = "dtmi:acme:site1";
  const telemetryForm = telemetryFormOf(config);
  const model = modelDocument({
    config,
    document,
    profiles: builtInProfiles,
    prefix,
    dialect: "central",
    telemetryForm,
  });
  const { template } = centralTemplate(publishModel(model, "central", new Map()), {
    prefix,
    displayName: "Gateway",
    moduleName: "modbus",
    cloudProperties: new Map(),
    downstream: new Map(),
    published: new Map(),
  });
  const [relationship] = (template["capabilityModel"] as JsonObject)["contents"] as [JsonObject];
  const [target] = relationship["target"] as [JsonObject];
  return target;
}

const isOf = (content: JsonObject, kind: string): boolean =>
  content["@type"] === kind || (Array.isArray(content["@type"]) && content["@type"].includes(kind));
const contentsOf = (of: JsonObject): readonly JsonObject[] => of["contents"] as JsonObject[];
const named = (contents: readonly JsonObject[], kind: string): ReadonlyMap<string, Json> =>
  new Map(
    contents
      .filter((content) => isOf(content, kind))
      .map((content) => [String(content["name"]), content["schema"] as Json]),
  );

/** The components with the contents of their interfaces, which stand in the first that uses them. */
function components(): readonly { readonly name: string; readonly contents: readonly JsonObject[] }[] {
  const all = contentsOf(moduleInterface).filter((content) => isOf(content, "Component"));
  const known = new Map(
    all
      .map(({ schema }) => schema)
      .filter(isJsonObject)
      .map((one) => [one["@id"], contentsOf(one)]),
  );
  return all.map(({ name, schema }) => ({
    name: String(name),
    contents: known.get(isJsonObject(schema) ? (schema["@id"] as Json) : (schema as Json)) ?? [],
  }));
}

/** The last value of each telemetry of a component. */
function telemetryOf(component: string | undefined): JsonObject {
  const output = component === undefined ? "events" : "telemetry";
  const messages = hub.messages.list().filter((one) => one.output === output && one.properties["$.sub"] === component);
  return Object.assign({}, ...messages.map(({ body }) => JSON.parse(body) as JsonObject)) as JsonObject;
}

test("twelve devices on three connections", () => {
  expect(components()).toHaveLength(12);
});

test("every telemetry of the template arrives, with a value of its schema, and no other", async () => {
  const all = components();
  await eventually(
    "all telemetry has come",
    () =>
      all.every(({ name, contents }) =>
        [...named(contents, "Telemetry").keys()].every((one) => one in telemetryOf(name)),
      ),
    () =>
      JSON.stringify(
        all.map(({ name, contents }) => [
          name,
          [...named(contents, "Telemetry").keys()].filter((one) => !(one in telemetryOf(name))),
        ]),
      ),
  );
  for (const { name, contents } of all) {
    const model = named(contents, "Telemetry");
    const values = telemetryOf(name);
    expect([name, Object.keys(values).sort()]).toEqual([name, [...model.keys()].sort()]);
    for (const [point, schema] of model)
      expect([name, point, fitsSchema(values[point] as Json, schema)]).toEqual([name, point, ""]);
  }
  const subjects = new Set(hub.messages.list().map(({ properties }) => properties["$.sub"]));
  const known = [undefined, ...all.map(({ name }) => name)];
  expect([...subjects].filter((subject) => !known.includes(subject))).toEqual([]);
});

test("every property of the template is reported, with a value of its schema, and no other", async () => {
  const all = components();
  const complete = () =>
    all.every(({ name, contents }) =>
      [...named(contents, "Property").keys()].every((one) => one in (hub.reported("modbus")[name] as JsonObject)),
    );
  await eventually("all properties are there", complete, () => JSON.stringify(hub.reported("modbus")));
  const { $version: _, ...reported } = hub.reported("modbus");
  const own = named(contentsOf(moduleInterface), "Property");
  expect(Object.keys(reported).sort()).toEqual([...all.map(({ name }) => name), ...own.keys()].sort());
  for (const [name, schema] of own) expect([name, fitsSchema(reported[name] as Json, schema)]).toEqual([name, ""]);
  for (const { name, contents } of all) {
    const { __t: mark, ...values } = reported[name] as JsonObject;
    expect(mark).toBe("c");
    const model = contents.filter((content) => isOf(content, "Property"));
    expect([name, Object.keys(values).sort()]).toEqual([name, model.map((content) => String(content["name"])).sort()]);
    for (const { name: point, schema, writable } of model) {
      const value = values[String(point)] as Json;
      const bare = writable === true ? ((value as JsonObject)["value"] as Json) : value;
      expect([name, point, fitsSchema(bare, schema as Json)]).toEqual([name, point, ""]);
      if (writable === true) expect(value).toMatchObject({ ac: expect.any(Number), av: expect.any(Number) });
    }
  }
});

/** The kinds of what the module has told of itself so far. */
function moduleEvents(): readonly string[] {
  return hub.messages.list().flatMap(({ output, body }) => {
    const event = output === "events" ? (JSON.parse(body) as JsonObject)["moduleEvent"] : undefined;
    return isJsonObject(event) ? [String(event["kind"])] : [];
  });
}

/** An event without what its description says to be beyond DTDL. */
function modelled(event: string, value: JsonObject): JsonObject {
  const free: readonly string[] = event === "writeAudit" ? NOT_MODELLED.writeAudit : [];
  return Object.fromEntries(Object.entries(value).filter(([field]) => !free.includes(field)));
}

test("events are telemetry of the module, as modelled", () => {
  const model = named(contentsOf(moduleInterface), "Telemetry");
  const values = telemetryOf(undefined);
  expect(Object.keys(values)).toContain("deviceStatus");
  for (const [name, value] of Object.entries(values))
    expect([name, fitsSchema(modelled(name, value as JsonObject), model.get(name) ?? null)]).toEqual([name, ""]);
});

test("a write and what the module tells of itself are events, as modelled, no field more", async () => {
  const model = named(contentsOf(moduleInterface), "Telemetry");
  const written = { device: "boiler1", values: { setpoint: 30 } };
  expect(await hub.invokeMethod("modbus", "writePoints", written, 10_000)).toMatchObject({ status: 200 });
  // What names no device is refused before anything is asked: the module tells it.
  expect(hub.sendInput("modbus", "write", "{}")).toMatchObject({ ok: true });
  await eventually(
    "both events",
    () => "writeAudit" in telemetryOf(undefined) && moduleEvents().includes("writeRefused"),
    () => Object.keys(telemetryOf(undefined)).join(),
  );
  expect([...model.keys()].sort()).toEqual(["deviceStatus", "moduleEvent", "writeAudit"]);
  expect(moduleEvents()).toContain("configurationApplied");
  expect(moduleEvents().filter((kind) => !Object.hasOwn(MODULE_EVENTS, kind))).toEqual([]);
  for (const [name, schema] of model) {
    const value = telemetryOf(undefined)[name] as JsonObject;
    const fields = ((schema as JsonObject)["fields"] as JsonObject[]).map((one) => String(one["name"]));
    const free: readonly string[] = name === "writeAudit" ? NOT_MODELLED.writeAudit : [];
    expect([name, Object.keys(value).sort()]).toEqual([name, [...fields, ...free].sort()]);
    expect([name, fitsSchema(modelled(name, value), schema)]).toEqual([name, ""]);
  }
});

test("every command of the template is known to the module", async () => {
  const isCommand = (content: JsonObject): boolean => isOf(content, "Command");
  const own = contentsOf(moduleInterface)
    .filter(isCommand)
    .map(({ name }) => String(name));
  const theirs = components().flatMap(({ name, contents }) =>
    contents.filter(isCommand).map((content) => `${name}*${String(content["name"])}`),
  );
  // A payload with a key that no command has: nothing is carried out, and one that is not known is 404.
  for (const name of [...own, ...theirs]) {
    const answer = await hub.invokeMethod("modbus", name, { surely: "unknown" }, 10_000);
    expect([name, answer.status]).toEqual([name, 400]);
  }
  expect(theirs).toContain("boiler1*resetAlarm");
});
