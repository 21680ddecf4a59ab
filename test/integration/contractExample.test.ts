import { openerFor } from "../../src/bus/openerFor";
import { builtInProfiles } from "../../src/core/config/profiles";
import { resolveDocument } from "../../src/core/config/resolve";
import type { JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { contractExample } from "../support/contractExample";
import { createMemoryHub } from "../support/memoryHub";
import { createMemoryTranslator } from "../support/memoryTranslator";

jest.setTimeout(60_000);

const clock = createSystemClock();

async function until(condition: () => boolean): Promise<void> {
  const end = clock.monotonic() + 20_000;
  while (!condition()) {
    if (clock.monotonic() > end) throw new TypeError("it has not come about in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The example of the documentation, its devices simulated by foreign servers, and the whole product before them. */
async function setUp() {
  const { connections, devices, module } = resolveDocument(contractExample(), builtInProfiles);
  const good = <T>(parts: ReadonlyMap<string, { readonly ok: boolean; readonly value?: T }>): Map<string, T> =>
    new Map([...parts].map(([name, part]) => [name, part.value as T]));
  const simulator: Simulator = await started(
    createSimulator(
      { connections: good(connections), devices: good(devices), module },
      { clock, log: silentLog },
      // Where no pseudo terminal can be had, the line is served as Modbus TCP.
      { serialFallback: "tcp" },
    ),
  );
  const document = simulator.redirect(contractExample() as unknown as JsonObject);
  const hub = createMemoryHub({ configuration: document });
  const translator = createMemoryTranslator({
    clock,
    hub,
    openerFor: (connection) => openerFor(connection, { clock }),
  });
  await translator.start();
  const close = async (): Promise<void> => {
    await translator.close();
    await simulator.close();
  };
  return { simulator, hub, close };
}

type Started = Awaited<ReturnType<typeof createSimulator>>;

async function started(starting: Promise<Started>): Promise<Simulator> {
  const result = await starting;
  if (!result.ok) throw new TypeError(JSON.stringify(result.error));
  return result.value;
}

describe("the example of the documentation", () => {
  it("runs: telemetry of both devices, a set point, a command whose writes the device saw in order", async () => {
    const { simulator, hub, close } = await setUp();
    try {
      const from = (device: string) => hub.messages.some(({ properties }) => properties["$.sub"] === device);
      await until(() => from("boiler") && from("mainMeter"));
      expect(hub.reported()["configurationStatus"]).toMatchObject({ state: "applied" });

      const written = await hub.method("boiler*writePoints", { values: { setpoint: 61.5 } });
      expect(written).toMatchObject({
        status: 200,
        payload: { results: { setpoint: { outcome: "verified", requested: 61.5, readBack: 61.5, attempts: 1 } } },
      });
      const outside = await hub.method("boiler*writePoints", { values: { setpoint: 99 } });
      expect(outside).toMatchObject({ status: 422, payload: { error: { nearest: 80 } } });

      const command = await hub.method("boiler*resetAlarm", {});
      expect(command).toMatchObject({
        status: 200,
        payload: { results: { alarmReset: { outcome: "acknowledged", requested: false } } },
      });
      const seen = simulator.writes
        .entries()
        .map(({ table, address, values }) => `${table} ${address} ${values.join()}`);
      expect(seen).toEqual(["holding 200 123", "coil 8 1", "coil 8 0"]);
    } finally {
      await close();
    }
  });
});
