import { commandRestMs } from "../../../../src/core/config/commandRest";
import type { CommandStep } from "../../../../src/core/config/deviceCommand";
import { aPoint } from "../../../support/points";

const points = new Map(
  [
    aPoint("plain", 1, { access: "readWrite", write: { verify: "readBack" } }),
    aPoint("slow", 2, { access: "readWrite", write: { verify: "readBack", verifyDelayMs: 300 } }),
    aPoint("rare", 3, { access: "readWrite", write: { verify: "readBack", minIntervalMs: 5000 } }),
  ].map((point) => [point.name, point]),
);

const write = (...names: string[]): CommandStep => ({
  kind: "write",
  items: names.map((point) => ({ point, value: { constant: 1 } })),
});
const rest = (waitMs: number): CommandStep => ({ kind: "wait", waitMs });
const until = (timeoutMs: number): CommandStep => ({ kind: "until", items: [], timeoutMs });

test.each<[string, readonly CommandStep[], number]>([
  ["nothing to wait for", [write("plain"), write("plain")], 0],
  ["waits and conditions", [write("plain"), rest(500), until(2000)], 2500],
  ["a rest before each reading back", [write("slow", "plain"), write("slow")], 600],
  ["an interval between two writes of a point", [write("rare"), rest(1000), write("rare")], 5000],
  ["one that is over by then", [write("rare"), rest(6000), write("rare")], 6000],
  ["a condition may be met at once: the interval counts in full", [write("rare"), until(3000), write("rare")], 8000],
  ["three of them", [write("rare"), write("rare"), write("rare")], 10_000],
])("%s", (_what, steps, restMs) => {
  expect(commandRestMs(steps, (name) => points.get(name))).toBe(restMs);
});
