import type { JsonObject } from "../../../src/kernel/json";
import { ok } from "../../../src/kernel/result";
import { createFakeLink } from "../../support/fakeLink";
import { createManualClock } from "../../support/manualClock";
import { createMemoryHub } from "../../support/memoryHub";
import { createMemoryTranslator } from "../../support/memoryTranslator";

const slave = (host: number): JsonObject => ({
  SlaveConnection: `192.0.2.${host}`,
  HwId: `PM-${host}`,
  Operations: { Op: { UnitId: 1, StartAddress: "40001", Count: 1, PollingInterval: 1000, DisplayName: "U" } },
});

async function setUp() {
  const clock = createManualClock();
  const opened: string[] = [];
  const hub = createMemoryHub({ PublishInterval: 1000, SlaveConfigs: { A: slave(1), B: slave(2) } });
  const translator = createMemoryTranslator({
    clock,
    hub,
    openerFor: (connection) => async () => {
      opened.push(connection.name);
      const link = createFakeLink();
      link.onWrite = (hex) => queueMicrotask(() => link.arrive(`${hex.slice(0, 8)}0005${hex.slice(12, 14)}03020007`));
      return ok(link);
    },
  });
  await translator.start();
  const values = async (ms: number): Promise<readonly string[]> => {
    hub.messages.length = 0;
    await clock.advance(ms);
    const bodies = hub.messages.filter(({ output }) => output === "modbusOutput").map(({ body }) => body);
    return bodies.flatMap((body) => body.match(/"DisplayName":"[^"]*","Address":"\d*"/g) ?? []);
  };
  return { hub, opened, values, close: () => clock.advanceUntil(translator.close()) };
}

test("a patch changes what it says and nothing else", async () => {
  const { hub, opened, values, close } = await setUp();
  expect(new Set(await values(5000))).toEqual(new Set(['"DisplayName":"U","Address":"40001"']));
  expect(opened).toHaveLength(2);
  hub.setDesired({ SlaveConfigs: { B: { Operations: { Op: { DisplayName: "I", StartAddress: "40002" } } } } });
  await values(2000);
  expect(new Set(await values(5000))).toEqual(
    new Set(['"DisplayName":"U","Address":"40001"', '"DisplayName":"I","Address":"40002"']),
  );
  expect(opened).toHaveLength(2);
  await close();
});

test("its own settings are nobody's set points; a component beside it is still looked for", async () => {
  const { hub, values, close } = await setUp();
  await values(3000);
  expect(hub.reported()["configurationStatus"]).toMatchObject({ state: "applied", warnings: {} });
  hub.setDesired({ Version: "2", boiler: { setpoint: 22 } });
  await values(3000);
  const { warnings } = hub.reported()["configurationStatus"] as JsonObject;
  expect(Object.keys(warnings as JsonObject).sort()).toEqual(["/boiler", "/desired/boiler"]);
  await close();
});

test("a patch with a fault leaves its slave as it was and says where", async () => {
  const { hub, opened, values, close } = await setUp();
  await values(3000);
  hub.setDesired({ SlaveConfigs: { B: { Operations: { Op: { StartAddress: "40000" } } } } });
  const seen = await values(5000);
  expect(new Set(seen)).toEqual(new Set(['"DisplayName":"U","Address":"40001"']));
  expect(seen.length).toBeGreaterThan(7);
  expect(hub.reported()["configurationStatus"]).toMatchObject({
    state: "partial",
    problems: { "/SlaveConfigs/B/Operations/Op/StartAddress": expect.stringContaining("40000") },
  });
  expect(opened).toHaveLength(2);
  hub.setDesired({ SlaveConfigs: { B: null } });
  await values(2000);
  expect((await values(5000)).length).toBeLessThan(7);
  await close();
});
