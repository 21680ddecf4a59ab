import { Client, Message } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { answerControl } from "../../src/devhub/controlApi";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import { faultSetting, parseFault } from "../../src/devhub/faults";
import { serveHttp } from "../../src/devhub/httpJson";
import { createScope } from "../../src/kernel/scope";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createHubProbe, type HubProbe } from "../support/hubProbe";
import { eventually } from "../support/moduleProcess";

const clock = createSystemClock();
const closing: (() => unknown)[] = [];

interface Stage {
  readonly hub: DevHub;
  readonly probe: HubProbe;
  ask(method: string, path: string, body?: string | Buffer): Promise<{ status: number; json: unknown; text: string }>;
}

/** The hub with its control API, and the real SDK connected to it. */
async function stage(): Promise<Stage> {
  const created = await createDevHub({}, { clock });
  if (!created.ok) throw new TypeError(created.error);
  const hub = created.value;
  const scope = createScope();
  const control = await serveHttp({ port: 0 }, (request) => answerControl(request, hub), scope);
  if (!control.ok) throw new TypeError(control.error);
  const probe = createHubProbe(hub.environmentFor("modbus"));
  closing.push(
    () => scope.close(),
    () => hub.close(),
    () => probe.hub.close(),
  );
  await probe.until(({ twins }) => twins.length === 1);
  return {
    hub,
    probe,
    async ask(method, path, body) {
      const answer = await fetch(`http://127.0.0.1:${control.value}${path}`, { method, ...(body ? { body } : {}) });
      const text = await answer.text();
      const isJson = answer.headers.get("content-type") === "application/json";
      return { status: answer.status, json: isJson ? JSON.parse(text) : undefined, text };
    },
  };
}

const message = {
  output: "telemetry",
  messageId: "m1",
  body: "{}",
  contentType: "application/json",
  contentEncoding: "utf-8",
  properties: {},
} as const;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("faults by the control API", () => {
  it("are listed, put in force, counted down and ended", async () => {
    const { hub, probe, ask } = await stage();
    expect((await ask("GET", "/faults")).json).toMatchObject({ inForce: {}, lasting: { silence: expect.any(String) } });
    expect(await ask("PUT", "/faults/reportedError", '{"times":2}')).toMatchObject({ status: 200 });
    await ask("PUT", "/faults/poison", '{"text":"evil","module":"other"}');
    await expect(probe.hub.patchReported({ a: 1 })).resolves.toMatchObject({ error: { kind: "rejected" } });
    expect(hub.faults()).toEqual({ reportedError: { times: 1 }, poison: { text: "evil", module: "other" } });
    await expect(probe.hub.send({ ...message, body: '"evil"' })).resolves.toMatchObject({ ok: true });
    expect((await ask("DELETE", "/faults/poison")).json).toEqual({ reportedError: { times: 1 } });
    expect((await ask("DELETE", "/faults")).json).toEqual({});
    await expect(probe.hub.patchReported({ a: 1 })).resolves.toMatchObject({ ok: true });
  });

  it("are refused where they are not understood", async () => {
    const { ask } = await stage();
    const refused = async (method: string, path: string, body?: string) =>
      ((await ask(method, path, body)).json as { error: { code: number; message: string } }).error;
    expect(await refused("PUT", "/faults/rain")).toMatchObject({
      code: 404,
      message: expect.stringMatching(/known: down/),
    });
    expect(await refused("PUT", "/faults/poison")).toMatchObject({
      code: 400,
      message: expect.stringMatching(/"text"/),
    });
    expect(await refused("PUT", "/faults/silence", '{"times":0}')).toMatchObject({ code: 400 });
    expect(await refused("PUT", "/faults/silence", '{"for":1}')).toMatchObject({ code: 400 });
    expect(await refused("PUT", "/faults/silence", "[")).toMatchObject({ code: 400 });
    expect(await refused("DELETE", "/faults/reset")).toMatchObject({ code: 405 });
  });

  it("slow acknowledgements come late, one by one", async () => {
    const { probe, ask } = await stage();
    await ask("PUT", "/faults/slowPuback", '{"delayMs":300,"times":1}');
    const order: string[] = [];
    const slow = probe.hub.send(message).then(() => order.push("slow"));
    const quick = probe.hub.send({ ...message, messageId: "m2" }).then(() => order.push("quick"));
    await Promise.all([slow, quick]);
    expect(order).toEqual(["quick", "slow"]);
  });

  it("a hub that is down comes back on its port, with the sessions that it had", async () => {
    const { hub, probe, ask } = await stage();
    await ask("PUT", "/faults/down");
    await probe.until(({ states }) => states.includes("disconnected"));
    expect(hub.connections()).toEqual([]);
    await ask("DELETE", "/faults");
    await probe.until(({ twins }) => twins.length === 2);
  });

  it("a hub made anew shows another authority in the trust bundle", async () => {
    const { probe, ask } = await stage();
    const before = await ask("GET", "/trust-bundle");
    await ask("PUT", "/faults/recreate");
    await probe.until(({ twins }) => twins.length === 2);
    const after = await ask("GET", "/trust-bundle");
    expect(before.text).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(after.text).not.toBe(before.text);
  });

  it("publishes any bytes on any topic: a desired document that is none is refused, and the next one taken", async () => {
    const { hub, probe, ask } = await stage();
    const topic = encodeURIComponent("$iothub/twin/PATCH/properties/desired/?$version=2");
    await ask("POST", `/modules/modbus/publish?topic=${topic}`, Buffer.from([0xff]));
    await probe.until(({ twins }) => twins.length === 2);
    expect(probe.patches).toEqual([]);
    hub.setDesired("modbus", { a: 1 });
    await probe.until(({ patches }) => patches.length === 1);
    expect(probe.states).toEqual(["connected"]);
  });
});

