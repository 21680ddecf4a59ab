import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import type { JsonObject } from "../../src/kernel/json";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator } from "../../src/simulator/simulator";
import { quietLog } from "../support/memoryTranslator";
import { eventually, startModule } from "../support/moduleProcess";

/** The bundle as a process, with the hub gone: what was polled meanwhile arrives, through kill -9 and a restart. */
const document: JsonObject = {
  schemaVersion: 1,
  connections: { plant: { transport: "tcp", host: "127.0.0.1" } },
  devices: Object.fromEntries(
    [1, 2, 3].map((unitId) => [
      `d${unitId}`,
      {
        connection: "plant",
        unitId,
        groups: { default: { intervalMs: 100 } },
        points: { level: { address: 1, table: "holding", type: "uint16", report: "always" } },
      },
    ]),
  ),
};

const clock = createSystemClock();

/** The port is the only thing that the second hub has in common with the first. */
async function openHub(configuration: JsonObject, port: number, workloadPort: number): Promise<DevHub> {
  const opened = await createDevHub({ desired: { modbus: { configuration } }, port, workloadPort }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

function times(hub: DevHub, device: string): string[] {
  return hub.messages
    .list()
    .filter(({ properties }) => properties["$.sub"] === device)
    .map(({ properties }) => properties["iothub-creation-time-utc"] ?? "");
}

test("hub away, kill -9, restart, hub back: all devices' samples arrive in order, but for the last second before the kill", async () => {
  const data = mkdtempSync(join(tmpdir(), "modbus-edge-data-"));
  const served = await createSimulator(applyDocument(undefined, document, builtInProfiles).config, {
    clock,
    log: quietLog,
  });
  if (!served.ok) throw new Error(served.error);
  const configuration = served.value.redirect(document);
  const hub = await openHub(configuration, 0, 0);
  const env = { ...hub.environmentFor("modbus"), MODBUS_EDGE_DATA: data };
  const first = startModule(["run"], env);
  await eventually(
    "data flows",
    () => times(hub, "d3").length > 3,
    () => first.out(),
  );
  await hub.close();
  const awayAt = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const killedAt = Date.now();
  first.kill("SIGKILL");
  await first.ended;

  const second = await openHub(configuration, 0, 0);
  const again = startModule(["run"], { ...second.environmentFor("modbus"), MODBUS_EDGE_DATA: data });
  try {
    for (const device of ["d1", "d2", "d3"]) {
      await eventually(
        "live data flows again",
        () => times(second, device).some((time) => Date.parse(time) > killedAt),
        () => again.out(),
      );
      const all = times(second, device);
      expect(all).toEqual([...all].sort());
      // Ten samples a second were taken while the hub was away.
      const kept = all.map((time) => Date.parse(time)).filter((time) => time > awayAt && time < killedAt - 1000);
      expect(kept.length).toBeGreaterThan(10);
    }
  } finally {
    again.kill("SIGTERM");
    await again.ended;
    await second.close();
    await served.value.close();
    rmSync(data, { recursive: true, force: true });
  }
}, 60_000);
