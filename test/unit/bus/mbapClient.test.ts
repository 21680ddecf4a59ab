import { type Client, createClient, type MbapClientOptions } from "../../../src/bus/client";
import { createTransactionIds } from "../../../src/bus/transactionIds";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";

let clock: ManualClock;
let link: FakeLink;
let client: Client;

/** The first id is 0x0100. */
function make(options: Partial<MbapClientOptions> = {}): void {
  clock = createManualClock();
  link = createFakeLink();
  const defaults = { responseTimeoutMs: 1000, requestGapMs: 0, queueLimit: 400, maxInFlight: 1 };
  const ids = createTransactionIds(() => 0xff / 0x1_0000);
  client = createClient(link, { framing: "mbap", ids, ...defaults, ...options }, clock);
}

beforeEach(() => make());

const read = (address: number, count = 1): ReadRegisters => ({
  kind: "readRegisters",
  table: "holding",
  address,
  count,
});
const registers = (...values: number[]): object => ({
  ok: true,
  value: { response: { registers: Uint16Array.from(values) } },
});

test("a read and its value, time and duration", async () => {
  const answer = client.transact(7, read(0x6b, 2));
  expect(link.written).toEqual(["010000000006070300" + "6b0002"]);
  await clock.advance(25);
  link.arrive("010000000007070304" + "00fa1234");
  expect(await answer).toEqual({
    ok: true,
    value: {
      response: { registers: Uint16Array.of(250, 0x1234) },
      at: Date.UTC(2026, 0, 1) + 25,
      elapsedMs: 25,
      receivedAt: 25,
    },
  });
});

test("one request in flight, the others in order", async () => {
  link.onWrite = (hex) => {
    // The register holds its own address.
    const answer = `${hex.slice(0, 8)}0005${hex.slice(12, 16)}02${hex.slice(16, 20)}`;
    clock.setTimer(50, () => link.arrive(answer));
  };
  const answers = Array.from({ length: 300 }, (_, address) => client.transact(1, read(address)));
  expect(link.written).toHaveLength(1);
  await clock.advance(50 * 300);
  for (const [address, answer] of answers.entries()) expect(await answer).toMatchObject(registers(address));
});

test("with more in flight, answers in any order find their requests", async () => {
  make({ maxInFlight: 2 });
  const first = client.transact(1, read(1));
  const second = client.transact(1, read(2));
  link.arrive("01010000000501030222220100000000050103021111");
  expect(await first).toMatchObject(registers(0x1111));
  expect(await second).toMatchObject(registers(0x2222));
});

test("silence fails at the timeout, not before; the next request works", async () => {
  const silent = client.transact(1, read(1), { timeoutMs: 200 });
  await clock.advance(199.9);
  const next = client.transact(1, read(2));
  expect(link.written).toHaveLength(1);
  await clock.advance(0.1);
  expect(await silent).toEqual({ ok: false, error: { kind: "timeout", detail: "no answer within 200 ms" } });
  link.arrive("010100000005010302" + "2222");
  expect(await next).toMatchObject(registers(0x2222));
});

test("a late answer is never matched", async () => {
  const silent = client.transact(1, read(1));
  await clock.advance(1000);
  expect(await silent).toMatchObject({ error: { kind: "timeout" } });
  const next = client.transact(1, read(2));
  link.arrive("010000000005010302" + "1111");
  link.arrive("010100000005010302" + "2222");
  expect(await next).toMatchObject(registers(0x2222));
  expect(client.counters.ignored).toBe(1);
});

test("frames for ids to come, pushed while idle, are ignored", async () => {
  for (const id of ["0100", "0101", "0102"]) link.arrive(`${id}000000050103029999`);
  const answer = client.transact(1, read(1));
  link.arrive("010000000005010302" + "1111");
  expect(await answer).toMatchObject(registers(0x1111));
});

test.each([
  ["another unit", "0100000000050203021111", "an answer of unit 2; unit 1 was asked"],
  ["an exception of another unit", "010000000003028302", "an answer of unit 2; unit 1 was asked"],
  ["another function", "0100000000050104021111", "an answer to function 4; function 3 was asked"],
  ["another length", "01000000000701030411112222", "4 data bytes, byte count 4; 2 were asked for"],
])("right id, but %s: that request fails, the connection stays", async (_name, answer, detail) => {
  const wrong = client.transact(1, read(1));
  link.arrive(answer);
  expect(await wrong).toEqual({ ok: false, error: { kind: "protocol", detail } });
  const next = client.transact(1, read(2));
  link.arrive("010100000005010302" + "2222");
  expect(await next).toMatchObject(registers(0x2222));
});

test("three misfits in a row end the connection", async () => {
  for (const id of ["0100", "0101", "0102"]) {
    const wrong = client.transact(1, read(1));
    link.arrive(`${id}000000050203021111`);
    expect(await wrong).toMatchObject({ error: { kind: "protocol" } });
  }
  expect(await client.closed).toContain("3 answers in a row");
});

test.each([
  ["a wrong protocol id", "01001234000501030211 11".replace(" ", "")],
  ["a huge length", "01000000ffff0103021111"],
  ["a length of 300", "01000000012c0103021111"],
  ["a length of 0", "0100000000000103021111"],
  ["a length one too small", "0100000000040103021111"],
  ["noise before it", "de01be02ef0304" + "0100000000050103021111"],
])("%s ends the connection at once", async (_name, answer) => {
  const failed = client.transact(1, read(1));
  link.arrive(answer);
  expect(await failed).toMatchObject({ error: { kind: "protocol" } });
  await client.closed;
  expect(link.isClosed).toBe(true);
  expect(await client.transact(1, read(1))).toMatchObject({ error: { kind: "offline" } });
});

