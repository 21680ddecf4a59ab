import type { Client } from "../../../src/bus/client";
import type { Outcome, OutcomeSink } from "../../../src/bus/transactor";
import { UnderWay } from "../../../src/bus/underWay";
import { failure } from "../../../src/core/modbus/failure";
import { err } from "../../../src/kernel/result";

const failed = (detail: string): Outcome => err(failure("timeout", detail));
const detailOf = (outcome: Outcome): string => (outcome.ok ? "ok" : outcome.error.detail);
const clientNamed = (name: string): Client => ({ name }) as unknown as Client;
const nameOf = (client: Client): string => (client as unknown as { readonly name: string }).name;

function setUp() {
  const heard: string[] = [];
  const underWay = new UnderWay({
    requestEnded: (client, unitId, outcome) =>
      heard.push(`session: ${nameOf(client)} unit ${unitId} ${detailOf(outcome)}`),
  });
  const sink = (name: string, then?: () => void): OutcomeSink => ({
    settled(outcome) {
      heard.push(`${name}: ${detailOf(outcome)}`);
      then?.();
    },
  });
  return { heard, underWay, sink };
}

describe("requests under way", () => {
  it("each is known with its own client, unit and asker, in whatever order they end; the session hears first", () => {
    const { heard, underWay, sink } = setUp();
    const [old, young] = [clientNamed("old"), clientNamed("young")];
    const one = underWay.begin(old, 1, sink("one"));
    const two = underWay.begin(young, 2, sink("two"));
    two.settled(failed("second"));
    one.settled(failed("first"));
    expect(heard).toEqual(["session: young unit 2 second", "two: second", "session: old unit 1 first", "one: first"]);
  });

  it("what is kept of one is used for the next, also for what is asked while it is told", () => {
    const { heard, underWay, sink } = setUp();
    const client = clientNamed("link");
    let next: OutcomeSink | undefined;
    const first = underWay.begin(
      client,
      1,
      sink("first", () => {
        next = underWay.begin(client, 2, sink("next"));
      }),
    );
    first.settled(failed("a"));
    expect(next).toBe(first);
    const beside = underWay.begin(client, 3, sink("beside"));
    expect(beside).not.toBe(first);
    next?.settled(failed("b"));
    beside.settled(failed("c"));
    expect(heard).toEqual([
      "session: link unit 1 a",
      "first: a",
      "session: link unit 2 b",
      "next: b",
      "session: link unit 3 c",
      "beside: c",
    ]);
  });

  it("a second outcome is dropped, and does not put the same object on the pile twice", () => {
    const { heard, underWay, sink } = setUp();
    const client = clientNamed("link");
    const request = underWay.begin(client, 1, sink("asker"));
    request.settled(failed("a"));
    request.settled(failed("b"));
    expect(heard).toEqual(["session: link unit 1 a", "asker: a"]);
    expect(underWay.begin(client, 1, sink("x"))).not.toBe(underWay.begin(client, 1, sink("y")));
  });
});
