import fc from "fast-check";
import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../src/core/config/profiles";
import { endpointOf } from "../../src/core/config/resolveConnection";
import type { PointValue } from "../../src/core/points/point";
import { cycleOf, type Sample, samplesOf } from "../../src/core/telemetry/sample";
import { silentLog } from "../../src/kernel/log";
import { createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createDeviceAccess } from "../../src/runtime/deviceAccess";
import { createSupervisor } from "../../src/runtime/supervisor";
import { createFakeSession } from "../support/fakeSession";
import { createManualClock } from "../support/manualClock";

/**
 * Documents that point devices elsewhere come at any moment, between reads and writes. Every register holds a value
 * that says where it is: whatever is published or remembered of a device must be of the place where that device is then.
 */
const HOSTS = ["h1", "h2"];
const place = (endpoint: string, unitId: number, address: number): number =>
  (HOSTS.findIndex((host) => endpoint.includes(` ${host} `)) + 1) * 10_000 + unitId * 1000 + address;

const device = fc.record({
  connection: fc.constantFrom("a", "b"),
  unitId: fc.integer({ min: 1, max: 3 }),
  address: fc.integer({ min: 0, max: 5 }),
  intervalMs: fc.constantFrom(100, 250),
  enabled: fc.boolean(),
});
const document = fc.record({
  hosts: fc.tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...HOSTS)),
  gapMs: fc.constantFrom(0, 1),
  inFlight: fc.constantFrom(1, 4),
  devices: fc.dictionary(fc.constantFrom("d1", "d2", "d3"), device, { minKeys: 1, noNullPrototype: true }),
});
type Doc = typeof document extends fc.Arbitrary<infer T> ? T : never;

function documentOf({ hosts, gapMs, inFlight, devices }: Doc) {
  const tcp = (host: string) => ({ transport: "tcp", host, requestGapMs: gapMs, maxInFlight: inFlight });
  return {
    connections: { a: tcp(hosts[0]), b: tcp(hosts[1]) },
    devices: Object.fromEntries(
      Object.entries(devices).map(([name, { address, intervalMs, ...rest }]) => {
        const point = (at: number) => ({
          table: "holding",
          address: at,
          type: "uint16",
          access: "readWrite",
          kind: "telemetry",
        });
        const points = { level: point(address), far: point(address + 500) };
        return [name, { ...rest, points, groups: { default: { intervalMs } } }];
      }),
    ),
  };
}

const action = fc.oneof(
  { weight: 3, arbitrary: document.map((doc) => ({ kind: "apply" as const, doc })) },
  { weight: 3, arbitrary: fc.constantFrom("d1", "d2", "d3").map((name) => ({ kind: "read" as const, name })) },
  { weight: 2, arbitrary: fc.constantFrom("d1", "d2", "d3").map((name) => ({ kind: "write" as const, name })) },
);
const step = fc.record({ action, afterMs: fc.constantFrom(0, 3, 7, 15, 40, 300) });

test("whatever is known of a device is of the place where it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 12 }),
      fc.constantFrom(10, 35),
      async (steps, latencyMs) => {
        const clock = createManualClock();
        const wrong: string[] = [];
        const config = (): GatewayConfig => supervisor.config();
        const truth = (of: DeviceConfig, name: string): number => {
          const line = config().connections.get(of.connection) as ConnectionConfig;
          return place(endpointOf(line), of.unitId, of.points.find((point) => point.name === name)?.address ?? -1);
        };
        const check = (what: string, name: string, samples: readonly Sample[]): void => {
          const now = config().devices.get(name);
          for (const { point, reading } of samples) {
            if (!("value" in reading)) continue;
            if (now === undefined || !now.enabled || reading.value !== truth(now, point.name))
              wrong.push(`${what} ${name}.${point.name}=${String(reading.value)}`);
          }
        };
        const supervisor = createSupervisor({
          clock,
          log: silentLog,
          openerFor: () => () => Promise.reject(new TypeError("not used")),
          profiles: async () => builtInProfiles,
          onConfig: () => undefined,
          onCycle: (cycle) => {
            check("cycle", cycle.device, samplesOf(cycle.runs));
            access.arrived(cycle);
          },
          onConnection: () => undefined,
          onApplied: () => undefined,
          createRunner: (connection, ports) => {
            const session = createFakeSession(clock);
            session.latencyMs = latencyMs;
            const endpoint = endpointOf(connection);
            for (let unitId = 1; unitId <= 3; unitId++)
              for (let at = 0; at < 600; at++) session.registers.set(`${unitId}:${at}`, place(endpoint, unitId, at));
            const runner = createConnectionRunner(connection, ports, session.open);
            clock.setTimer(1, () => session.state("open"));
            sessions.push([endpoint, session]);
            return runner;
          },
        });
        const sessions: [endpoint: string, session: ReturnType<typeof createFakeSession>][] = [];
        const access = createDeviceAccess({
          writes: () => "declared",
          clock,
          config,
          runner: (name) => supervisor.runner(name),
          onSamples: (name, samples) => {
            check("held", name, samples);
            access.arrived(cycleOf(name, samples));
          },
        });
        const pending: Promise<unknown>[] = [];
        const never = new AbortController().signal;
        for (const { action: what, afterMs } of steps) {
          if (what.kind === "apply") pending.push(supervisor.apply(documentOf(what.doc), 1));
          else if (what.kind === "read") pending.push(access.read(what.name, ["level", "far"], never));
          else {
            const now = config().devices.get(what.name);
            // The value that stands there already: the image stays the truth.
            const value: PointValue = now === undefined ? 1 : truth(now, "level");
            pending.push(access.write(what.name, new Map([["level", value]]), never));
          }
          await clock.advance(afterMs);
          for (const name of config().devices.keys()) check("latest", name, [...access.latest(name).values()]);
        }
        await clock.advance(1000);
        for (const name of config().devices.keys()) check("latest", name, [...access.latest(name).values()]);
        await clock.advanceUntil(Promise.all(pending));
        // What was written says where it was meant to go.
        for (const [endpoint, { requests }] of sessions) {
          for (const { unitId, request } of requests) {
            if (request.kind !== "writeSingleRegister") continue;
            if (request.value !== place(endpoint, unitId, request.address))
              wrong.push(`${request.value} at ${endpoint} unit ${unitId} ${request.address}`);
          }
        }
        await clock.advanceUntil(supervisor.close());
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});
