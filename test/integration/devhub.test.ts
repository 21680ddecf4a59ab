import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { createDevHub, type DevHub, type DevHubOptions } from "../../src/devhub/devHub";
import type { Traffic } from "../../src/devhub/traffic";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createHubProbe } from "../support/hubProbe";

const clock = createSystemClock();
const closing: (() => Promise<unknown>)[] = [];
const DAY_S = 86_400;

async function startHub(options: DevHubOptions = {}): Promise<DevHub> {
  const created = await createDevHub(options, { clock });
  if (!created.ok) throw new TypeError(created.error);
  closing.push(() => created.value.close());
  return created.value;
}

/** Signs as the SDK does: by the workload API. */
async function signature(hub: DevHub, moduleId: string, expiresInS = DAY_S): Promise<string> {
  const { IOTEDGE_WORKLOADURI: uri } = hub.environmentFor(moduleId);
  const resource = encodeURIComponent(`devhub.local/devices/gateway/modules/${moduleId}`);
  const expiry = Math.floor(clock.epoch() / 1000) + expiresInS;
  const data = Buffer.from(`${resource}\n${expiry}`).toString("base64");
  const response = await fetch(`${uri}/modules/${moduleId}/genid/1/sign?api-version=2018-06-28`, {
    method: "POST",
    body: JSON.stringify({ keyId: "primary", algo: "HMACSHA256", data }),
  });
  const { digest } = (await response.json()) as { digest: string };
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(digest)}&se=${expiry}`;
}

/** A foreign MQTT client (mqtt.js) in the place of the SDK. */
async function client(hub: DevHub, moduleId: string, change: IClientOptions = {}): Promise<MqttClient> {
  const mqtt = connect(`mqtts://localhost:${hub.port}`, {
    ca: hub.trustBundle,
    clientId: `gateway/${moduleId}`,
    username: `devhub.local/gateway/${moduleId}/?api-version=2021-04-12`,
    password: await signature(hub, moduleId),
    clean: false,
    reconnectPeriod: 0,
    ...change,
  });
  closing.push(() => new Promise<void>((resolve) => mqtt.end(true, {}, () => resolve())));
  return new Promise((resolve, reject) => {
    mqtt.once("connect", () => resolve(mqtt));
    mqtt.once("error", reject);
  });
}

function subscribe(mqtt: MqttClient, topic: string, qos: 0 | 1): Promise<void> {
  return new Promise((resolve, reject) =>
    mqtt.subscribe(topic, { qos }, (error) => (error ? reject(error) : resolve())),
  );
}

function next(mqtt: MqttClient): Promise<{ topic: string; body: string; qos: number }> {
  return new Promise((resolve) =>
    mqtt.once("message", (topic, payload, { qos }) => resolve({ topic, body: payload.toString(), qos })),
  );
}

