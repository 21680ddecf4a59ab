import fc from "fast-check";
import type { GatewayConfig, WritePolicy } from "../../src/core/config/gatewayConfig";
import { planWrite } from "../../src/core/planning/writePlan";
import type { PointValue, WriteRule } from "../../src/core/points/point";
import type { JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createConnectionRunner } from "../../src/runtime/connectionRunner";
import { createDeviceAccess, type WriteResult } from "../../src/runtime/deviceAccess";
import { type Behaviour, createFakeSession, type FakeRequest, type FakeSession } from "../support/fakeSession";
import { createManualClock } from "../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../support/points";

const MIN_INTERVAL_MS = 2000;

function rw(more: Partial<WriteRule> = {}) {
  return { access: "readWrite", write: { verify: "readBack", ...more } } as const;
}

const sf = aPoint("sf", 50, { ...rw(), type: "int16" });
const POINTS = [
  aPoint("a", 10, rw()),
  aPoint("b", 11, rw()),
  aPoint("slow", 20, rw({ verifyDelayMs: 300 })),
  aPoint("rare", 30, rw({ minIntervalMs: MIN_INTERVAL_MS })),
  aPoint("bit0", 40, { ...rw(), bit: 0 }),
  aPoint("bit5", 40, { ...rw(), bit: 5 }),
  sf,
  aPoint("scaled", 60, { ...rw(), scaledBy: [{ as: "power", point: { ...sf, access: "read", kind: "none" } }] }),
  aPoint("blind", 70, { access: "write", kind: "none", write: { verify: "echo" } }),
];
const ADDRESSES = new Map(POINTS.map(({ name, address }) => [name, address]));
/** Points that bear a number by which a write is told to be of one call. */
const TOLD = new Set(["a", "b", "slow", "rare", "scaled", "blind"]);

interface Call {
  readonly afterMs: number;
  readonly timeoutMs: number;
  readonly names: readonly string[];
}

interface Script {
  readonly calls: readonly Call[];
  readonly fates: readonly number[];
  readonly offAtMs: number | undefined;
  readonly elsewhereAtMs: number | undefined;
  readonly powers: readonly number[];
}

const script: fc.Arbitrary<Script> = fc.record({
  calls: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 600 }),
      timeoutMs: fc.integer({ min: 100, max: 6000 }),
      names: fc.shuffledSubarray([...ADDRESSES.keys()], { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  fates: fc.array(fc.nat(99), { maxLength: 60 }),
  offAtMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 2 }),
  elsewhereAtMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined, freq: 2 }),
  powers: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 4, maxLength: 4 }),
});

function isWrite({ request }: FakeRequest): boolean {
  return !request.kind.startsWith("read");
}

/** The write happens at the device, whatever its answer is. */
function happen(session: FakeSession, request: FakeRequest["request"]): void {
  if (request.kind === "writeSingleRegister") session.registers.set(`1:${request.address}`, request.value);
  if (request.kind === "writeRegisters")
    for (const [i, value] of request.values.entries()) session.registers.set(`1:${request.address + i}`, value);
}

/** What becomes of a request, by a number: mostly good. */
function fateOf(fate: number, session: FakeSession, request: FakeRequest["request"]): Behaviour {
  if (request.kind.startsWith("read")) {
    return ({ 1: "timeout", 2: "offline", 3: 2, 4: 11, 5: "crc" } as const)[fate] ?? "answer";
  }
  const lost = ({ 1: "timeout", 2: "crc", 3: "lost", 4: 4, 5: 11, 6: 5, 7: "protocol" } as const)[fate % 20];
  if (fate === 10) return "offline";
  if (fate === 11) return 3;
  if (lost === undefined) return "answer";
  if (fate < 60) happen(session, request);
  return lost;
}

/** A write on the wire, with the power of ten that stood at the device when it was sent. */
interface Seen extends FakeRequest {
  readonly power: number;
}

