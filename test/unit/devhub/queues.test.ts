import { createInputQueue, type InputMessage } from "../../../src/devhub/inputQueue";
import { createMessageLog, type HubMessage, messageLine } from "../../../src/devhub/messageLog";
import { createMethodCalls } from "../../../src/devhub/methodCalls";
import { createManualClock } from "../../support/manualClock";

function message(body: string): Omit<HubMessage, "number"> {
  return {
    hubTime: "2026-11-23T10:15:30.123Z",
    deviceId: "d",
    output: "telemetry",
    properties: { "$.sub": "a" },
    body,
    duplicate: false,
  };
}

describe("message log", () => {
  it("holds the last messages and counts all", () => {
    const log = createMessageLog(3);
    const seen: number[] = [];
    log.subscribe(({ number }) => seen.push(number));
    for (const body of ["1", "2", "3", "4", "5"]) log.add(message(body));
    expect(log.list().map(({ body }) => body)).toEqual(["3", "4", "5"]);
    expect([log.total, log.dropped, seen]).toEqual([5, 2, [1, 2, 3, 4, 5]]);
  });

  it("writes the line of demo --json with every digit", () => {
    expect(messageLine({ number: 1, ...message('{"energy":18446744073709551.615}') })).toBe(
      '{"output":"telemetry","properties":{"$.sub":"a"},"body":{"energy":18446744073709551.615},"hubTime":"2026-11-23T10:15:30.123Z"}',
    );
  });
});

describe("input queue", () => {
  it("sends one at a time, again after a new subscription, and drops the oldest when full", () => {
    const sent: string[] = [];
    let reachable = true;
    const queue = createInputQueue(2, ({ body }: InputMessage, id, repeated) => {
      if (reachable) sent.push(`${id}:${body}${repeated ? " again" : ""}`);
      return reachable;
    });
    for (const body of ["a", "b", "c", "d"]) queue.add({ topic: "t", body });
    expect([sent, queue.waiting, queue.dropped]).toEqual([["1:a"], 3, 1]);
    queue.resume();
    queue.acknowledged(99);
    queue.acknowledged(1);
    expect(sent).toEqual(["1:a", "1:a again", "2:c"]);
    reachable = false;
    queue.acknowledged(2);
    reachable = true;
    queue.resume();
    expect(sent.at(-1)).toBe("3:d");
  });
});

describe("method calls", () => {
  it("settles by the answer, by the deadline, and at once where nobody listens", async () => {
    const clock = createManualClock();
    const calls = createMethodCalls(clock);
    let asked = "";
    const answered = calls.call(1000, (requestId) => {
      asked = requestId;
      return true;
    });
    calls.answer(asked, 207, '{"a":1}');
    await expect(answered).resolves.toEqual({ status: 207, payload: { a: 1 }, answered: true });
    // What could not be written again as JSON stays a text.
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const answeredDeep = calls.call(1000, (requestId) => {
      asked = requestId;
      return true;
    });
    calls.answer(asked, 200, deep);
    await expect(answeredDeep).resolves.toEqual({ status: 200, payload: deep, answered: true });
    const unanswered = calls.call(1000, () => true);
    await expect(clock.advanceUntil(unanswered)).resolves.toMatchObject({ status: 504, answered: false });
    await expect(calls.call(1000, () => false)).resolves.toMatchObject({ status: 404, answered: false });
    const interrupted = calls.call(1000, () => true);
    calls.close();
    await expect(interrupted).resolves.toMatchObject({ status: 503, answered: false });
    expect(clock.pendingTimers).toBe(0);
  });
});
