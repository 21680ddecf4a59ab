import { readFaultText } from "../../../../src/simulator/faults/faultText";

const always = { kind: "always" };

function plansOf(text: string): unknown {
  const read = readFaultText(text);
  return read.ok ? Object.fromEntries(read.value) : read.error;
}

test("delays and drops of one connection, bits of another, a seed", () => {
  expect(plansOf("plant: delay=50-200ms, drop=2%, seed=7; hall: garble=3 every 10")).toEqual({
    plant: {
      seed: 7,
      faults: [
        { fault: { kind: "delay", ms: 50, upToMs: 200 }, when: always, on: "answers" },
        { fault: { kind: "drop" }, when: { kind: "chance", percent: 2 }, on: "answers" },
      ],
    },
    hall: { seed: 1, faults: [{ fault: { kind: "garble", bits: 3 }, when: { kind: "every", n: 10 }, on: "answers" }] },
  });
});

test("a file: a line a connection, comments, both directions, refusals", () => {
  const text =
    "# what the hall does\nhall: requests drop 1.5%, reset=4 #3  # the third\n*: refuse 20%, split=3+4 20ms #5-9\n";
  expect(plansOf(text)).toEqual({
    hall: {
      seed: 1,
      faults: [
        { fault: { kind: "drop" }, when: { kind: "chance", percent: 1.5 }, on: "requests" },
        { fault: { kind: "reset", afterBytes: 4 }, when: { kind: "nth", from: 3, to: 3 }, on: "answers" },
      ],
    },
    "*": {
      seed: 1,
      refuse: { kind: "chance", percent: 20 },
      faults: [
        {
          fault: { kind: "split", sizes: [3, 4], everyMs: 20 },
          when: { kind: "nth", from: 5, to: 9 },
          on: "answers",
        },
      ],
    },
  });
});

test.each([
  ["late", { kind: "late" }],
  ["late=1.5s", { kind: "late", afterMs: 1500 }],
  ["duplicate", { kind: "duplicate" }],
  ["exception=0x0b", { kind: "exception", code: 11 }],
  ["wrongUnit", { kind: "wrongUnit", by: 1 }],
  ["drip", { kind: "drip", everyMs: 5 }],
  ["close=5B", { kind: "close", afterBytes: 5 }],
])("%s", (text, fault) => {
  expect(plansOf(`plant: ${text}`)).toEqual({ plant: { seed: 1, faults: [{ fault, when: always, on: "answers" }] } });
});

test.each([
  ["plant delay=5ms", /"plant delay=5ms": write CONNECTION: FAULT, FAULT/],
  ["plant: dely=5ms", /^plant: "dely" is no fault; did you mean "delay"\?$/],
  ["plant: delay=5", /^plant: delay: "5" is not understood; it takes a duration \(200ms\) or two \(50-200ms\)$/],
  [
    "plant: drop=often",
    /^plant: drop: "often" is not understood; it takes nothing but when \(2%, #3, #3-5, every 10\)$/,
  ],
  ["plant: exception=256", /^plant: exception: "256" is not understood; it takes a number from 0 to 255$/],
  ["plant: requests exception", /^plant: exception is for answers only$/],
  ["plant: drop; plant: drop", /^connection plant stands there twice$/],
  ["plant: drop 200%", /^plant: drop: 200 % is more than always \(100 %\)$/],
  ["plant: drop every 0", /^plant: drop: every 0 is never: 1 or more$/],
  ["plant: drop #5-3", /^plant: drop: #5-3 is never: /],
  ["plant: drop #0", /^plant: drop: #0-0 is never: /],
  ["", /^there is no fault in it$/],
  ["plant: toString", /^plant: "toString" is no fault; there are delay, /],
])("refused: %s", (text, expected) => {
  expect(plansOf(text)).toMatch(expected);
});
