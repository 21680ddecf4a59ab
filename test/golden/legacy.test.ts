import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../src/kernel/json";
import { createLegacyDevices, type OnceAnswered } from "../support/legacyDevices";
import { createManualClock } from "../support/manualClock";
import { createMemoryHub } from "../support/memoryHub";
import { createMemoryTranslator } from "../support/memoryTranslator";

/** What the archived Modbus module sent, case by case: `message` is `null` where it sent nothing. */
interface LegacyCase {
  readonly title: string;
  readonly document: JsonObject;
  /** Local time of the process. */
  readonly startsAt: string;
  readonly devices: readonly OnceAnswered[];
  readonly message: Json;
}

const folder = join(__dirname, "../fixtures/legacy");
const cases = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as LegacyCase);

describe("documents of the archived module, by its own messages", () => {
  test("there are some", () => expect(cases.length).toBeGreaterThan(4));

  test.each(cases.map((one) => [one.title, one] as const))("%s", async (_title, one) => {
    const clock = createManualClock(Date.parse(one.startsAt.replace(" ", "T")));
    const devices = createLegacyDevices(one.devices, clock);
    const hub = createMemoryHub(one.document);
    const translator = createMemoryTranslator({ clock, hub, openerFor: devices.openerFor });
    await translator.start();
    await clock.advance(6000);
    await clock.advanceUntil(translator.close());
    const sent = hub.messages.filter(({ output }) => output !== "events");
    expect(sent.map(({ body }) => body)).toEqual(one.message === null ? [] : [JSON.stringify(one.message)]);
    for (const { output, properties } of sent) {
      expect(output).toBe("modbusOutput");
      expect(properties["content-type"]).toBe("application/edge-modbus-json");
    }
    expect(hub.reported()["configurationStatus"]).toMatchObject({ state: "applied", problems: {}, warnings: {} });
  });
});
