import { openerFor } from "../../src/bus/openerFor";
import { applyDocument } from "../../src/core/config/apply";
import { BUILT_IN_PROFILES } from "../../src/core/config/builtInProfiles";
import type { GatewayConfig } from "../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../src/core/config/profiles";
import { valueForTwin } from "../../src/core/points/valueText";
import { samplesOf } from "../../src/core/telemetry/sample";
import type { JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { deferred } from "../../src/kernel/wait";
import { createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createSimulator } from "../../src/simulator/simulator";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

const clock = createSystemClock();
const NAMES = [...BUILT_IN_PROFILES.keys()];

/** One device of every profile, each under its own unit id. */
const document = {
  connections: { line: { transport: "tcp", host: "127.0.0.1", port: 502, readRetries: 0 } },
  devices: Object.fromEntries(
    NAMES.map((profile, at) => [`device${at}`, { connection: "line", unitId: at + 1, profile }]),
  ),
} as unknown as JsonObject;

function configOf(given: JsonObject): GatewayConfig {
  const { config, problems } = applyDocument(undefined, given, builtInProfiles);
  expect(problems).toEqual([]);
  return config;
}

it("every profile is simulated, and read from there: each point has a value that was served", async () => {
  const simulator = await createSimulator(configOf(document), { clock, log: silentLog });
  if (!simulator.ok) throw new TypeError(simulator.error);
  closing.push(() => simulator.value.close());
  const config = configOf(simulator.value.redirect(document));
  const [connection] = config.connections.values();
  if (connection === undefined) throw new TypeError("no connection");
  const since = clock.epoch();
  const devices = [...config.devices.values()];
  const wanted = new Set(
    devices.flatMap(({ name, points }) =>
      points.filter(({ access }) => access !== "write").map((point) => `${name} ${point.name}`),
    ),
  );
  const wrong = new Map<string, unknown>();
  const done = deferred<void>();
  const runner = createConnectionRunner(connection, {
    clock,
    log: silentLog,
    openLink: openerFor(connection, { clock }),
    onCycle({ device, runs }) {
      for (const { point, reading } of samplesOf(runs)) {
        const json = "value" in reading ? valueForTwin(reading.value) : { bad: reading.bad };
        const served = "value" in reading && simulator.value.wasServed(device, point.name, json, since);
        if (!served) wrong.set(`${device} ${point.name}`, json);
        wanted.delete(`${device} ${point.name}`);
      }
      if (wanted.size === 0) done.resolve();
    },
    onConnection: () => undefined,
  });
  closing.push(() => runner.close());
  runner.apply(devices);
  const limit = clock.setTimer(60_000, () => done.resolve());
  await done.promise;
  limit.cancel();
  expect([...wanted]).toEqual([]);
  expect(Object.fromEntries(wrong)).toEqual({});
}, 90_000);
