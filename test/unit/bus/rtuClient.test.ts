import { type Client, createClient } from "../../../src/bus/client";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { rtuFrame } from "../../../src/core/modbus/rtuFrame";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";

let clock: ManualClock;
let link: FakeLink;
let client: Client;

/** 11,000 baud, 11 bits: one character a millisecond; t3.5 is 3.5 ms. */
const line = { baudRate: 11_000, dataBits: 8, parity: "even", stopBits: 1 } as const;
/** Response timeout, 8 characters of the request and 7 of the answer. */
const T = 1000 + 8 + 7;

beforeEach(() => {
  clock = createManualClock();
  link = createFakeLink();
  client = createClient(
    link,
    { framing: "rtu", line, responseTimeoutMs: 1000, requestGapMs: 0, queueLimit: 10 },
    clock,
  );
});

const read = (address: number, count = 1): ReadRegisters => ({
  kind: "readRegisters",
  table: "holding",
  address,
  count,
});
const frame = (unitId: number, pdu: string): string =>
  Buffer.from(rtuFrame(unitId, Uint8Array.from(Buffer.from(pdu, "hex")))).toString("hex");
const value = (register: number): object => ({
  ok: true,
  value: { response: { registers: Uint16Array.of(register) } },
});
const failed = (kind: string): object => ({ ok: false, error: { kind } });

/** Time passes until the next request has been written. */
async function untilSent(count: number): Promise<void> {
  for (let ms = 0; link.written.length < count && ms < 5000; ms++) await clock.advance(1);
  expect(link.written).toHaveLength(count);
}

async function timedOut(unitId: number, request: ReadRegisters): Promise<void> {
  expect(await clock.advanceUntil(client.transact(unitId, request))).toMatchObject(failed("timeout"));
}

test("3.5 characters of silence before the first request, then the value", async () => {
  const answer = client.transact(17, read(0x6b, 3));
  await clock.advance(3.4);
  expect(link.written).toEqual([]);
  await clock.advance(0.2);
  expect(link.written).toEqual(["1103006b00037687"]);
  await clock.advance(20);
  link.arrive(frame(17, "0306022b00000064"));
  expect(await answer).toMatchObject({ value: { response: { registers: Uint16Array.of(555, 0, 100) } } });
});

test("silence counts from the last character, ours or another's", async () => {
  const first = client.transact(1, read(1));
  await untilSent(1);
  await clock.advance(15);
  link.arrive(frame(1, "03021111"));
  await first;
  await clock.advance(2);
  link.arrive("ff");
  const second = client.transact(1, read(2));
  await clock.advance(3.4);
  expect(link.written).toHaveLength(1);
  await clock.advance(0.2);
  expect(link.written).toHaveLength(2);
  link.arrive(frame(1, "03022222"));
  expect(await second).toMatchObject(value(0x2222));
  expect(client.counters.ignored).toBe(1);
});

test("a line that never falls silent is a timeout", async () => {
  const call = client.transact(1, read(1));
  let settled = false;
  void call.then(() => {
    settled = true;
  });
  for (let ms = 0; !settled && ms < 3000; ms++) {
    link.arrive("55");
    await clock.advance(1);
  }
  expect(await call).toMatchObject({ error: { kind: "timeout", detail: expect.stringContaining("fall silent") } });
  expect(link.written).toEqual([]);
});

test("one transaction on the line, for any unit", async () => {
  const first = client.transact(1, read(1));
  const second = client.transact(2, read(1));
  await untilSent(1);
  await clock.advance(500);
  expect(link.written).toHaveLength(1);
  link.arrive(frame(1, "03021111"));
  await untilSent(2);
  link.arrive(frame(2, "03022222"));
  expect([await first, await second]).toMatchObject([value(0x1111), value(0x2222)]);
});

test("silence of the unit fails at the timeout plus the time on the wire", async () => {
  const call = client.transact(1, read(1));
  await untilSent(1);
  const sentAt = clock.monotonic();
  const outcome = await clock.advanceUntil(call);
  // `untilSent` moves by whole milliseconds, the request left in between.
  expect(clock.monotonic() - sentAt).toBeGreaterThan(T - 1);
  expect(clock.monotonic() - sentAt).toBeLessThanOrEqual(T);
  expect(outcome).toMatchObject({ error: { kind: "timeout", detail: "no answer within 1015 ms" } });
});

