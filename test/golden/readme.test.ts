import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../src/kernel/json";
import { createManualClock } from "../support/manualClock";
import { createMemoryHub } from "../support/memoryHub";
import { createMemoryTranslator } from "../support/memoryTranslator";
import { readWireScript } from "../support/wireScript";

/** The first screen of the README is true: its configuration, on these registers, yields its message. */
const WIRE = `
hall 7 > 02 0007 0001
hall 7 < 02 01 00
hall 7 > 04 0064 000E
hall 7 < 04 1C 0267 0000 0000 0000 0000 0000 0000 0000 0000 0000 FFFF FFFF FFFF FFFF
hall 7 > 03 00C8 0001
hall 7 < 03 02 002B
hall 7 > 03 00C8 0001
hall 7 < 03 02 002B
hall 7 > 06 00C8 002C
hall 7 < 06 00C8 002C
hall 7 > 03 00C8 0001
hall 7 < 03 02 002C
`;

const blocks = [...readFileSync(join(__dirname, "../../README.md"), "utf8").matchAll(/```json\n([\s\S]*?)```/g)].map(([, block = ""]) => block);

test("the configuration of the README yields the message of the README, and its set point the acknowledgement", async () => {
  const [configuration = "", message = ""] = blocks;
  expect(configuration.trimEnd().split("\n").length).toBeLessThanOrEqual(10);
  const clock = createManualClock();
  const wire = readWireScript(WIRE);
  const hub = createMemoryHub({ configuration: JSON.parse(configuration) } as JsonObject);
  const translator = createMemoryTranslator({ clock, hub, openerFor: wire.openerFor });
  await translator.start();
  await clock.advance(2000);
  const telemetry = hub.messages.filter(({ output }) => output === "telemetry");
  expect(telemetry.map(({ body }) => body)).toEqual([message.trim()]);
  expect(hub.reported()["boiler"]).toMatchObject({
    setpoint: { value: 21.5, ac: 203, av: 0, ad: "value of the device" },
  });
  hub.setDesired({ boiler: { __t: "c", setpoint: 22 } });
  await clock.advance(2000);
  expect(hub.reported()["boiler"]).toMatchObject({ setpoint: { value: 22, ac: 200, av: 2, ad: "verified" } });
  await clock.advanceUntil(translator.close());
  expect(wire.faults()).toEqual([]);
});
