import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, startModule } from "../support/moduleProcess";
import { openPlant } from "../support/setPointPlant";

/** The bundle as a process, killed the moment the device has been written: the next one looks, and writes nothing again. */
test("kill -9 right after the write: what the device holds is looked at, and the write is not repeated", async () => {
  const plant = await openPlant();
  const data = mkdtempSync(join(tmpdir(), "modbus-edge-data-"));
  const env = { ...plant.hub.environmentFor("modbus"), MODBUS_EDGE_DATA: data };
  try {
    const first = startModule(["run"], env);
    await plant.acknowledged("setpoint", 203, 0);
    const killed = eventually("it is written", () => {
      if (plant.writes().length === 0) return false;
      first.kill("SIGKILL");
      return true;
    });
    plant.desire({ setpoint: 22 });
    await killed;
    await first.ended;
    const second = startModule(["run"], env);
    await eventually(
      "it is acknowledged",
      () => plant.reported("setpoint")?.["ac"] === 200,
      () => second.out() + second.err(),
    );
    await plant.everythingLookedAt();
    expect(plant.reported("setpoint")).toMatchObject({ value: 22, ac: 200, av: 2 });
    expect(plant.writes()).toEqual(["setpoint=44"]);
    second.kill("SIGTERM");
    expect(await second.ended).toBe(0);
  } finally {
    await plant.close();
    rmSync(data, { recursive: true, force: true });
  }
}, 60_000);