async function play({ calls, fates, offAtMs, elsewhereAtMs, powers }: Script) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const seen: Seen[] = [];
  const held: { readonly at: number; readonly registers: ReadonlyMap<string, number> }[] = [];
  const powerNow = (): number => ((session.registers.get("1:50") ?? 0) << 16) >> 16;
  let next = 0;
  session.behave = (unitId, request) => {
    const number = fates[next++] ?? 99;
    const power = powerNow();
    const fate = fateOf(number, session, request);
    // Acknowledged, and not done.
    session.ignoresWrites = number === 12;
    if (fate !== "offline") seen.push({ at: clock.monotonic(), unitId, request, power });
    held.push({ at: clock.monotonic(), registers: new Map(session.registers) });
    return fate;
  };
  const connection = aConnection();
  const device = aDevice("d", POINTS, {
    groups: new Map([["default", aGroup("default", 1000, { poll: "onDemand" })]]),
  });
  const state: { config: GatewayConfig; writes: WritePolicy } = {
    config: { connections: new Map([["line", connection]]), devices: new Map([["d", device]]), module: {} },
    writes: "declared",
  };
  const ports = { clock, log: silentLog, openLink: () => Promise.reject(new TypeError("a fake session")) };
  const runner = createConnectionRunner(
    connection,
    { ...ports, onCycle: () => undefined, onConnection: () => undefined },
    session.open,
  );
  const changes: { off?: number; elsewhere?: number } = {};
  const access = createDeviceAccess({
    clock,
    config: () => state.config,
    runner: () => (changes.elsewhere === undefined ? runner : undefined),
    writes: () => state.writes,
    onSamples: () => undefined,
  });
  runner.apply([device]);
  session.state("open");
  await clock.advance(100);
  const start = clock.monotonic();
  if (offAtMs !== undefined)
    clock.setTimer(offAtMs, () => {
      state.writes = "off";
      changes.off = clock.monotonic();
    });
  if (elsewhereAtMs !== undefined)
    clock.setTimer(elsewhereAtMs, () => {
      const other = { ...connection, host: "192.0.2.9", fingerprint: "elsewhere" };
      state.config = { ...state.config, connections: new Map([["line", other]]) };
      changes.elsewhere = clock.monotonic();
    });
  const all = calls.map(async ({ afterMs, timeoutMs, names }, i) => {
    await new Promise<void>((resolve) => clock.setTimer(afterMs, resolve));
    const values = new Map(names.map((name) => [name, valueFor(name, i, powers)]));
    if (!planWrite(device, Object.fromEntries(values) as JsonObject).ok) return undefined;
    const abort = new AbortController();
    const timer = clock.setTimer(timeoutMs, () => abort.abort());
    const results = await access.write("d", values, abort.signal);
    timer.cancel();
    return { values, results, timeoutMs, tookMs: clock.monotonic() - start - afterMs };
  });
  const outcomes = await clock.advanceUntil(Promise.all(all));
  await clock.advanceUntil(runner.close());
  // The timers of the test itself.
  await clock.advance(10_000);
  return { seen, held, outcomes, changes, left: clock.pendingTimers };
}

function valueFor(name: string, call: number, powers: readonly number[]): PointValue {
  if (name === "sf") return powers[call] ?? 0;
  if (name.startsWith("bit")) return call % 2 === 0;
  return 100 * (call + 1);
}

/** The writes that carry this value to this point. */
function writesOf(seen: readonly Seen[], name: string, value: PointValue): readonly Seen[] {
  const address = ADDRESSES.get(name) ?? -1;
  return seen.filter((one) => {
    if (!isWrite(one)) return false;
    const raw = rawAt(one.request, address);
    if (raw === undefined) return false;
    return name === "scaled" ? raw * 10 ** one.power === value : raw === value;
  });
}

function rawAt(request: FakeRequest["request"], address: number): number | undefined {
  if (request.kind === "writeSingleRegister" && request.address === address) return request.value;
  if (request.kind === "writeRegisters") return request.values[address - request.address];
  return undefined;
}

function check({ seen, held, outcomes, changes, left }: Awaited<ReturnType<typeof play>>): void {
  for (const outcome of outcomes) {
    if (outcome === undefined) continue;
    const { values, results, timeoutMs, tookMs } = outcome;
    expect([...results.keys()]).toEqual([...values.keys()]);
    expect(tookMs).toBeLessThanOrEqual(timeoutMs + 4000 + 1000);
    for (const [name, result] of results) {
      if (TOLD.has(name)) checkOne(name, values.get(name) ?? false, result, seen, held);
    }
  }
  // Every write on the wire is one that was asked for, by the scale that stood there.
  const asked = outcomes.flatMap((outcome) => (outcome === undefined ? [] : [...outcome.values]));
  for (const one of seen.filter(isWrite)) {
    const address = "address" in one.request ? one.request.address : -1;
    const name = [...ADDRESSES].find(([, at]) => at === address)?.[0] ?? "";
    if (!TOLD.has(name)) continue;
    expect(asked.some(([to, value]) => to === name && writesOf([one], name, value).length === 1)).toBe(true);
  }
  for (const limit of [changes.off, changes.elsewhere]) {
    if (limit !== undefined) expect(seen.filter((one) => isWrite(one) && one.at > limit)).toEqual([]);
  }
  const rare = seen.filter((one) => isWrite(one) && rawAt(one.request, 30) !== undefined).map(({ at }) => at);
  for (const [i, at] of rare.slice(1).entries()) expect(at - (rare[i] ?? 0)).toBeGreaterThanOrEqual(MIN_INTERVAL_MS);
  expect(left).toBe(0);
}

function checkOne(
  name: string,
  value: PointValue,
  { outcome, attempts, status }: WriteResult,
  seen: readonly Seen[],
  held: Awaited<ReturnType<typeof play>>["held"],
): void {
  const sent = writesOf(seen, name, value);
  expect(sent).toHaveLength(attempts);
  if (outcome === "verified" || outcome === "acknowledged") expect([attempts, status]).toEqual([1, 200]);
  if (outcome === "unknown") expect([attempts, status]).toEqual([1, 504]);
  if (outcome === "mismatch") expect([attempts, status]).toEqual([1, 502]);
  if (outcome !== "verified") return;
  const [first] = sent;
  const key = `1:${ADDRESSES.get(name)}`;
  const isHeld = held.some(({ at, registers }) => {
    if (first === undefined || at < first.at) return false;
    const raw = registers.get(key) ?? 0;
    const power = ((registers.get("1:50") ?? 0) << 16) >> 16;
    return name === "scaled" ? raw * 10 ** power === value : raw === value;
  });
  expect(isHeld).toBe(true);
}

test("whatever happens to a write: sent at most once, by the scale of now, and the answer is true", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (one) => check(await play(one))),
    { numRuns: 400 },
  );
}, 120_000);
