import { reconcile, type SoakArrival, type SoakEvidence, type SoakSample } from "../../../soak/ledger";

/** Device `a`, a sample a second from 10,000 ms on, each at the hub 100 ms later. */
const at = (index: number): number => 10_000 + index * 1000;
const sample = (index: number): SoakSample => ({
  device: "a",
  at: at(index),
  values: { uptime: index, level: index * 2 },
});
const arrival = (index: number, more: Partial<SoakArrival> = {}): SoakArrival => ({
  device: "a",
  receivedAt: at(index) + 100,
  createdAt: at(index) + 3,
  messageId: `m-${index}`,
  values: { uptime: index, level: index * 2 },
  ...more,
});

const indices = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function evidence(more: Partial<SoakEvidence> = {}): SoakEvidence {
  return {
    samples: indices.map(sample),
    arrivals: indices.map((index) => arrival(index)),
    doubtful: [],
    clock: [{ from: 0, offsetMs: 0 }],
    lives: [{ from: 0, to: Number.POSITIVE_INFINITY }],
    ...more,
  };
}

const without = (...left: readonly number[]): SoakArrival[] =>
  indices.filter((index) => !left.includes(index)).map((index) => arrival(index));

test("everything there: nothing to complain of", () => {
  expect(reconcile(evidence())).toEqual({
    produced: 10,
    doubtful: { all: 0, arrived: 0, why: {} },
    messages: 10,
    duplicated: 0,
    offClock: 0,
    largestLagMs: 3,
    lost: [],
    invented: [],
    disordered: [],
    mistimed: [],
  });
});

test("one is missing", () => {
  expect(reconcile(evidence({ arrivals: without(4) })).lost).toEqual([expect.stringContaining('"uptime":4')]);
});

test("what is missing from the second before a kill is not lost, and counted", () => {
  const doubtful = [{ from: at(4), to: at(5), why: "kill" }];
  const ledger = reconcile(evidence({ arrivals: without(4), doubtful }));
  expect(ledger).toMatchObject({ produced: 8, lost: [], doubtful: { all: 2, arrived: 1, why: { kill: 2 } } });
  expect(reconcile(evidence({ arrivals: without(3), doubtful })).lost).toHaveLength(1);
});

test("a sample with a doubt of its own may be missing", () => {
  const samples = indices.map((index) => (index === 4 ? { ...sample(index), doubt: "late" } : sample(index)));
  expect(reconcile(evidence({ samples, arrivals: without(4) }))).toMatchObject({ produced: 9, lost: [] });
});

test("a repetition is a duplicate, not a disorder", () => {
  const arrivals = [...indices.map((index) => arrival(index)), arrival(2, { receivedAt: at(12) })];
  expect(reconcile(evidence({ arrivals }))).toMatchObject({ duplicated: 1, disordered: [], lost: [] });
});

test("one that comes after a newer one", () => {
  const arrivals = [...without(4), arrival(4, { receivedAt: at(12) })];
  expect(reconcile(evidence({ arrivals })).disordered).toEqual([expect.stringContaining("m-4")]);
});

test.each<[string, SoakArrival["values"]]>([
  ["a value that the answer did not have", { uptime: 4, level: 9 }],
  ["a sample that never was", { uptime: 99, level: 198 }],
  ["a value too few", { uptime: 4 }],
  ["a text for a number", { uptime: 4, level: "8" }],
])("invented: %s", (_what, values) => {
  const arrivals = [...without(4), arrival(4, { values })];
  expect(reconcile(evidence({ arrivals })).invented).toHaveLength(1);
});

test("a float32 comes as the shortest decimal of it", () => {
  const samples = [{ ...sample(0), values: { uptime: 0, level: Math.fround(230.1) } }];
  const good = reconcile(evidence({ samples, arrivals: [arrival(0, { values: { uptime: 0, level: 230.1 } })] }));
  expect(good.invented).toEqual([]);
  const bad = reconcile(evidence({ samples, arrivals: [arrival(0, { values: { uptime: 0, level: 230.2 } })] }));
  expect(bad.invented).toHaveLength(1);
});

describe("time", () => {
  const HOUR = 3_600_000;

  test.each([
    ["too late", 4000],
    ["before the answer", -100],
  ])("%s", (_what, by) => {
    const arrivals = [...without(9), arrival(9, { createdAt: at(9) + by })];
    expect(reconcile(evidence({ arrivals })).mistimed).toHaveLength(1);
  });

  test("after a step what is sent by the same life bears the new time", () => {
    const clock = [
      { from: 0, offsetMs: HOUR },
      { from: at(5), offsetMs: 0 },
    ];
    const late = (index: number, offsetMs: number) =>
      arrival(index, { receivedAt: at(20), createdAt: at(index) + offsetMs });
    expect(reconcile(evidence({ clock, arrivals: indices.map((index) => late(index, 0)) }))).toMatchObject({
      mistimed: [],
      offClock: 0,
    });
    expect(reconcile(evidence({ clock, arrivals: indices.map((index) => late(index, HOUR)) })).mistimed).toHaveLength(
      10,
    );
  });

  test("what another life sends bears the time as the life that took it knew it last", () => {
    const lives = [
      { from: 0, to: at(7) },
      { from: at(7), to: Number.POSITIVE_INFINITY },
    ];
    const clock = [
      { from: 0, offsetMs: HOUR },
      { from: at(8), offsetMs: 0 },
    ];
    const sent = (offset: number) =>
      indices.slice(0, 7).map((index) => arrival(index, { receivedAt: at(20), createdAt: at(index) + offset }));
    const samples = indices.slice(0, 7).map(sample);
    expect(reconcile(evidence({ samples, lives, clock, arrivals: sent(HOUR) }))).toMatchObject({
      mistimed: [],
      offClock: 7,
    });
    expect(reconcile(evidence({ samples, lives, clock, arrivals: sent(0) })).mistimed).toHaveLength(7);
  });
});
