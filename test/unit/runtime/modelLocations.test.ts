import { modelAddress, modelNumber } from "../../../src/core/modbus/modelAddress";
import { samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { ModelLocations } from "../../../src/runtime/modelLocations";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const INVERTER = [101, 102, 103];
const NUMBER = modelNumber(INVERTER);
const STORAGE = [124];

function setUp(points = [aPoint("w", modelAddress(NUMBER, 14)), aPoint("plain", 7)]) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const shown: string[] = [];
  const runner = createConnectionRunner(
    aConnection(),
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle({ runs }) {
        const values = samplesOf(runs).map(
          ({ point, reading }) => `${point.name}=${"value" in reading ? reading.value : reading.bad}`,
        );
        shown.push(values.sort().join(" "));
      },
      onConnection: () => undefined,
    },
    session.open,
  );
  const models = new Map([
    [NUMBER, INVERTER],
    [modelNumber(STORAGE), STORAGE],
  ]);
  runner.apply([aDevice("sun", points, { models, groups: new Map([["default", aGroup("default", 60_000)]]) })]);
  const asked = (): number[] => session.requests.map(({ request }) => request.address);
  return { clock, session, shown, runner, asked };
}

/** Registers from `at` on. */
function fill(session: ReturnType<typeof createFakeSession>, at: number, ...values: number[]): void {
  for (const [offset, value] of values.entries()) session.registers.set(`1:${at + offset}`, value);
}

function chainAt(session: ReturnType<typeof createFakeSession>, base: number, length1 = 66): number {
  const start = base + 4 + length1;
  fill(session, base, 0x5375, 0x6e53, 1, length1);
  fill(session, start, 103, 50);
  fill(session, start + 52, 0xffff, 0);
  fill(session, start + 14, 4711);
  return start;
}

