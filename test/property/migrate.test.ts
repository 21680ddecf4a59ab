import fc from "fast-check";
import { applyDocument } from "../../src/core/config/apply";
import type { GatewayConfig } from "../../src/core/config/gatewayConfig";
import { nativeDocument } from "../../src/core/config/legacy/nativeDocument";
import { translateLegacy } from "../../src/core/config/legacy/translateLegacy";
import { builtInProfiles } from "../../src/core/config/profiles";
import { planConnection } from "../../src/core/planning/connectionPlan";
import type { JsonObject } from "../../src/kernel/json";

interface Operation {
  readonly PollingInterval: number;
  readonly UnitId: number;
  readonly StartAddress: string;
  readonly Count: number;
}

const TABLES = { "0": "coil", "1": "discrete", "3": "input", "4": "holding" } as const;

const operation: fc.Arbitrary<Operation> = fc
  .record({
    PollingInterval: fc.constantFrom(500, 1000, 3000),
    UnitId: fc.integer({ min: 1, max: 2 }),
    table: fc.constantFrom("0", "1", "3", "4"),
    start: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 9990, max: 9999 })),
    digits: fc.constantFrom(4, 5),
    count: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 100, max: 125 })),
    DisplayName: fc.option(fc.constantFrom("Voltage", "Strom", "x"), { nil: undefined }),
  })
  .map(({ table, start, digits, count, ...rest }) => ({
    ...rest,
    StartAddress: `${table}${String(start).padStart(digits, "0")}`,
    Count: count,
  }));

const slave = fc.record({
  SlaveConnection: fc.constantFrom("192.0.2.1", "plc", "/dev/ttyUSB0"),
  HwId: fc.constantFrom("A", "B-1"),
  BaudRate: fc.constant(9600),
  Operations: fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), operation, { minKeys: 1 }),
});

const document = fc.record({ SlaveConfigs: fc.dictionary(fc.constantFrom("S1", "S2", "S3"), slave, { minKeys: 1 }) });

type Site = typeof document extends fc.Arbitrary<infer T> ? T : never;

/** `connection unit table address interval` of everything that the archived module read. */
function covered({ SlaveConfigs }: Site): ReadonlySet<string> {
  return new Set(
    Object.values(SlaveConfigs).flatMap(({ SlaveConnection, Operations }) =>
      Object.values(Operations).flatMap(({ UnitId, StartAddress, Count, PollingInterval }) => {
        const table = TABLES[StartAddress.charAt(0) as keyof typeof TABLES];
        const first = Number(StartAddress.slice(1)) - 1;
        return Array.from(
          { length: Count },
          (_, at) => `${SlaveConnection} ${UnitId} ${table} ${first + at} ${PollingInterval}`,
        );
      }),
    ),
  );
}

function endpointOf(config: GatewayConfig, name: string): string {
  const connection = config.connections.get(name);
  return connection?.transport === "serial" ? connection.path : (connection?.host ?? "");
}

function pointsOf(config: GatewayConfig): ReadonlySet<string> {
  return new Set(
    [...config.devices.values()].flatMap((device) =>
      device.points.map(({ table, address, group }) => {
        const interval = device.groups.get(group)?.intervalMs;
        return `${endpointOf(config, device.connection)} ${device.unitId} ${table} ${address} ${interval}`;
      }),
    ),
  );
}

/** Addresses that requests ask for, points or not. */
function asked(config: GatewayConfig): ReadonlySet<string> {
  return new Set(
    plansOf(config).flatMap(({ connection, cycles }) =>
      cycles.flatMap(({ unitId, requests }) =>
        requests.flatMap(({ table, first, count }) =>
          Array.from(
            { length: count },
            (_, at) => `${endpointOf(config, connection)} ${unitId} ${table} ${first + at}`,
          ),
        ),
      ),
    ),
  );
}

function plansOf(config: GatewayConfig) {
  return [...config.connections.values()].map((connection) =>
    planConnection(
      connection,
      [...config.devices.values()].filter((device) => device.connection === connection.name),
    ),
  );
}

test("the same addresses as before, no other ones, in as many requests or fewer", () => {
  fc.assert(
    fc.property(document, (legacy) => {
      const applied = applyDocument(undefined, legacy, builtInProfiles);
      const native = applyDocument(
        undefined,
        nativeDocument(translateLegacy(legacy as unknown as JsonObject)).document,
        builtInProfiles,
      );
      expect([applied.problems, native.problems]).toEqual([[], []]);
      const wanted = covered(legacy);
      const plain = new Set([...wanted].map((key) => key.slice(0, key.lastIndexOf(" "))));
      const before = Object.values(legacy.SlaveConfigs)
        .flatMap(({ Operations }) => Object.values(Operations))
        .reduce((sum, { PollingInterval }) => sum + 1000 / PollingInterval, 0);
      for (const { config } of [applied, native]) {
        expect(pointsOf(config)).toEqual(wanted);
        expect(asked(config)).toEqual(plain);
        const now = plansOf(config).reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0);
        expect(now).toBeLessThanOrEqual(before + 1e-9);
      }
    }),
    { numRuns: 30 },
  );
});