describe("a twin that nobody can read", () => {
  it("is refused with the reason, at the start and later, while messages pass", async () => {
    let broken = true;
    const created = await createDevHub(
      {
        judge({ direction, packet }) {
          if (!broken || direction !== "toClient" || packet.cmd !== "publish") return { kind: "pass" };
          if (!packet.topic.startsWith("$iothub/twin/res/200")) return { kind: "pass" };
          return { kind: "replace", packet: { ...packet, payload: Buffer.from([0x7b, 0xff, 0x7d]) } };
        },
      },
      { clock },
    );
    if (!created.ok) throw new TypeError(created.error);
    const probe = createHubProbe(created.value.environmentFor("modbus"));
    closing.push(
      () => created.value.close(),
      () => probe.hub.close(),
    );
    await probe.until(({ refusals }) => refusals.length === 1);
    expect(probe.refusals[0]).toMatch(/the twin is no UTF-8/);
    await expect(probe.hub.send(message)).resolves.toMatchObject({ ok: true });
    broken = false;
    probe.hub.refreshTwin();
    await probe.until(({ twins }) => twins.length === 1);
    expect(probe.states).toEqual(["connected"]);
  });
});

describe("leaf devices", () => {
  it("connect with their connection string through the SDK, and their messages are shown", async () => {
    const { hub, ask } = await stage();
    const connection = (await ask("GET", "/leaves/thermometer/connection")).text.trim();
    const leaf = Client.fromConnectionString(connection, Mqtt);
    closing.push(() => leaf.close());
    await leaf.setOptions({ ca: hub.trustBundle });
    await leaf.open();
    const reading = new Message('{"t":20.5}');
    reading.properties.add("site", "Köln");
    await leaf.sendEvent(reading);
    await eventually("it is listed", () => hub.messages.total === 1);
    const line = (await ask("GET", "/messages?device=thermometer")).text;
    expect(JSON.parse(line)).toMatchObject({ deviceId: "thermometer", output: "", properties: { site: "Köln" } });
    expect(JSON.parse(line)).not.toHaveProperty("moduleId");
    expect((await ask("GET", "/leaves/gateway/connection")).status).toBe(400);
  });
});

test.each<[string, object]>([
  ["noPuback", { ok: true, value: { name: "noPuback", setting: {} } }],
  ["slowPuback=2000", { ok: true, value: { name: "slowPuback", setting: { delayMs: 2000 } } }],
  ["poison=a=b", { ok: true, value: { name: "poison", setting: { text: "a=b" } } }],
  ["signError=hang", { ok: true, value: { name: "signError", setting: { text: "hang" } } }],
  ["poison", { ok: false }],
  ["slowPuback=soon", { ok: false }],
  ["signError=rain", { ok: false }],
  ["rain", { ok: false }],
])("--fault %s", (text, expected) => {
  expect(parseFault(text)).toMatchObject(expected);
});

test("a setting knows its keys", () => {
  expect(faultSetting("silence", { times: 3, module: "m" })).toEqual({ ok: true, value: { times: 3, module: "m" } });
  expect(faultSetting("silence", { times: 1.5 })).toMatchObject({ ok: false });
  expect(faultSetting("silence", { module: 1 })).toMatchObject({ ok: false });
});