function publish(mqtt: MqttClient, topic: string, body: string): Promise<void> {
  return new Promise((resolve, reject) =>
    mqtt.publish(topic, body, { qos: 1 }, (error) => (error ? reject(error) : resolve())),
  );
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("development hub", () => {
  it("gives the trust bundle and signs by the key of the module", async () => {
    const hub = await startHub();
    const { IOTEDGE_WORKLOADURI: uri } = hub.environmentFor("a");
    const response = await fetch(`${uri}/trust-bundle?api-version=2018-06-28`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ certificate: hub.trustBundle });
    expect(await signature(hub, "a")).not.toEqual(await signature(hub, "b"));
    const refused = await fetch(`${uri}/modules/a/genid/2/sign`, { method: "POST", body: "{}" });
    expect([refused.status, (await fetch(`${uri}/elsewhere`)).status]).toEqual([404, 404]);
  });

  it("answers a twin GET and pushes patches to those who subscribed", async () => {
    const hub = await startHub({ desired: { m: { a: { b: 1 } } } });
    const mqtt = await client(hub, "m");
    await subscribe(mqtt, "$iothub/twin/res/#", 0);
    const answer = next(mqtt);
    mqtt.publish("$iothub/twin/GET/?$rid=42", " ");
    expect(await answer).toEqual({
      topic: "$iothub/twin/res/200/?$rid=42",
      body: '{"desired":{"a":{"b":1},"$version":1},"reported":{"$version":1}}',
      qos: 0,
    });
    hub.setDesired("m", { unseen: true });
    await subscribe(mqtt, "$iothub/twin/PATCH/properties/desired/#", 0);
    const pushed = next(mqtt);
    hub.replaceDesired("m", { a: { c: 2 } });
    expect(await pushed).toEqual({
      topic: "$iothub/twin/PATCH/properties/desired/?$version=3",
      body: '{"a":{"c":2,"b":null},"unseen":null,"$version":3}',
      qos: 0,
    });
  });

  it("delivers routed messages to inputs, also those that came before the module", async () => {
    const hub = await startHub();
    hub.sendInput("m", "write", '{"device":"boiler"}', { "$.mid": "w1", "a b": "ä" });
    const mqtt = await client(hub, "m");
    const message = next(mqtt);
    await subscribe(mqtt, "devices/gateway/modules/m/inputs/#", 1);
    expect(await message).toEqual({
      topic: "devices/gateway/modules/m/inputs/write/%24.mid=w1&a%20b=%C3%A4",
      body: '{"device":"boiler"}',
      qos: 1,
    });
    const second = next(mqtt);
    hub.sendInput("m", "write", "2");
    expect((await second).body).toBe("2");
  });

  it("acknowledges a message over 256 KiB and discards it, as edgeHub does", async () => {
    const hub = await startHub();
    const traffic: Traffic[] = [];
    hub.onTraffic((event) => traffic.push(event));
    const mqtt = await client(hub, "m");
    await publish(mqtt, "devices/gateway/modules/m/messages/events/%24.on=o/", "x".repeat(262_144));
    expect(hub.messages.total).toBe(0);
    expect(traffic.at(-1)).toMatchObject({ kind: "discarded", client: "gateway/m" });
    await publish(mqtt, "devices/gateway/modules/m/messages/events/%24.on=o/", "x".repeat(262_000));
    expect(hub.messages.total).toBe(1);
  });

  it("cuts a client that publishes in another's name, and one that connects twice", async () => {
    const hub = await startHub();
    const first = await client(hub, "m");
    const cut = new Promise((resolve) => first.once("close", resolve));
    const second = await client(hub, "m");
    await cut;
    expect(hub.connections()).toEqual(["gateway/m"]);
    const alsoCut = new Promise((resolve) => second.once("close", resolve));
    second.publish("devices/gateway/modules/other/messages/events/%24.on=o/", "{}", { qos: 1 });
    await alsoCut;
    expect(hub.messages.total).toBe(0);
  });

  it("refuses an expired signature, another's signature, and strangers", async () => {
    const hub = await startHub();
    const expired = await signature(hub, "m", -1);
    await expect(client(hub, "m", { password: expired })).rejects.toThrow("Not authorized");
    await expect(client(hub, "m", { password: await signature(hub, "n") })).rejects.toThrow("Not authorized");
    await expect(client(hub, "m", { clientId: "gateway/stranger" })).rejects.toThrow("Not authorized");
    await expect(client(hub, "m", { username: "other.hub/gateway/m/" })).rejects.toThrow("Not authorized");
    expect(hub.connections()).toEqual([]);
  });

  it("is not trusted by a client without its bundle", async () => {
    const hub = await startHub();
    const { trustBundle } = await startHub();
    expect(createHash("sha256").update(trustBundle).digest("hex")).not.toBe(
      createHash("sha256").update(hub.trustBundle).digest("hex"),
    );
    await expect(client(hub, "m", { ca: trustBundle })).rejects.toThrow(/certificate/);
  });

  it("says who is to blame for a method without answer", async () => {
    const hub = await startHub();
    await expect(hub.invokeMethod("nobody", "x", {}, 100)).resolves.toMatchObject({ status: 404, answered: false });
    const mqtt = await client(hub, "m");
    await expect(hub.invokeMethod("m", "x", {}, 100)).resolves.toMatchObject({ status: 404, answered: false });
    await subscribe(mqtt, "$iothub/methods/POST/#", 0);
    await expect(hub.invokeMethod("m", "x", {}, 50)).resolves.toMatchObject({ status: 504, answered: false });
    const asked = next(mqtt);
    const answer = hub.invokeMethod("m", "boiler*x", { a: 1 }, 5000);
    const { topic, body } = await asked;
    expect([topic.replace(/rid=.*/, "rid="), body]).toEqual(["$iothub/methods/POST/boiler*x/?$rid=", '{"a":1}']);
    mqtt.publish(`$iothub/methods/res/299/?${topic.split("?")[1]}`, '{"b":2}');
    await expect(answer).resolves.toEqual({ status: 299, payload: { b: 2 }, answered: true });
  });

  it("serves the workload API on a unix socket to the SDK", async () => {
    const folder = mkdtempSync(join(tmpdir(), "workload-"));
    closing.push(async () => rmSync(folder, { recursive: true }));
    const hub = await startHub({ workloadSocket: join(folder, "workload.sock") });
    const environment = hub.environmentFor("m");
    expect(environment["IOTEDGE_WORKLOADURI"]).toBe(`unix://${folder}/workload.sock`);
    const probe = createHubProbe(environment);
    closing.push(() => probe.hub.close());
    await probe.until(({ twins }) => twins.length === 1);
    expect(hub.connections()).toEqual(["gateway/m"]);
  });

  it("says which port is taken, and refuses desired properties that a twin cannot hold", async () => {
    const { port } = await startHub();
    expect(await createDevHub({ port }, { clock })).toEqual({
      ok: false,
      error: `MQTT: port ${port} is in use: choose another, or 0 for any free port`,
    });
    expect(await createDevHub({ desired: { m: { "a.b": 1 } } }, { clock })).toMatchObject({
      ok: false,
      error: expect.stringContaining("desired properties of m: /a.b"),
    });
  });
});
