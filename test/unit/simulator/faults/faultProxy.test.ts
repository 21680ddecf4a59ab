import { ok } from "../../../../src/kernel/result";
import type { ByteStream } from "../../../../src/simulator/faults/byteStream";
import type { Fault, FaultPlan } from "../../../../src/simulator/faults/fault";
import { createFaultProxy, type FaultProxy } from "../../../../src/simulator/faults/faultProxy";
import { createManualClock, type ManualClock } from "../../../support/manualClock";
import { streamPair } from "../../../support/streamPair";

/** What one end of a connection has seen, with the time in ms. */
interface Seen {
  readonly stream: ByteStream;
  readonly events: string[];
}

let clock: ManualClock;

function watch(stream: ByteStream): Seen {
  const events: string[] = [];
  const at = (what: string): void => void events.push(`${clock.monotonic()} ${what}`);
  stream.listen({
    data: (bytes) => at(Buffer.from(bytes).toString("hex")),
    ended: () => at("ended"),
    gone: () => at("gone"),
  });
  return { stream, events };
}

async function between(
  plan: Partial<FaultPlan>,
  gatherMs = 0,
): Promise<{ proxy: FaultProxy; client: Seen; server: Seen }> {
  clock = createManualClock();
  const [serverNear, serverFar] = streamPair();
  const connect = async () => ok(serverNear);
  const whole = { seed: 1, faults: [], ...plan };
  const proxy = createFaultProxy({ plan: whole, clock, framing: "mbap", gatherMs, connect });
  const [clientFar, clientNear] = streamPair();
  const client = watch(clientNear);
  const server = watch(serverFar);
  await proxy.accept(clientFar);
  await clock.settle();
  return { proxy, client, server };
}

const bytes = (hex: string): Uint8Array => Buffer.from(hex, "hex");

/** What the client sees of two answers: the first at 0 ms, hit by the fault, the second 100 ms later, behind a request. */
async function seenOf(...faults: Fault[]): Promise<readonly string[]> {
  const { proxy, client, server } = await between({});
  proxy.answers.once(...faults);
  server.stream.write(bytes("0102030405"));
  await clock.advance(100);
  client.stream.write(bytes("aa"));
  await clock.settle();
  server.stream.write(bytes("99"));
  await clock.advance(900);
  return client.events;
}

test("without faults everything passes at once, both ways, and a FIN behind it", async () => {
  const { proxy, client, server } = await between({});
  client.stream.write(bytes("0102"));
  await clock.settle();
  server.stream.write(bytes("03"));
  server.stream.end();
  await clock.settle();
  expect(server.events).toEqual(["0 0102"]);
  expect(client.events).toEqual(["0 03", "0 ended"]);
  expect(proxy.answers.faulty).toBe(0);
});

test.each<[Fault, readonly string[]]>([
  [{ kind: "delay", ms: 250, upToMs: 250 }, ["250 0102030405", "250 99"]],
  [{ kind: "split", sizes: [2, 1], everyMs: 20 }, ["0 0102", "20 03", "40 0405", "100 99"]],
  [{ kind: "drip", everyMs: 30 }, ["0 01", "30 02", "60 03", "90 04", "120 05", "120 99"]],
  [{ kind: "drop" }, ["100 99"]],
  [{ kind: "late" }, ["100 0102030405", "100 99"]],
  [{ kind: "late", afterMs: 300 }, ["100 99", "300 0102030405"]],
  [{ kind: "duplicate" }, ["0 0102030405", "100 0102030405", "100 99"]],
  [{ kind: "duplicate", afterMs: 10 }, ["0 0102030405", "10 0102030405", "100 99"]],
  [{ kind: "close", afterBytes: 2 }, ["0 0102", "0 ended"]],
  [{ kind: "reset", afterBytes: 2 }, ["0 0102", "0 gone"]],
  [{ kind: "reset", afterBytes: 0 }, ["0 gone"]],
  [{ kind: "halfOpen" }, []],
])("%j", async (fault, expected) => {
  expect(await seenOf(fault)).toEqual(expected);
});

