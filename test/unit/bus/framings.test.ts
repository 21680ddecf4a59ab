import { type Client, createClient } from "../../../src/bus/client";
import { createTransactionIds } from "../../../src/bus/transactionIds";
import { lineCodec } from "../../../src/core/modbus/lineCodec";
import type { ReadRegisters, WriteSingleRegister } from "../../../src/core/modbus/pdu";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";

/** Clients with the framings beside RTU on a line and MODBUS/TCP in a stream. */
const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 0x6b, count: 1 };
const write: WriteSingleRegister = { kind: "writeSingleRegister", address: 1, value: 3 };
const line = { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 } as const;
const common = { responseTimeoutMs: 500, requestGapMs: 0, queueLimit: 16 };

let clock: ManualClock;
let link: FakeLink;
let client: Client;

const ascii = (text: string): void => link.arrive(Buffer.from(text, "latin1").toString("hex"));
const sent = (): string => Buffer.from(link.written.at(-1) ?? "", "hex").toString("latin1");

beforeEach(() => {
  clock = createManualClock();
  link = createFakeLink();
});

afterEach(async () => {
  await client.close();
  expect(clock.pendingTimers).toBe(0);
});

describe("ascii on a serial line", () => {
  beforeEach(() => {
    client = createClient(link, { ...common, framing: "ascii", line }, clock);
  });

  test("a value", async () => {
    const pending = client.transact(0x11, read);
    await clock.advance(10);
    expect(sent()).toBe(":1103006B000180\r\n");
    ascii(":11030211"); // 11 + 03 + 02 + 11 + 11 = 38, 100 - 38 = C8
    await clock.advance(100);
    ascii("11C8\r\n");
    expect(await pending).toMatchObject({ value: { response: { registers: Uint16Array.of(0x1111) } } });
  });

  test("the timeout counts from the end of the request and gives the answer its time on the wire", async () => {
    const pending = client.transact(0x11, read);
    await clock.advance(5);
    const askedAt = clock.monotonic();
    expect(await clock.advanceUntil(pending)).toMatchObject({ error: { kind: "timeout" } });
    // 17 characters out, 15 back (unit, PDU of 4 and LRC twice, `:`, CR, LF), 10 bits each, at 9600 baud.
    expect(clock.monotonic() - askedAt).toBeGreaterThanOrEqual(500 + (32 * 10 * 1000) / 9600 - 5);
    expect(clock.monotonic() - askedAt).toBeLessThan(500 + (32 * 10 * 1000) / 9600 + 2);
  });

  test("an answer without its last LF is told at the deadline, with the time of its last character", async () => {
    const pending = client.transact(0x11, read);
    await clock.advance(100);
    ascii(":1103021111C8\r");
    const [receivedAt, at] = [clock.monotonic(), clock.epoch()];
    const outcome = await clock.advanceUntil(pending);
    expect(clock.monotonic()).toBeGreaterThan(receivedAt + 300);
    expect(outcome).toMatchObject({ value: { receivedAt, at, response: { registers: Uint16Array.of(0x1111) } } });
  });

  test("a wrong LRC is an error, the next request is answered", async () => {
    const pending = client.transact(0x11, read);
    await clock.advance(10);
    ascii(":1103021111C9\r\n");
    expect(await clock.advanceUntil(pending)).toEqual({
      ok: false,
      error: { kind: "crc", detail: "the answer fails the LRC" },
    });
    const next = client.transact(0x12, read);
    await clock.advance(200);
    ascii(":1203021111C7\r\n");
    expect(await next).toMatchObject({ ok: true });
  });

  test("an answer of another length is an error", async () => {
    const pending = client.transact(0x11, read);
    await clock.advance(10);
    ascii(":110304111122225F\r\n".replace("5F", "82"));
    expect(await clock.advanceUntil(pending)).toMatchObject({ error: { kind: "protocol" } });
  });

  test("broadcast waits for no answer", async () => {
    const pending = client.transact(0, write);
    expect(await clock.advanceUntil(pending)).toMatchObject({ ok: true });
    expect(sent()).toBe(":000600010003F6\r\n");
  });

  test("one under way", async () => {
    const both = [client.transact(1, read), client.transact(2, read)];
    await clock.advance(20);
    expect(link.written).toHaveLength(1);
    await client.close();
    await Promise.all(both);
  });
});

