import type { Prober, Sign } from "../../../src/cli/scanProbe";
import { type SweepOutcome, type SweepPorts, sweep } from "../../../src/cli/scanSweep";
import { err, ok } from "../../../src/kernel/result";

const HERE: Sign = { kind: "here", said: "holding 0", ms: 5, readable: "holding" };
const SILENT: Sign = { kind: "silent" };

interface Bench {
  /** `SETTING/UNIT` (or `/UNIT`) in the order in which it was asked for; with patience `×4`. */
  readonly asked: string[];
  readonly opened: (string | undefined)[];
  closed: number;
  readonly ports: SweepPorts;
  readonly stop: AbortController;
}

function bench(answer: (unit: number, setting: string | undefined, patience: number) => Sign): Bench {
  const stop = new AbortController();
  const made: Bench = {
    asked: [],
    opened: [],
    closed: 0,
    stop,
    ports: {
      async open(setting) {
        made.opened.push(setting);
        const prober: Prober = {
          async probe(unit, patience) {
            made.asked.push(`${setting ?? ""}/${unit}${patience === 1 ? "" : `×${patience}`}`);
            return answer(unit, setting, patience);
          },
          async close() {
            made.closed += 1;
          },
        };
        return ok(prober);
      },
      signal: stop.signal,
      endedBy: () => "stopped",
    },
  };
  return made;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
const unitsOf = ({ found }: SweepOutcome): number[] => [...found.keys()];

test("whoever answers is found, by data or by exception; a gateway's nobody is not", async () => {
  const refusal: Sign = { kind: "here", said: "exception 2", ms: 1 };
  const { ports } = bench((unit) => (unit === 3 ? HERE : unit === 5 ? refusal : { kind: "nobody", code: 11 }));
  const outcome = await sweep([undefined], range(1, 20), ports);
  expect(unitsOf(outcome)).toEqual([3, 5]);
  expect(outcome.nobody).toEqual(new Map([[11, 18]]));
  expect(outcome.ended).toBeUndefined();
  expect(outcome.prober).toBeDefined();
});

test("the setting of the line: common ids at every setting first, then everything at the one that answers", async () => {
  const { ports, asked, opened } = bench((unit, setting) =>
    setting === "19200 8E1" && [4, 200].includes(unit) ? HERE : SILENT,
  );
  const outcome = await sweep(["9600 8N1", "19200 8E1", "2400 8N1"], range(1, 247), ports);
  expect(unitsOf(outcome)).toEqual([4, 200]);
  expect(outcome.setting).toBe("19200 8E1");
  expect(opened).toEqual(["9600 8N1", "19200 8E1"]);
  expect(asked.filter((one) => one.startsWith("9600"))).toHaveLength(10);
  expect(new Set(asked).size).toBe(asked.length);
});

test("where only uncommon ids are there, the whole range is asked for at every setting", async () => {
  const made = bench((unit, setting) => (setting === "b" && unit === 60 ? HERE : SILENT));
  const outcome = await sweep(["a", "b", "c"], range(1, 100), made.ports);
  expect(unitsOf(outcome)).toEqual([60]);
  expect(outcome.setting).toBe("b");
  expect(made.opened).toEqual(["a", "b", "c", "a", "b"]);
  expect(made.closed).toBe(4);
});

test("a server that does not look at the unit id is one device, and costs a handful of questions", async () => {
  const { ports, asked } = bench(() => HERE);
  const outcome = await sweep([undefined], [...range(1, 247), 255, 0], ports);
  expect(outcome.answersEveryUnit).toBe(true);
  expect(unitsOf(outcome)).toEqual([1]);
  expect(asked).toHaveLength(5);
});

test("many units behind a gateway are not taken for one", async () => {
  const { ports } = bench((unit) => (unit <= 203 && unit !== 61 ? HERE : SILENT));
  const outcome = await sweep([undefined], range(1, 247), ports);
  expect(outcome.answersEveryUnit).toBe(false);
  expect(outcome.found.size).toBe(202);
});

test("the answer of a slow unit spoils the next question: both are asked again with patience", async () => {
  const { ports, asked } = bench((unit, _setting, patience) => {
    if (unit === 6) return patience > 1 ? HERE : SILENT;
    return unit === 7 && patience === 1 ? { kind: "damaged", detail: "another unit" } : SILENT;
  });
  const outcome = await sweep([undefined], range(5, 8), ports);
  expect(unitsOf(outcome)).toEqual([6]);
  expect(asked).toEqual(["/5", "/6", "/7", "/6×4", "/7×4", "/8"]);
  expect(outcome.damaged).toEqual([]);
});

test("more than one answer at once: the unit before was late, and is asked again", async () => {
  const { ports, asked } = bench((unit, _setting, patience) => {
    if (unit === 2) return patience > 1 ? HERE : SILENT;
    return unit === 3 ? { ...HERE, crowded: true } : SILENT;
  });
  expect(unitsOf(await sweep([undefined], range(1, 4), ports))).toEqual([3, 2]);
  expect(asked).toEqual(["/1", "/2", "/3", "/2×4", "/4"]);
});

test("damage that stays is told with its setting", async () => {
  const { ports } = bench((unit) => (unit === 2 ? { kind: "damaged", detail: "crc" } : SILENT));
  const outcome = await sweep(["9600 8N1"], range(1, 3), ports);
  expect(outcome.damaged).toEqual([{ unitId: 2, setting: "9600 8N1" }]);
});

test("stopped, it keeps what it has found", async () => {
  const made = bench((unit) => {
    if (unit === 4) made.stop.abort();
    return unit === 2 ? HERE : SILENT;
  });
  const outcome = await sweep([undefined], range(1, 50), made.ports);
  expect(unitsOf(outcome)).toEqual([2]);
  expect(outcome.ended).toBe("stopped");
  expect(made.asked).toEqual(["/1", "/2", "/3", "/4"]);
});

test("a server that hangs up on ids that it does not have is asked on; one that is gone is not", async () => {
  const some = bench((unit) => (unit % 3 === 0 ? HERE : { kind: "lost", detail: "gone" }));
  expect(unitsOf(await sweep([undefined], range(1, 9), some.ports))).toEqual([3, 6, 9]);
  const gone = bench(() => ({ kind: "lost", detail: "refused" }));
  const outcome = await sweep([undefined], range(1, 9), gone.ports);
  expect(outcome.ended).toBe("refused");
  expect(gone.asked).toHaveLength(3);
});

test("what can't be opened says why", async () => {
  const { ports } = bench(() => HERE);
  const outcome = await sweep([undefined], [1], { ...ports, open: async () => err("no such port") });
  expect(outcome).toMatchObject({ ended: "no such port", probed: 0 });
});