test("an answer that stops in the middle ends the connection at the timeout", async () => {
  const failed = client.transact(1, read(1));
  link.arrive("0100000000050103");
  await clock.advance(1000);
  expect(await failed).toMatchObject({ error: { kind: "timeout" } });
  expect(link.isClosed).toBe(true);
});

test("drips are put together; slower than the timeout is a timeout", async () => {
  const bytes = ["01", "00", "00", "00", "00", "05", "01", "03", "02", "11", "11"];
  const drip = async (everyMs: number): Promise<void> => {
    for (const byte of bytes) {
      await clock.advance(everyMs);
      link.arrive(byte);
    }
  };
  const answer = client.transact(1, read(1));
  await drip(5);
  expect(await answer).toMatchObject(registers(0x1111));
  make();
  const slow = client.transact(1, read(1));
  await drip(150);
  expect(await slow).toMatchObject({ error: { kind: "timeout" } });
});

test("lost with a request under way: it may have been carried out; those that wait were not sent", async () => {
  const sent = client.transact(1, { kind: "writeSingleRegister", address: 1, value: 1 });
  const waiting = client.transact(1, read(1));
  link.break("reset by the server");
  expect(await sent).toEqual({ ok: false, error: { kind: "lost", detail: "reset by the server" } });
  expect(await waiting).toMatchObject({ error: { kind: "offline" } });
  expect(await client.closed).toBe("reset by the server");
  expect(clock.pendingTimers).toBe(0);
});

test("close with a request in flight", async () => {
  const pending = client.transact(1, read(1));
  const closing = client.close();
  expect(client.close()).toBe(closing);
  expect(await pending).toMatchObject({ error: { kind: "aborted" } });
  await closing;
  expect(clock.pendingTimers).toBe(0);
});

test("abort: rejected at once, the turn is kept until the answer, which is dropped", async () => {
  const controller = new AbortController();
  const given = client.transact(1, read(1), { signal: controller.signal });
  const next = client.transact(1, read(2));
  controller.abort();
  expect(await given).toMatchObject({ error: { kind: "aborted" } });
  expect(link.written).toHaveLength(1);
  link.arrive("010000000005010302" + "1111");
  expect(link.written).toHaveLength(2);
  link.arrive("010100000005010302" + "2222");
  expect(await next).toMatchObject(registers(0x2222));
});

test("aborted before its turn: never sent", async () => {
  const controller = new AbortController();
  void client.transact(1, read(1));
  const given = client.transact(1, read(2), { signal: controller.signal });
  controller.abort();
  expect(await given).toMatchObject({ error: { kind: "aborted" } });
  await clock.advance(5000);
  expect(link.written).toHaveLength(1);
});

test("rests between requests", async () => {
  make({ requestGapMs: 30 });
  const first = client.transact(1, read(1));
  const second = client.transact(1, read(2), { gapMs: 50 });
  link.arrive("010000000005010302" + "1111");
  await first;
  await clock.advance(49);
  expect(link.written).toHaveLength(1);
  await clock.advance(1);
  expect(link.written).toHaveLength(2);
  link.arrive("010100000005010302" + "2222");
  await second;
});

test("the queue is bounded", async () => {
  make({ queueLimit: 2 });
  const calls = [1, 2, 3, 4].map((address) => client.transact(1, read(address)));
  expect(await calls[3]).toMatchObject({
    error: { kind: "aborted", detail: expect.stringContaining("2 requests wait") },
  });
  expect(client.counters.refused).toBe(1);
});

test("a server that stops reading ends the connection", async () => {
  link.pending = 10_000;
  expect(await client.transact(1, read(1))).toMatchObject({ error: { kind: "timeout" } });
  expect(link.isClosed).toBe(true);
});

test.each([
  [256, {}, "unit id must be a whole number from 0 to 255, not 256"],
  [-1, {}, "unit id must be a whole number from 0 to 255, not -1"],
  [1.5, {}, "unit id must be a whole number from 0 to 255, not 1.5"],
  [1, { timeoutMs: Number.NaN }, "timeoutMs must be a whole number from 0 to 86400000, not NaN"],
])("refused before sending: unit %s %j", async (unitId, options, detail) => {
  expect(await client.transact(unitId, read(1), options)).toEqual({ ok: false, error: { kind: "argument", detail } });
  expect(link.written).toEqual([]);
});

test("unit 0 may be read, ids wrap and skip those in use", async () => {
  const ids = createTransactionIds(() => 0xfffe / 0x1_0000);
  expect([ids.next({ isInFlight: () => false }), ids.next({ isInFlight: (id) => id === 0 })]).toEqual([0xffff, 1]);
  const answer = client.transact(0, read(1));
  link.arrive("010000000005000302" + "1111");
  expect(await answer).toMatchObject(registers(0x1111));
});

test("the answer of another unit: refused, and taken where the device is known to send it", async () => {
  const strict = client.transact(7, read(0));
  link.arrive("010000000005ff030200fa");
  expect(await strict).toMatchObject({ ok: false, error: { kind: "protocol" } });
  const lenient = client.transact(7, read(0), { lenientUnitId: true });
  link.arrive("010100000005ff030200fa");
  expect(await lenient).toMatchObject(registers(250));
  // Another transaction is nobody's answer, however lenient.
  const late = client.transact(7, read(0), { lenientUnitId: true });
  link.arrive("010100000005ff030200fb");
  link.arrive("010200000005ff030200fc");
  expect(await late).toMatchObject(registers(252));
});
