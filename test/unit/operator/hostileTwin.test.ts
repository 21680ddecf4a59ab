import type { JsonObject } from "../../../src/kernel/json";
import { createManualClock } from "../../support/manualClock";
import { createMemoryHub } from "../../support/memoryHub";
import { createMemoryTranslator } from "../../support/memoryTranslator";

test.each<[string, JsonObject, RegExp]>([
  ["over 32 KB", { note: "x".repeat(40_000) }, /40[0-9]{3} bytes; a twin holds at most 32768/],
  ["nested too deep", JSON.parse(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`) as JsonObject, /nested too deep/],
])(
  "desired properties %s are refused with the reason; what is in force stays, and the next ones are taken",
  async (_what, hostile, reason) => {
    const clock = createManualClock();
    const hub = createMemoryHub({ configuration: { schemaVersion: 1 } });
    const translator = createMemoryTranslator({
      clock,
      hub,
      openerFor: () => async () => new Promise(() => undefined),
    });
    await translator.start();
    await clock.advance(2000);
    expect(hub.reported()["configurationStatus"]).toMatchObject({ state: "applied", version: 1 });
    hub.pushHostile(hostile);
    await clock.advance(2000);
    const status = hub.reported()["configurationStatus"] as JsonObject;
    expect(status["state"]).toBe("rejected");
    expect(JSON.stringify(status["problems"])).toMatch(reason);
    hub.setDesired({ configuration: { schemaVersion: 1, module: { modelId: "dtmi:a:b;1" } } });
    await clock.advance(2000);
    expect(hub.reported()["configurationStatus"]).toMatchObject({ state: "applied", version: 3 });
    await clock.advanceUntil(translator.close());
  },
);
