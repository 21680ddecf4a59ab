import { createEventLog } from "../../../src/simulator/eventLog";

test("keeps the last events, counts the others, and tells those who listen", () => {
  const log = createEventLog<number>(3);
  const heard: number[] = [];
  log.add(1);
  const stop = log.subscribe((event) => heard.push(event));
  for (const event of [2, 3, 4, 5]) log.add(event);
  stop();
  log.add(6);
  expect(log.entries()).toEqual([4, 5, 6]);
  expect(log.dropped).toBe(3);
  expect(heard).toEqual([2, 3, 4, 5]);
});
