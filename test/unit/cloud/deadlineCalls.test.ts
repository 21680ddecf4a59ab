import { readAzureConnection } from "../../../src/cloud/azureConnection";
import { createDeadlineCalls } from "../../../src/cloud/deadlineCalls";
import { createMethodDispatch } from "../../../src/cloud/methodDispatch";
import { silentLog } from "../../../src/kernel/log";
import { createManualClock } from "../../support/manualClock";

describe("calls with a deadline", () => {
  it("settles by answer, error, throw, deadline and abandonment, once each", async () => {
    const clock = createManualClock();
    const calls = createDeadlineCalls(clock, (error) => (error.name === "TypeError" ? "rejected" : "offline"));
    await expect(calls.run<number>("a", 10, (done) => done(null, 7))).resolves.toEqual({ ok: true, value: 7 });
    await expect(calls.run("b", 10, (done) => done(new RangeError("no")))).resolves.toEqual({
      ok: false,
      error: { kind: "offline", detail: "b: no" },
    });
    const thrown = calls.run("c", 10, () => {
      throw new TypeError("bad");
    });
    await expect(thrown).resolves.toEqual({ ok: false, error: { kind: "rejected", detail: "c: bad" } });
    let late: () => void = () => undefined;
    const slow = calls.run("d", 10, (done) => {
      late = done;
    });
    await clock.advance(10);
    late();
    await expect(slow).resolves.toEqual({ ok: false, error: { kind: "timeout", detail: "d: no answer within 10 ms" } });
    const waiting = calls.run("e", 10, () => undefined);
    calls.abandon({ kind: "offline", detail: "gone" });
    calls.abandon({ kind: "closed", detail: "later" });
    await expect(waiting).resolves.toEqual({ ok: false, error: { kind: "offline", detail: "gone" } });
    await expect(calls.run("f", 10, (done) => done())).resolves.toEqual({
      ok: false,
      error: { kind: "offline", detail: "gone" },
    });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("method dispatch", () => {
  it("takes an empty body as {} and refuses one that is not JSON", async () => {
    const dispatch = createMethodDispatch(
      { method: async (name, payload) => ({ status: 200, payload: { name, payload } }) },
      silentLog,
    );
    await expect(dispatch("a", "")).resolves.toEqual({ status: 200, payload: { name: "a", payload: {} } });
    await expect(dispatch("a", "[1]")).resolves.toEqual({ status: 200, payload: { name: "a", payload: [1] } });
    await expect(dispatch("a", "{x")).resolves.toMatchObject({ status: 400 });
  });

  it("refuses the 51st method at the same time", async () => {
    const dispatch = createMethodDispatch({ method: () => new Promise(() => undefined) }, silentLog);
    for (let count = 0; count < 50; count++) void dispatch("a", "{}");
    await expect(dispatch("a", "{}")).resolves.toMatchObject({ status: 429 });
  });
});

describe("environment of a module", () => {
  const edge = {
    IOTEDGE_WORKLOADURI: "unix:///var/run/iotedge/workload.sock",
    IOTEDGE_DEVICEID: "gateway",
    IOTEDGE_MODULEID: "modbus",
    IOTEDGE_IOTHUBHOSTNAME: "hub.azure-devices.net",
    IOTEDGE_AUTHSCHEME: "sasToken",
    IOTEDGE_MODULEGENERATIONID: "638",
    IOTEDGE_GATEWAYHOSTNAME: "edge1",
  };

  it("reads the variables of the runtime", () => {
    expect(readAzureConnection(edge)).toEqual({
      ok: true,
      value: {
        kind: "edge",
        edge: {
          workloadUri: "unix:///var/run/iotedge/workload.sock",
          deviceId: "gateway",
          moduleId: "modbus",
          iothubHostName: "hub.azure-devices.net",
          authScheme: "sasToken",
          gatewayHostName: "edge1",
          generationId: "638",
        },
      },
    });
  });

  it("lets a connection string win", () => {
    const connection = readAzureConnection({
      ...edge,
      EdgeHubConnectionString: "HostName=h",
      EdgeModuleCACertificateFile: "/ca",
    });
    expect(connection).toEqual({
      ok: true,
      value: { kind: "connectionString", connectionString: "HostName=h", caFile: "/ca" },
    });
  });

  it("names what is missing or not supported", () => {
    const { IOTEDGE_MODULEID: _module, IOTEDGE_DEVICEID: _device, ...rest } = edge;
    expect(readAzureConnection(rest)).toMatchObject({
      ok: false,
      error: expect.stringContaining("IOTEDGE_DEVICEID, IOTEDGE_MODULEID"),
    });
    expect(readAzureConnection({ ...edge, IOTEDGE_AUTHSCHEME: "x509" })).toMatchObject({
      ok: false,
      error: expect.stringContaining("x509"),
    });
  });
});