test("garble flips as many bits as it says, noise and trail add bytes, the same with the same seed", async () => {
  const bitsOf = (hex = ""): string =>
    BigInt(`0x${hex.split(" ")[1]}`)
      .toString(2)
      .padStart(40, "0");
  const [garbled] = await seenOf({ kind: "garble", bits: 1 });
  const original = bitsOf("0 0102030405");
  expect([...bitsOf(garbled)].filter((bit, index) => bit !== original[index])).toHaveLength(1);
  const [around] = await seenOf({ kind: "noise", bytes: 3 }, { kind: "trail", bytes: 2 });
  expect(around).toMatch(/^0 [0-9a-f]{6}0102030405[0-9a-f]{4}$/);
  expect((await seenOf({ kind: "noise", bytes: 3 }, { kind: "trail", bytes: 2 }))[0]).toBe(around);
});

test("faults of content change whole frames and leave alone what is none", async () => {
  const { proxy, client, server } = await between({});
  proxy.answers.once({ kind: "wrongUnit", by: 1 }, { kind: "exception", code: 6 });
  server.stream.write(bytes("0007000000050103020001"));
  proxy.answers.once({ kind: "exception", code: 6 });
  server.stream.write(bytes("00070000000501"));
  await clock.settle();
  expect(client.events).toEqual(["0 000700000003028306", "0 00070000000501"]);
});

test("a plan: the nth, every nth, a share of them", async () => {
  const on = "answers";
  const { proxy, client, server } = await between({
    faults: [
      { fault: { kind: "drop" }, when: { kind: "nth", from: 2, to: 3 }, on },
      { fault: { kind: "trail", bytes: 1 }, when: { kind: "every", n: 5 }, on },
      { fault: { kind: "drop" }, when: { kind: "nth", from: 1, to: 1 }, on: "requests" },
    ],
  });
  for (let turn = 1; turn <= 6; turn++) server.stream.write(Uint8Array.of(turn));
  client.stream.write(bytes("aa"));
  client.stream.write(bytes("bb"));
  await clock.settle();
  expect(client.events.map((event) => event.slice(2, 4))).toEqual(["01", "04", "05", "06"]);
  expect(client.events[2]).toHaveLength(6);
  expect(server.events).toEqual(["0 bb"]);
  expect(proxy.answers.faulty).toBe(3);
});

test("a share is about what it says", async () => {
  const drop = { fault: { kind: "drop" }, when: { kind: "chance", percent: 20 }, on: "answers" } as const;
  const { proxy, server } = await between({ faults: [drop] });
  for (let turn = 0; turn < 2000; turn++) server.stream.write(Uint8Array.of(1));
  await clock.settle();
  expect(proxy.answers.faulty).toBeGreaterThan(320);
  expect(proxy.answers.faulty).toBeLessThan(480);
});

test("on a terminal a message is what comes within the gathering time", async () => {
  const { proxy, client, server } = await between({}, 10);
  proxy.answers.once({ kind: "drop" });
  for (const byte of [1, 2, 3]) {
    server.stream.write(Uint8Array.of(byte));
    await clock.advance(8);
  }
  await clock.advance(20);
  server.stream.write(Uint8Array.of(4));
  await clock.advance(20);
  expect(client.events).toEqual(["54 04"]);
});

test("a client that is refused, and one that finds no server, is cut", async () => {
  const { client } = await between({ refuse: { kind: "chance", percent: 100 } });
  expect(client.events).toEqual(["0 gone"]);
});

test("a line that can't keep up drops and counts", async () => {
  const { proxy, client, server } = await between({});
  proxy.answers.once({ kind: "delay", ms: 1000, upToMs: 1000 });
  const block = new Uint8Array(300_000);
  for (let turn = 0; turn < 5; turn++) server.stream.write(block);
  await clock.advance(2000);
  expect(client.events).toHaveLength(3);
  expect(proxy.droppedBytes).toBe(600_000);
});

test("closing cuts everything and leaves no timer", async () => {
  const { proxy, client, server } = await between({});
  proxy.answers.once({ kind: "delay", ms: 1000, upToMs: 1000 });
  server.stream.write(bytes("01"));
  await clock.settle();
  proxy.close();
  await clock.settle();
  expect(client.events).toEqual(["0 gone"]);
  expect(clock.pendingTimers).toBe(0);
  expect(proxy.connections).toBe(0);
});
