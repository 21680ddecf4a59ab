import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModuleClient } from "azure-iot-device";
import type { OutgoingMessage } from "../../src/cloud/edgeHub";
import { createDevHub, type DevHub, type DevHubOptions } from "../../src/devhub/devHub";
import type { Traffic } from "../../src/devhub/traffic";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createHubProbe, type HubProbe, type MethodHandler } from "../support/hubProbe";
import { createManualClock } from "../support/manualClock";

const clock = createSystemClock();
const closing: (() => Promise<unknown>)[] = [];

async function startHub(options: DevHubOptions = {}): Promise<DevHub> {
  const created = await createDevHub(options, { clock });
  if (!created.ok) throw new TypeError(created.error);
  closing.push(() => created.value.close());
  return created.value;
}

async function connectedProbe(devHub: DevHub, method?: MethodHandler): Promise<HubProbe> {
  const probe = createHubProbe(devHub.environmentFor("modbus"), method);
  closing.push(() => probe.hub.close());
  await probe.until(({ twins }) => twins.length === 1);
  return probe;
}

const message: OutgoingMessage = {
  output: "telemetry",
  messageId: "b7-1",
  body: '{"supplyTemperature":61.5,"energy":18446744073709551.615}',
  contentType: "application/json",
  contentEncoding: "utf-8",
  properties: { "$.sub": "boiler", "iothub-creation-time-utc": "2026-11-23T10:15:30.123Z", "site & hall": "Köln/2=%" },
};

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("the real SDK at the development hub", () => {
  it("reads the whole twin at connect", async () => {
    const devHub = await startHub({
      desired: { modbus: { configuration: { devices: { constructor: { unitId: 1 } } }, list: [1, 2, 3] } },
    });
    const probe = await connectedProbe(devHub);
    expect(probe.twins).toEqual([
      {
        desired: { configuration: { devices: { constructor: { unitId: 1 } } }, list: [1, 2, 3], $version: 1 },
        reported: { $version: 1 },
      },
    ]);
    expect(probe.states).toEqual(["connected"]);
    expect(devHub.connections()).toEqual(["gateway/modbus"]);
  });

  it("sends past the layers of the SDK, which write every message into a text for debugging", async () => {
    const { hub } = await connectedProbe(await startHub());
    const bySdk = jest.spyOn(ModuleClient.prototype, "sendOutputEvent");
    await expect(hub.send(message)).resolves.toEqual({ ok: true, value: undefined });
    expect(bySdk).not.toHaveBeenCalled();
    bySdk.mockRestore();
  });

  it("delivers a message with body, properties and component, and resolves on its acknowledgement", async () => {
    const devHub = await startHub();
    const { hub } = await connectedProbe(devHub);
    await expect(hub.send(message)).resolves.toEqual({ ok: true, value: undefined });
    expect(devHub.messages.list()).toEqual([
      {
        number: 1,
        hubTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        deviceId: "gateway",
        moduleId: "modbus",
        output: "telemetry",
        messageId: "b7-1",
        contentType: "application/json",
        contentEncoding: "utf-8",
        properties: {
          "$.sub": "boiler",
          "iothub-creation-time-utc": "2026-11-23T10:15:30.123Z",
          "site & hall": "Köln/2=%",
        },
        body: '{"supplyTemperature":61.5,"energy":18446744073709551.615}',
        duplicate: false,
      },
    ]);
  });

  it("hands on desired patches as they were pushed, arrays unmerged", async () => {
    const devHub = await startHub({ desired: { modbus: { list: [1, 2, 3] } } });
    const probe = await connectedProbe(devHub);
    devHub.setDesired("modbus", { list: [9], boiler: { setpoint: 22, old: null } });
    devHub.setDesired("modbus", { list: null });
    await probe.until(({ patches }) => patches.length === 2);
    expect(probe.patches).toEqual([
      { list: [9], boiler: { setpoint: 22, old: null }, $version: 2 },
      { list: null, $version: 3 },
    ]);
  });

  it("reads the twin again on request", async () => {
    const devHub = await startHub();
    const probe = await connectedProbe(devHub);
    devHub.setDesired("modbus", { a: 1 });
    probe.hub.refreshTwin();
    await probe.until(({ twins }) => twins.length === 2);
    expect(probe.twins[1]?.desired).toEqual({ a: 1, $version: 2 });
  });

  it("merges reported properties and says when the hub refuses them", async () => {
    const devHub = await startHub();
    const { hub } = await connectedProbe(devHub);
    await expect(hub.patchReported({ boiler: { __t: "c", a: 1, b: 2 } })).resolves.toMatchObject({ ok: true });
    await expect(hub.patchReported({ boiler: { b: null } })).resolves.toMatchObject({ ok: true });
    await expect(hub.patchReported({ "bad.name": 1 })).resolves.toEqual({
      ok: false,
      error: { kind: "rejected", detail: "reporting properties: the hub answered 400" },
    });
    expect(devHub.reported("modbus")).toEqual({ boiler: { __t: "c", a: 1 } });
  });

  it("answers every method: known, unknown, of a component, with an empty payload, failing", async () => {
    const devHub = await startHub();
    const probe = await connectedProbe(devHub, async (name, payload) => {
      if (name === "broken") throw new TypeError("no");
      return name === "nobody"
        ? { status: 404, payload: { error: "unknown" } }
        : { status: 200, payload: { name, payload } };
    });
    await expect(devHub.invokeMethod("modbus", "boiler*readPoints", { points: ["a"] }, 5000)).resolves.toEqual({
      status: 200,
      payload: { name: "boiler*readPoints", payload: { points: ["a"] } },
      answered: true,
    });
    await expect(devHub.invokeMethod("modbus", "getStatus", undefined, 5000)).resolves.toMatchObject({
      status: 200,
      payload: { payload: {} },
    });
    await expect(devHub.invokeMethod("modbus", "nobody", {}, 5000)).resolves.toMatchObject({
      status: 404,
      answered: true,
    });
    await expect(devHub.invokeMethod("modbus", "broken", {}, 5000)).resolves.toMatchObject({
      status: 500,
      answered: true,
    });
    expect(probe.methods.map(({ name }) => name)).toEqual(["boiler*readPoints", "getStatus", "nobody", "broken"]);
  });

  it("refuses a signature made with another key", async () => {
    const devHub = await startHub();
    const { IOTEDGE_GATEWAYHOSTNAME: gateway } = devHub.environmentFor("modbus");
    const refused: Traffic[] = [];
    devHub.onTraffic((event) => refused.push(event));
    const folder = mkdtempSync(join(tmpdir(), "devhub-"));
    closing.push(async () => rmSync(folder, { recursive: true }));
    const caFile = join(folder, "ca.pem");
    writeFileSync(caFile, devHub.trustBundle);
    const probe = createHubProbe({
      EdgeHubConnectionString: `HostName=devhub.local;DeviceId=gateway;ModuleId=modbus;SharedAccessKey=d3Jvbmcga2V5;GatewayHostName=${gateway}`,
      EdgeModuleCACertificateFile: caFile,
    });
    closing.push(() => probe.hub.close());
    await probe.until(({ states }) => states.length > 0);
    expect(refused[0]).toEqual({ kind: "refused", client: "gateway/modbus", reason: "the signature does not match" });
    expect(probe.states).toEqual(["disconnected"]);
    expect(devHub.connections()).toEqual([]);
  });

  it("cures a cut connection with a new session in which methods and desired patches live", async () => {
    const devHub = await startHub();
    const probe = await connectedProbe(devHub);
    devHub.disconnect("modbus");
    await probe.until(({ twins }) => twins.length === 2);
    devHub.setDesired("modbus", { a: 1 });
    await probe.until(({ patches }) => patches.length === 1);
    await expect(devHub.invokeMethod("modbus", "getStatus", {}, 5000)).resolves.toMatchObject({ status: 200 });
    expect(probe.states).toEqual(["connected", "disconnected", "connected"]);
  });

  it("gives a message without acknowledgement up at its deadline, and the session with it", async () => {
    const manual = createManualClock();
    let dropped = 0;
    const devHub = await startHub({
      judge({ direction, packet }) {
        if (direction !== "toClient" || packet.cmd !== "puback" || dropped > 0) return { kind: "pass" };
        dropped += 1;
        return { kind: "drop" };
      },
    });
    const probe = createHubProbe(devHub.environmentFor("modbus"), undefined, undefined, manual);
    closing.push(() => probe.hub.close());
    await probe.until(({ twins }) => twins.length === 1);
    const sent = probe.hub.send(message);
    await new Promise<void>((resolve) => devHub.messages.subscribe(() => resolve()));
    await manual.advance(20_000);
    await expect(sent).resolves.toMatchObject({ ok: false, error: { kind: "timeout" } });
    await probe.until(({ states }) => states.at(-1) === "disconnected");
    await manual.advance(100);
    await probe.until(({ twins }) => twins.length === 2);
    await expect(probe.hub.send(message)).resolves.toMatchObject({ ok: true });
    expect(devHub.messages.list().map(({ messageId }) => messageId)).toEqual(["b7-1", "b7-1"]);
  });

  it("leaves the hub at once at its close, even when a message was never acknowledged", async () => {
    const devHub = await startHub({
      judge: ({ packet }) => ({ kind: packet.cmd === "puback" ? "drop" : "pass" }),
    });
    const probe = await connectedProbe(devHub);
    const sent = probe.hub.send(message);
    await new Promise<void>((resolve) => devHub.messages.subscribe(() => resolve()));
    const left = new Promise<void>((resolve) => {
      devHub.onTraffic(({ kind }) => {
        if (kind === "disconnected") resolve();
      });
    });
    await probe.hub.close();
    await expect(sent).resolves.toMatchObject({ ok: false, error: { kind: "closed" } });
    await left;
    expect(devHub.connections()).toEqual([]);
  });

  it("connects again when the hub is made anew on the same ports, and reads the twin anew", async () => {
    const first = await startHub({ desired: { modbus: { generation: 1 } } });
    const probe = await connectedProbe(first);
    const { port, workloadPort } = first;
    await first.close();
    await probe.until(({ states }) => states.includes("disconnected"));
    await expect(probe.hub.send(message)).resolves.toMatchObject({ ok: false, error: { kind: "offline" } });

    const second = await startHub({ port, workloadPort, desired: { modbus: { generation: 2 } } });
    await probe.until(({ twins }) => twins.length === 2);
    expect(probe.twins[1]?.desired).toEqual({ generation: 2, $version: 1 });
    await expect(probe.hub.send(message)).resolves.toEqual({ ok: true, value: undefined });
    await expect(second.invokeMethod("modbus", "getStatus", {}, 5000)).resolves.toMatchObject({ status: 200 });
    expect(second.messages.total).toBe(1);
    expect(probe.states).toEqual(["connected", "disconnected", "connected"]);
  });

  it("connects as soon as a hub that was down at start comes up", async () => {
    const gone = await startHub();
    const environment = gone.environmentFor("modbus");
    const { port, workloadPort } = gone;
    await gone.close();
    const probe = createHubProbe(environment);
    closing.push(() => probe.hub.close());
    await probe.until(({ states }) => states[0] === "disconnected");
    await startHub({ port, workloadPort });
    await probe.until(({ twins }) => twins.length === 1);
    expect(probe.states.at(-1)).toBe("connected");
  });

  it("survives a twin answered 500 with an empty body: a new session reads it", async () => {
    let answers = 0;
    const devHub = await startHub({
      judge({ direction, packet }) {
        if (direction !== "toClient" || packet.cmd !== "publish" || !packet.topic.startsWith("$iothub/twin/res/200"))
          return { kind: "pass" };
        answers += 1;
        const topic = packet.topic.replace("/200/", "/500/");
        return answers === 1 ? { kind: "replace", packet: { ...packet, topic, payload: "" } } : { kind: "pass" };
      },
    });
    const probe = await connectedProbe(devHub);
    expect(answers).toBe(2);
    expect(probe.states).toEqual(["disconnected", "connected"]);
  });

  it("announces the model and stays within the keep-alive of a minute", async () => {
    const connects: { username: string | undefined; keepalive: number | undefined; clean: boolean | undefined }[] = [];
    const devHub = await startHub({
      judge({ packet }) {
        if (packet.cmd === "connect")
          connects.push({ username: packet.username, keepalive: packet.keepalive, clean: packet.clean });
        return { kind: "pass" };
      },
    });
    const probe = createHubProbe(devHub.environmentFor("modbus"), undefined, "dtmi:acme:site1:modbus;1");
    closing.push(() => probe.hub.close());
    await probe.until(({ twins }) => twins.length === 1);
    expect(connects).toEqual([
      { username: expect.stringContaining("&model-id=dtmi:acme:site1:modbus;1"), keepalive: 60, clean: false },
    ]);
  });
});
