import { startFleet } from "../support/fleet";

/**
 * Ten devices on one serial line (a pseudo terminal) and eight behind a TCP gateway, all of pymodbus. Each in turn is
 * silent, slow, garbled, or its server is killed and started anew. `npm run fleet -- --minutes 5` runs it for longer.
 */
const SECONDS = Number(process.env["MODBUS_EDGE_FLEET_SECONDS"] ?? "60");

test(
  `a fleet under faults for ${SECONDS} s: no wrong or stale value, neighbours keep their polls, full rate soon after`,
  async () => {
    const fleet = await startFleet();
    const ledger = await fleet.run(SECONDS * 1000).finally(() => fleet.close());
    process.stdout.write(`${ledger.text}\n`);
    expect(ledger.samples).toBeGreaterThan(SECONDS * 18);
    expect(ledger.wrong).toEqual([]);
    expect(ledger.late).toEqual([]);
    expect(ledger.share).toBeGreaterThanOrEqual(0.95);
  },
  (SECONDS + 60) * 1000,
);