test.each([
  ["a wrong CRC", "010302111100 00".replace(" ", ""), "crc"],
  ["half an answer", "01030211", "timeout"],
  ["another unit's answer", frame(2, "03021111"), "timeout"],
  ["an answer of another length", frame(1, "030411111111"), "crc"],
  ["a byte count of 6 for 2 bytes", frame(1, "03061111"), "protocol"],
  ["an exception", frame(1, "8302"), "exception"],
])("%s is an error; the next request works", async (_name, bytes, kind) => {
  const call = client.transact(1, read(1));
  await untilSent(1);
  link.arrive(bytes);
  expect(await clock.advanceUntil(call)).toMatchObject(failed(kind));
  link.onWrite = () => clock.setTimer(20, () => link.arrive(frame(1, "03022222")));
  for (let turn = 0; turn < 3; turn++) {
    expect(await clock.advanceUntil(client.transact(1, read(2)))).toMatchObject(value(0x2222));
  }
});

test("a late answer while the line is idle is dropped; the next is trusted at once", async () => {
  await timedOut(1, read(1));
  await clock.advance(30);
  link.arrive(frame(1, "03021111"));
  const next = client.transact(1, read(2));
  await untilSent(2);
  link.arrive(frame(1, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
  expect(link.written).toHaveLength(2);
});

test("after a timeout the same unit waits for the late answer's time, another unit only for silence", async () => {
  await timedOut(1, read(1));
  const at = clock.monotonic();
  const same = client.transact(1, read(2));
  await clock.advance(40);
  link.arrive(frame(1, "03021111"));
  await untilSent(2);
  expect(clock.monotonic() - at).toBeGreaterThanOrEqual(T / 4 - 1);
  link.arrive(frame(1, "03022222"));
  expect(await same).toMatchObject(value(0x2222));
  await timedOut(1, read(1));
  const other = client.transact(2, read(2));
  await clock.advance(4);
  expect(link.written).toHaveLength(4);
  link.arrive(frame(2, "03023333"));
  expect(await other).toMatchObject(value(0x3333));
});

describe("a unit whose late answer is waited for keeps nobody else from the line", () => {
  test.each([
    ["behind its call", [1, 2, 3]],
    ["before its call", [2, 1, 3]],
  ])("%s", async (_name, units) => {
    await timedOut(1, read(1));
    const at = clock.monotonic();
    link.onWrite = (hex) =>
      clock.setTimer(20, () => link.arrive(frame(Number.parseInt(hex.slice(0, 2), 16), "03022222")));
    const order: number[] = [];
    const calls = units.map(async (unitId) => {
      expect(await client.transact(unitId, read(2))).toMatchObject(value(0x2222));
      order.push(unitId);
    });
    await clock.advance(60);
    expect(order).toEqual([2, 3]);
    await clock.advanceUntil(Promise.all(calls));
    expect(order).toEqual([2, 3, 1]);
    expect(clock.monotonic() - at).toBeGreaterThanOrEqual(T / 4);
  });

  test("nor who asks while its own is waiting already; calls of one unit stay in order", async () => {
    await timedOut(1, read(1));
    const first = client.transact(1, read(5));
    const second = client.transact(1, read(6));
    await clock.advance(50);
    const other = client.transact(2, read(2));
    await clock.advance(1);
    expect(link.written).toHaveLength(2);
    link.arrive(frame(2, "03022222"));
    expect(await other).toMatchObject(value(0x2222));
    await untilSent(3);
    expect(link.written[2]).toBe(frame(1, "0300050001"));
    link.arrive(frame(1, "03021111"));
    // The first answer is not trusted.
    await untilSent(4);
    link.arrive(frame(1, "03025555"));
    expect(await first).toMatchObject(value(0x5555));
    await untilSent(5);
    expect(link.written[4]).toBe(frame(1, "0300060001"));
    link.arrive(frame(1, "03026666"));
    expect(await second).toMatchObject(value(0x6666));
  });

  test("a call put back that is given up is never sent", async () => {
    await timedOut(1, read(1));
    const controller = new AbortController();
    const given = client.transact(1, read(5), { signal: controller.signal });
    const other = client.transact(2, read(2));
    await untilSent(2);
    controller.abort();
    expect(await given).toMatchObject(failed("aborted"));
    link.arrive(frame(2, "03022222"));
    expect(await other).toMatchObject(value(0x2222));
    await clock.advance(2000);
    expect(link.written).toHaveLength(2);
  });
});

test("what is withdrawn while it waits for its unit or its turn is never sent", async () => {
  const write = { kind: "writeSingleRegister", address: 1, value: 3 } as const;
  await timedOut(1, read(1));
  let isWanted = true;
  const call = client.transact(1, write, { isStillWanted: () => isWanted });
  await clock.advance(20);
  isWanted = false;
  expect(await clock.advanceUntil(call)).toMatchObject({ error: { kind: "aborted", unsent: true } });
  expect(link.written).toHaveLength(1);
  const next = client.transact(2, read(2), { isStillWanted: () => true });
  await untilSent(2);
  link.arrive(frame(2, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
});

test("a first answer after a timeout that may be the earlier one's is not trusted: the read is asked again", async () => {
  await timedOut(1, read(1));
  const next = client.transact(1, read(2));
  await untilSent(2);
  // Later than any hold-off: the answer to the first request, before the second's.
  link.arrive(frame(1, "03021111"));
  await untilSent(3);
  expect(link.written[2]).toBe(link.written[1]);
  link.arrive(frame(1, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
  // The other answer to the second request: dropped in the hold-off before the third.
  const third = client.transact(1, read(3));
  await clock.advance(50);
  link.arrive(frame(1, "03022222"));
  await untilSent(4);
  link.arrive(frame(1, "03023333"));
  expect(await third).toMatchObject(value(0x3333));
});

test("a read asked twice is answered once more, two timeouts later: not taken for the next one's", async () => {
  await timedOut(1, read(1));
  const twice = client.transact(1, read(2));
  await untilSent(2);
  link.arrive(frame(1, "03021111"));
  await untilSent(3);
  link.arrive(frame(1, "03022222"));
  expect(await twice).toMatchObject(value(0x2222));
  const third = client.transact(1, read(3));
  await clock.advance(2 * T);
  link.arrive(frame(1, "03022222"));
  await untilSent(4);
  link.arrive(frame(1, "03023333"));
  expect(await third).toMatchObject(value(0x3333));
});

test("an answer of another shape settles the doubt", async () => {
  await timedOut(1, read(1));
  const other = client.transact(1, read(5, 2));
  await untilSent(2);
  link.arrive(frame(1, "030411112222"));
  expect((await other).ok).toBe(true);
  const next = client.transact(1, read(2));
  await untilSent(3);
  link.arrive(frame(1, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
});

test("a write whose confirmation may be the earlier one's is not confirmed, and not sent again", async () => {
  const write = (values: number[]): ReturnType<Client["transact"]> =>
    client.transact(1, { kind: "writeRegisters", address: 1, values });
  expect(await clock.advanceUntil(write([1]))).toMatchObject(failed("timeout"));
  const second = write([2]);
  await untilSent(2);
  link.arrive(frame(1, "1000010001"));
  expect(await second).toMatchObject(failed("protocol"));
  await clock.advance(2000);
  expect(link.written).toHaveLength(2);
  const third = write([3]);
  await untilSent(3);
  link.arrive(frame(1, "1000010001"));
  expect((await third).ok).toBe(true);
});

test("half of a late answer before the next request, half after: never a wrong value", async () => {
  const late = frame(1, "03021111");
  await timedOut(1, read(1));
  link.arrive(late.slice(0, 6));
  const next = client.transact(1, read(2));
  await untilSent(2);
  link.arrive(late.slice(6));
  link.onWrite = () => link.arrive(frame(1, "03022222"));
  link.arrive(frame(1, "03022222"));
  expect(await clock.advanceUntil(next)).toMatchObject(value(0x2222));
});

test("two frames in one burst, and a foreign one while idle", async () => {
  const first = client.transact(1, read(1));
  await untilSent(1);
  link.arrive(frame(1, "03021111") + frame(1, "03029999"));
  expect(await first).toMatchObject(value(0x1111));
  link.arrive(frame(1, "03028888"));
  const second = client.transact(1, read(2));
  await untilSent(2);
  link.arrive(frame(1, "03022222"));
  expect(await second).toMatchObject(value(0x2222));
});

test("an adapter that echoes: the value, never the echo", async () => {
  link.onWrite = (hex) => link.arrive(hex + frame(1, "03022222"));
  expect(await clock.advanceUntil(client.transact(1, read(2)))).toMatchObject(value(0x2222));
});

test("abort: rejected at once, the line stays reserved until the answer", async () => {
  const controller = new AbortController();
  const given = client.transact(1, read(1), { signal: controller.signal });
  const next = client.transact(1, read(2));
  await untilSent(1);
  controller.abort();
  expect(await given).toMatchObject(failed("aborted"));
  await clock.advance(500);
  expect(link.written).toHaveLength(1);
  link.arrive(frame(1, "03021111"));
  await untilSent(2);
  link.arrive(frame(1, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
});

test("aborted while it waits for the line: never sent, the next takes its place", async () => {
  const controller = new AbortController();
  const given = client.transact(1, read(1), { signal: controller.signal, gapMs: 1 });
  const next = client.transact(1, read(2));
  controller.abort();
  expect(await given).toMatchObject(failed("aborted"));
  await clock.advance(5);
  expect(link.written).toEqual([frame(1, "0300020001")]);
  link.arrive(frame(1, "03022222"));
  expect(await next).toMatchObject(value(0x2222));
});

test("a broadcast is done when it has left; then units get time to carry it out", async () => {
  const broadcast = client.transact(0, { kind: "writeSingleRegister", address: 1, value: 3 });
  const next = client.transact(1, read(2));
  expect(await clock.advanceUntil(broadcast)).toMatchObject({ ok: true, value: { response: {}, elapsedMs: 8 } });
  const at = clock.monotonic();
  await untilSent(2);
  expect(clock.monotonic() - at).toBeGreaterThanOrEqual(100);
  link.arrive(frame(1, "03022222"));
  await next;
});

test.each([
  [0, "unit id 0 on a serial line is broadcast: nobody answers, so nothing can be read"],
  [248, "unit id on a serial line must be a whole number from 0 to 247, not 248"],
])("a read from unit %s is refused", async (unitId, detail) => {
  expect(await client.transact(unitId, read(1))).toEqual({ ok: false, error: { kind: "argument", detail } });
});

test("unplugged in the middle, closed in the middle", async () => {
  const sent = client.transact(1, read(1));
  const waiting = client.transact(1, read(2));
  await untilSent(1);
  link.break("the device is gone");
  expect(await sent).toMatchObject(failed("lost"));
  expect(await waiting).toMatchObject(failed("offline"));
  expect(await client.closed).toBe("the device is gone");
  expect(await client.transact(1, read(1))).toMatchObject(failed("offline"));
  expect(clock.pendingTimers).toBe(0);
});

test("a driver that does not take what is sent: the link is dropped, so that nothing goes out late", async () => {
  const write = { kind: "writeSingleRegister", address: 1, value: 3 } as const;
  link.onWrite = () => {
    link.pending += 8;
  };
  const [sent, waiting] = [client.transact(1, write), client.transact(2, write)];
  expect(await clock.advanceUntil(sent)).toMatchObject({
    error: { kind: "timeout", detail: expect.stringContaining("dropped") },
  });
  expect(await waiting).toMatchObject(failed("offline"));
  expect(await client.closed).toBe("what is sent is not taken by the other end");
  expect(link.isClosed).toBe(true);
  expect(link.written).toHaveLength(1);
  expect(clock.pendingTimers).toBe(0);
});

test("a line that was idle for long may be used at once", async () => {
  await clock.advance(100_000);
  const answer = client.transact(1, read(1));
  expect(link.written).toHaveLength(1);
  link.arrive(frame(1, "03021111"));
  expect(await answer).toMatchObject(value(0x1111));
});

test("a read that is asked again keeps the rest between requests, too", async () => {
  await timedOut(1, read(1));
  const call = client.transact(1, read(2), { gapMs: 70 });
  await untilSent(2);
  link.arrive(frame(1, "03021111"));
  await clock.advance(69);
  expect(link.written).toHaveLength(2);
  await clock.advance(1);
  expect(link.written).toHaveLength(3);
  link.arrive(frame(1, "03022222"));
  expect(await call).toMatchObject(value(0x2222));
});

test("rests between requests on a serial line too", async () => {
  const first = client.transact(1, read(1));
  await untilSent(1);
  link.arrive(frame(1, "03021111"));
  await first;
  const second = client.transact(1, read(2), { gapMs: 70 });
  await clock.advance(69);
  expect(link.written).toHaveLength(1);
  await clock.advance(1);
  expect(link.written).toHaveLength(2);
  link.arrive(frame(1, "03022222"));
  await second;
});
