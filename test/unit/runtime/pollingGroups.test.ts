import type { DeviceConfig, Group } from "../../../src/core/config/gatewayConfig";
import { samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { planPoints } from "../../../src/runtime/cycle";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

function setUp(...devices: readonly DeviceConfig[]) {
  const clock = createManualClock(Date.UTC(2026, 0, 1, 10, 7));
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
        shown.push(`[${clock.monotonic()}] ${values.join(" ")}`);
      },
      onConnection: () => undefined,
    },
    session.open,
  );
  runner.apply(devices);
  const asked = (): string[] => session.requests.map(({ request }) => `${request.address}`);
  return { clock, session, shown, runner, asked };
}

const EVENT = { connect: Number.POSITIVE_INFINITY, onDemand: Number.POSITIVE_INFINITY } as const;

function deviceWith(...groups: readonly Group[]): DeviceConfig {
  const points = groups.map(({ name }, at) => aPoint(`p${at}`, at * 100, { group: name }));
  return aDevice("boiler", points, { groups: new Map(groups.map((group) => [group.name, group])) });
}

describe("groups in the poll", () => {
  it("reads a group `connect` once after each connect, one `onDemand` never", async () => {
    const groups = [
      aGroup("g", 60_000),
      aGroup("once", EVENT.connect, { poll: "connect" }),
      aGroup("asked", EVENT.onDemand, { poll: "onDemand" }),
    ];
    const { clock, session, asked, runner } = setUp(deviceWith(...groups));
    session.state("open");
    await clock.advance(130_000);
    expect(asked()).toEqual(["0", "100", "0", "0"]);
    session.state("closed");
    session.state("open");
    await clock.advance(1000);
    expect(asked()).toEqual(["0", "100", "0", "0", "0", "100"]);
    await clock.advanceUntil(runner.close());
  });

  it("tries what is read once again until the device has answered, an exception is an answer", async () => {
    const { clock, session, shown, runner } = setUp(deviceWith(aGroup("once", EVENT.connect, { poll: "connect" })));
    session.behave = () => (session.requests.length < 3 ? "silent" : 2);
    session.state("open");
    await clock.advance(100_000);
    expect(shown).toEqual(["[1000] p0=timeout", "[12000] p0=timeout", "[22010] p0=exception:2"]);
    await clock.advanceUntil(runner.close());
  });

  it("polls an aligned group at the quarter hours of UTC", async () => {
    const { clock, session, runner } = setUp(deviceWith(aGroup("g", 900_000, { align: true })));
    session.state("open");
    await clock.advance(1_800_000);
    expect(session.requests.map(({ at }) => at / 60_000)).toEqual([0, 8, 23]);
    await clock.advanceUntil(runner.close());
  });

  it("plans a consistent group as one request, even where two would cost less", () => {
    const points = [aPoint("a", 0), aPoint("b", 16)];
    const device = (more: Partial<Group>): DeviceConfig =>
      aDevice("boiler", points, { groups: new Map([["default", aGroup("default", 60_000, more)]]) });
    const slow = { perRequestMs: 1, perByteMs: 1 };
    const counts = (more: Partial<Group>): number[] =>
      planPoints(device(more), points, slow).reads.map(({ request }) => request.count);
    expect(counts({})).toEqual([1, 1]);
    expect(counts({ consistent: true })).toEqual([17]);
  });

  it("lets a unit rest after the connect: its neighbours are polled, commands to it wait", async () => {
    const every = new Map([["default", aGroup("default", 60_000)]]);
    const { clock, session, runner } = setUp(
      aDevice("slow", [aPoint("a", 0)], { unitId: 1, connectDelayMs: 2000, groups: every }),
      aDevice("same", [aPoint("a", 5)], { unitId: 1, groups: every }),
      aDevice("live", [aPoint("a", 0)], { unitId: 2, groups: every }),
    );
    await clock.advance(3000);
    session.state("open");
    await clock.advance(1000);
    const command = runner.command(
      (bus) => bus.transact(1, { kind: "readRegisters", table: "holding", address: 9, count: 1 }),
      new AbortController().signal,
    );
    await clock.advanceUntil(command);
    await clock.advance(1000);
    expect(session.requests.map(({ at, unitId, request }) => [at, unitId, request.address])).toEqual([
      [3000, 2, 0],
      [5000, 1, 9],
      // One request for both devices of the unit.
      [5010, 1, 0],
    ]);
    await clock.advanceUntil(runner.close());
  });
});