describe("echo", () => {
  const codec = lineCodec({ framing: "rtu" });
  const frame = (unitId: number, pdu: string): string =>
    Buffer.from(codec.frame(unitId, Uint8Array.from(Buffer.from(pdu, "hex")))).toString("hex");

  beforeEach(() => {
    const options = { ...common, framing: "rtu", line: { ...line, dataBits: 8 }, echo: true } as const;
    client = createClient(link, options, clock);
  });

  test("a write whose answer never comes is not confirmed by its echo", async () => {
    link.onWrite = (hex) => link.arrive(hex);
    expect(await clock.advanceUntil(client.transact(7, write))).toMatchObject({ error: { kind: "timeout" } });
  });

  test("values, again and again", async () => {
    link.onWrite = (hex) => {
      link.arrive(hex);
      link.arrive(frame(7, "03021111"));
    };
    for (let turn = 0; turn < 3; turn++) {
      expect(await clock.advanceUntil(client.transact(7, read))).toMatchObject({ ok: true });
    }
  });

  test("answers that come late come without an echo: who waits for them sees them", async () => {
    const [late, right] = [frame(7, "03021111"), frame(7, "03022222")];
    link.onWrite = (hex) => link.arrive(hex);
    expect(await clock.advanceUntil(client.transact(7, read))).toMatchObject({ error: { kind: "timeout" } });
    link.onWrite = (hex) => link.arrive(hex + (link.written.length === 2 ? late : right));
    expect(await clock.advanceUntil(client.transact(7, read))).toMatchObject({
      value: { response: { registers: Uint16Array.of(0x2222) } },
    });
    expect(link.written).toHaveLength(3);
    // It was asked twice and answered once: the unit rests until the other answer has come.
    const next = client.transact(7, read);
    await clock.advance(50);
    expect(link.written).toHaveLength(3);
    link.arrive(right);
    await clock.advance(10);
    expect(link.written).toHaveLength(4);
    expect(await next).toMatchObject({ ok: true });
  });

  test("a line that does not echo: the failure says what is wrong with the configuration", async () => {
    link.onWrite = () => link.arrive(frame(7, "03021111"));
    expect(await clock.advanceUntil(client.transact(7, read))).toMatchObject({
      error: { kind: "protocol", detail: expect.stringContaining("the adapter does not echo") },
    });
  });
});

describe("datagrams", () => {
  const mbap = (): Client => {
    const ids = createTransactionIds(() => 0);
    return createClient(link, { ...common, framing: "mbap", ids, maxInFlight: 4 }, clock);
  };

  beforeEach(() => {
    link = Object.assign(createFakeLink(), { datagrams: true });
  });

  test("mbap: one cut short fails its own request at once, the others go on", async () => {
    client = mbap();
    const [cut, whole] = [client.transact(1, read), client.transact(2, read)];
    link.arrive("000100000005010302");
    expect(await cut).toEqual({
      ok: false,
      error: { kind: "protocol", detail: "a datagram is cut short: its length field says 5, 3 bytes are there" },
    });
    link.arrive("00020000000502030211ff");
    expect(await whole).toMatchObject({ value: { response: { registers: Uint16Array.of(0x11ff) } } });
    expect(client.ended).toBeUndefined();
  });

  test("mbap: what belongs to no request is counted and ignored", async () => {
    client = mbap();
    const pending = client.transact(1, read);
    link.arrive("ff");
    link.arrive("00090000000501030211ff");
    expect(await clock.advanceUntil(pending)).toMatchObject({ error: { kind: "timeout" } });
    expect(client.counters.ignored).toBe(1);
  });

  test("rtu: a frame in two datagrams, or with a byte behind it, is an error", async () => {
    client = createClient(link, { ...common, framing: "rtu" }, clock);
    const codec = lineCodec({ framing: "rtu" });
    const answer = Buffer.from(codec.frame(1, Uint8Array.of(3, 2, 0x11, 0x11))).toString("hex");
    link.onWrite = () => {
      link.arrive(answer.slice(0, 8));
      link.arrive(answer.slice(8));
    };
    expect(await clock.advanceUntil(client.transact(1, read))).toMatchObject({ error: { kind: "crc" } });
    // A zero behind a frame keeps its CRC right.
    link.onWrite = () => link.arrive(`${answer}00`);
    expect(await clock.advanceUntil(client.transact(2, read))).toMatchObject({ error: { kind: "timeout" } });
    const padded = await clock.advanceUntil(client.transact(1, read));
    expect(padded).toMatchObject({ ok: false });
    link.onWrite = () => link.arrive(answer);
    await clock.advance(10_000);
    expect(await clock.advanceUntil(client.transact(1, read))).toMatchObject({ ok: true });
  });
});

test("rtu over a network: no time on the wire is added to the timeout", async () => {
  client = createClient(link, { ...common, framing: "rtu" }, clock);
  const pending = client.transact(1, { ...read, count: 125 });
  expect(await clock.advanceUntil(pending)).toEqual({
    ok: false,
    error: { kind: "timeout", detail: "no answer within 500 ms" },
  });
});