describe("points in SunSpec models", () => {
  it("are read where the chain has their model, found once after the connect", async () => {
    const { clock, session, shown, asked, runner } = setUp();
    const start = chainAt(session, 40_000);
    session.state("open");
    await clock.advance(130_000);
    expect(new Set(shown)).toEqual(new Set(["plain=0 w=4711"]));
    expect(shown).toHaveLength(3);
    const walk = asked().filter((address) => address !== 7 && address !== start + 14);
    expect(walk).toEqual([40_000, 40_002, start, start + 52]);
    await clock.advanceUntil(runner.close());
  });

  it("are looked for anew after each connect", async () => {
    const { clock, session, shown, runner } = setUp();
    chainAt(session, 40_000);
    session.state("open");
    await clock.advance(1000);
    session.registers.clear();
    fill(session, 40_000 + 70 + 14, 1);
    const start = chainAt(session, 40_000, 80);
    fill(session, start + 14, 815);
    session.state("closed");
    session.state("open");
    await clock.advance(1000);
    expect(shown.at(-1)).toBe("plain=0 w=815");
    await clock.advanceUntil(runner.close());
  });

  it("are looked for anew after a silence: it may be another device that answers now", async () => {
    const { clock, session, shown, runner } = setUp([aPoint("w", modelAddress(NUMBER, 14))]);
    chainAt(session, 40_000);
    session.state("open");
    await clock.advance(1000);
    session.behave = () => "silent";
    await clock.advance(60_000);
    expect(shown.at(-1)).toBe("w=timeout");
    session.registers.clear();
    const start = chainAt(session, 50_000, 80);
    fill(session, start + 14, 815);
    session.behave = () => "answer";
    await clock.advance(60_000);
    expect(shown.at(-1)).toBe("w=815");
    await clock.advanceUntil(runner.close());
  });

  it("of a model that the device has not are bad, with the reason, and nothing else is", async () => {
    const points = [aPoint("w", modelAddress(NUMBER, 14)), aPoint("s", modelAddress(modelNumber(STORAGE), 2))];
    const { clock, session, shown, asked, runner } = setUp(points);
    const start = chainAt(session, 40_000);
    session.state("open");
    await clock.advance(100);
    expect(shown).toEqual(["s=notAvailable w=4711"]);
    expect(runner.status().devices.get("sun")?.lastError).toBe("unit 1 has no SunSpec model 124");
    expect(asked()).toEqual([40_000, 40_002, start, start + 52, start + 14]);
    await clock.advanceUntil(runner.close());
  });

  it("of a device without any chain are bad, and the others are read", async () => {
    const { clock, session, shown, runner } = setUp();
    session.behave = (_, { address }) => (address === 7 ? "answer" : 2);
    session.state("open");
    await clock.advance(1000);
    expect(shown).toEqual(["plain=0 w=notAvailable"]);
    expect(runner.status().devices.get("sun")?.lastError).toBe(
      "unit 1 has no SunSpec marker at holding 40000, 0, 50000",
    );
    await clock.advanceUntil(runner.close());
  });

  it("behind the end of a model are refused: other models' registers are not theirs", async () => {
    const points = [aPoint("w", modelAddress(NUMBER, 14)), aPoint("far", modelAddress(NUMBER, 52))];
    const { clock, session, shown, asked, runner } = setUp(points);
    const start = chainAt(session, 40_000);
    session.state("open");
    await clock.advance(1000);
    expect(shown).toEqual(["far=exception:2 w=4711"]);
    expect(asked().filter((address) => address === start + 52)).toHaveLength(1);
    await clock.advanceUntil(runner.close());
  });

  it("are timeouts of one request each while the unit is silent", async () => {
    const { clock, session, shown, asked, runner } = setUp([aPoint("w", modelAddress(NUMBER, 14))]);
    session.behave = () => "silent";
    session.state("open");
    await clock.advance(1500);
    expect(shown).toEqual(["w=timeout"]);
    expect(asked()).toEqual([40_000]);
    await clock.advanceUntil(runner.close());
  });

  it("let a command in between two steps of the walk, and wait for it where they need it", async () => {
    const { clock, session, asked, runner } = setUp([aPoint("w", modelAddress(NUMBER, 14))]);
    const start = chainAt(session, 40_000);
    const read = (address: number) =>
      runner.command(
        (bus) => bus.transact(1, { kind: "readRegisters", table: "holding", address, count: 1 }),
        new AbortController().signal,
      );
    session.state("open");
    await clock.advance(5);
    const other = read(3);
    const located = read(modelAddress(NUMBER, 14));
    await clock.advance(500);
    expect(asked().slice(0, 3)).toEqual([40_000, 3, 40_002]);
    expect((await other)?.ok).toBe(true);
    expect(await located).toMatchObject({ ok: true, value: { response: { registers: Uint16Array.of(4711) } } });
    expect(asked().filter((address) => address === start + 14)).toHaveLength(2);
    await clock.advanceUntil(runner.close());
  });

  it("are never asked at an address of their own making", async () => {
    const { clock, session, runner } = setUp([aPoint("w", modelAddress(NUMBER, 14))]);
    session.state("open");
    await clock.advance(1000);
    const stray = await clock.advanceUntil(
      runner.command(
        (bus) => bus.transact(2, { kind: "readRegisters", table: "holding", address: modelAddress(5, 1), count: 1 }),
        new AbortController().signal,
      ),
    );
    expect(stray).toMatchObject({ ok: false, error: { kind: "aborted" } });
    expect(session.requests.every(({ request }) => request.address <= 65_535)).toBe(true);
    await clock.advanceUntil(runner.close());
  });
});

test("two requests at once share one walk: an answer counts only for the step that asked", async () => {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  // Models 1, 2, 3 of different lengths: an answer that were taken twice would lead astray.
  fill(session, 100, 0, 0);
  fill(session, 40_000, 0x5375, 0x6e53, 1, 5);
  fill(session, 40_009, 120, 9);
  fill(session, 40_020, 103, 50);
  fill(session, 40_034, 4711);
  const bus = session.open(aConnection(), {
    clock,
    log: silentLog,
    openLink: () => Promise.reject(new TypeError("not used")),
    onState: () => undefined,
  });
  const locations = new ModelLocations(bus);
  locations.stand([aDevice("sun", [], { models: new Map([[NUMBER, INVERTER]]) })]);
  const request = { kind: "readRegisters", table: "holding", address: modelAddress(NUMBER, 14), count: 1 } as const;
  const first = locations.transact(1, request);
  await clock.advance(4);
  const second = locations.transact(1, request);
  const third = locations.transact(1, request);
  await clock.advance(1000);
  for (const answer of [first, second, third]) {
    expect(await answer).toMatchObject({ ok: true, value: { response: { registers: Uint16Array.of(4711) } } });
  }
});
