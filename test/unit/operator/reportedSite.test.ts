import { isJsonObject, type JsonObject } from "../../../src/kernel/json";
import { err } from "../../../src/kernel/result";
import { createManualClock } from "../../support/manualClock";
import { createMemoryHub } from "../../support/memoryHub";
import { createMemoryTranslator } from "../../support/memoryTranslator";

const REASON = "no route to the gateway of the hall behind the second switch, as the system says";

/** 300 devices behind a connection that does not open, each with a desired set point. */
function site(devices: number): JsonObject {
  const names = Array.from({ length: devices }, (_, at) => `meter${at + 1}`);
  const point = { table: "holding", address: 1, type: "uint16", access: "readWrite" };
  const configuration = {
    connections: { plant: { transport: "tcp", host: "plc.local" } },
    profiles: { meter: { points: { limit: point } } },
    devices: Object.fromEntries(names.map((name) => [name, { connection: "plant", unitId: 1, profile: "meter" }])),
  };
  return { configuration, ...Object.fromEntries(names.map((name) => [name, { limit: 5 }])) };
}

test("300 devices that are all away, with a set point each, fit: the hub refuses nothing, every acknowledgement is there", async () => {
  const clock = createManualClock();
  const hub = createMemoryHub(site(300));
  const openerFor = () => async () => err({ kind: "offline" as const, detail: REASON });
  const translator = createMemoryTranslator({ clock, hub, openerFor: openerFor as never });
  await translator.start();
  await clock.advance(30_000);
  const acks = (): unknown[] =>
    Object.values(hub.reported()).flatMap((part) =>
      isJsonObject(part) && part["limit"] !== undefined ? [part["limit"]] : [],
    );
  expect(hub.refused).toEqual([]);
  expect(acks()).toHaveLength(300);
  expect(acks()[299]).toMatchObject({ ac: 202, av: 1 });
  expect(hub.reported()["module"]).toMatchObject({ offline: 300, trimmed: expect.any(String) });
  await clock.advance(60_000);
  expect(acks()[299]).toMatchObject({ ac: 504, av: 1 });
  expect(hub.refused).toEqual([]);
  // Whatever happens at once: no more than one patch a second.
  expect(hub.patches.length).toBeLessThan(92);
  await clock.advanceUntil(translator.close());
});

test("`module` says what the contract asks for, at most every statusIntervalMs", async () => {
  const clock = createManualClock();
  const document = site(1);
  const modelId = "dtmi:acme:site1:modbus;1";
  const configuration = { ...(document["configuration"] as JsonObject), module: { modelId, statusIntervalMs: 10_000 } };
  const hub = createMemoryHub({ configuration });
  const openerFor = () => async () => err({ kind: "offline" as const, detail: REASON });
  const translator = createMemoryTranslator({ clock, hub, openerFor: openerFor as never });
  await translator.start();
  await clock.advance(5000);
  expect(hub.reported()["module"]).toEqual({
    version: "0.0.0-test",
    schema: 1,
    modelId,
    online: 0,
    offline: 1,
    spooled: 0,
    dropped: 0,
    writes: "declared",
    connections: { plant: { state: expect.any(String), loadPercent: 0 } },
  });
  const before = hub.patches.filter((patch) => "module" in patch).length;
  hub.setDesired({ configuration: { devices: { meter1: { enabled: false } } } });
  await clock.advance(7900);
  expect(hub.patches.filter((patch) => "module" in patch)).toHaveLength(before);
  await clock.advance(1200);
  expect(hub.reported()["module"]).toMatchObject({ offline: 0 });
  await clock.advanceUntil(translator.close());
});
