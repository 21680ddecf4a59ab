import { type Client, createClient } from "../../../src/bus/client";
import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import { rtuFrame } from "../../../src/core/modbus/rtuFrame";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";

/** 11,000 baud, 11 bits: one character a millisecond; t3.5 is 3.5 ms. */
const line = { baudRate: 11_000, dataBits: 8, parity: "even", stopBits: 1 } as const;

let clock: ManualClock;
let link: FakeLink;
let client: Client;

beforeEach(() => {
  clock = createManualClock();
  link = createFakeLink();
  const options = { framing: "rtu", line, responseTimeoutMs: 1000, requestGapMs: 0, queueLimit: 10 } as const;
  client = createClient(link, options, clock);
});

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const frame = (unitId: number, pdu: string): string => Buffer.from(rtuFrame(unitId, bytes(pdu))).toString("hex");
const serverId: ModbusRequest = { kind: "reportServerId" };
const fifo: ModbusRequest = { kind: "readFifoQueue", address: 1246 };
const identify: ModbusRequest = { kind: "readDeviceIdentification", category: "basic", objectId: 0 };
const mask: ModbusRequest = { kind: "maskWriteRegister", address: 4, andMask: 0xf2, orMask: 0x25 };
const custom = { kind: "custom", functionCode: 65, data: [1] } as const;

/** Sends, and lets the answer come in pieces of `size` bytes, one a millisecond. */
async function answered(request: ModbusRequest, arriving: string, size = 1000): Promise<unknown> {
  const sent = link.written.length;
  const call = client.transact(1, request);
  for (let ms = 0; link.written.length === sent && ms < 3000; ms++) await clock.advance(1);
  await clock.advance(10);
  for (let at = 0; at < arriving.length; at += 2 * size) {
    link.arrive(arriving.slice(at, at + 2 * size));
    await clock.advance(1);
  }
  return clock.advanceUntil(call);
}

describe.each([1, 3, 1000])("in pieces of %i bytes", (size) => {
  test.each<[string, ModbusRequest, string, unknown]>([
    ["server id", serverId, "110309ff05", { data: Uint8Array.of(9, 0xff, 5) }],
    ["FIFO", fifo, "18 0006 0002 01b8 1284", { registers: Uint16Array.of(440, 4740) }],
    ["an empty FIFO", fifo, "18 0002 0000", { registers: new Uint16Array(0) }],
    ["identification", identify, "2b0e010000000200014101024243", { objects: [{ id: 0 }, { id: 1 }] }],
    ["mask write", mask, "16000400f20025", {}],
    ["a function of the user", custom, "41ff00112233", { data: bytes("ff00112233") }],
    ["a function of the user that answers with its code alone", custom, "41", { data: new Uint8Array(0) }],
  ])("%s is found by its own length or by silence, behind noise too", async (_name, request, pdu, response) => {
    expect(await answered(request, frame(1, pdu), size)).toMatchObject({ value: { response } });
    expect(await answered(request, `0177ee${frame(2, pdu)}${frame(1, pdu)}`, size)).toMatchObject({
      value: { response },
    });
  });

  test.each([serverId, fifo, identify, mask, custom])("an exception of $kind", async (request) => {
    const functionCode = { reportServerId: "91", readFifoQueue: "98", readDeviceIdentification: "ab" };
    const code = functionCode[request.kind as keyof typeof functionCode] ?? (request === mask ? "96" : "c1");
    expect(await answered(request, frame(1, `${code}01`), size)).toMatchObject({
      error: { kind: "exception", code: 1 },
    });
  });
});

test("an answer of unknown length is taken when the line has fallen silent, not before", async () => {
  const call = client.transact(1, custom);
  await clock.advance(20);
  const settled = jest.fn();
  void call.then(settled);
  // What has come so far is a good frame by itself, and goes on.
  const whole = frame(1, `41${frame(1, "4102").slice(4)}`);
  link.arrive(whole.slice(0, 12));
  await clock.advance(25);
  expect(settled).not.toHaveBeenCalled();
  link.arrive(whole.slice(12));
  await clock.advance(29);
  expect(settled).not.toHaveBeenCalled();
  await clock.advance(2);
  expect(await call).toMatchObject({ ok: true });
});

test("the time of an answer is that of its last byte, also where silence ends it", async () => {
  const call = client.transact(1, custom);
  await clock.advance(20);
  link.arrive(frame(1, "4102"));
  const [receivedAt, at] = [clock.monotonic(), clock.epoch()];
  const outcome = await clock.advanceUntil(call);
  expect(clock.monotonic()).toBeGreaterThan(receivedAt);
  expect(outcome).toMatchObject({ ok: true, value: { receivedAt, at, elapsedMs: 16.5 } });
});

test("an answer of unknown length with a wrong CRC is an error at the deadline; the next is right", async () => {
  expect(await answered(custom, `${frame(1, "41ff").slice(0, -2)}00`)).toMatchObject({ error: { kind: "crc" } });
  expect(await answered(serverId, frame(1, "11020107"))).toMatchObject({ ok: true });
});

test("4 KiB of noise before an answer of unknown length are passed over", async () => {
  expect(await answered(custom, `${"01".repeat(4096)}${frame(1, "41aa")}`)).toMatchObject({
    value: { response: { data: Uint8Array.of(0xaa) } },
  });
});

test("an echo of the request before its answer", async () => {
  for (const request of [serverId, fifo, identify]) {
    const echo = { reportServerId: "11", readFifoQueue: "1804de", readDeviceIdentification: "2b0e0100" };
    const pdu = { reportServerId: "11020107", readFifoQueue: "1800020000", readDeviceIdentification: "2b0e0101000000" };
    const kind = request.kind as keyof typeof echo;
    expect(await answered(request, frame(1, echo[kind]) + frame(1, pdu[kind]))).toMatchObject({ ok: true });
  }
});

test("a late answer of another length may still be the late one, where the answer decides its length", async () => {
  const lost = client.transact(1, serverId);
  expect(await clock.advanceUntil(lost)).toMatchObject({ error: { kind: "timeout" } });
  const next = client.transact(1, serverId);
  for (let ms = 0; link.written.length < 2 && ms < 3000; ms++) await clock.advance(1);
  link.arrive(frame(1, "11020101"));
  // Not trusted: asked again, and only then believed.
  for (let ms = 0; link.written.length < 3 && ms < 3000; ms++) await clock.advance(1);
  link.arrive(frame(1, "1103020202"));
  expect(await clock.advanceUntil(next)).toMatchObject({ value: { response: { data: Uint8Array.of(2, 2, 2) } } });
});

test("a broadcast carries what changes something and wants no answer", async () => {
  const read = await client.transact(0, { ...identify } as ModbusRequest);
  expect(read).toMatchObject({ error: { kind: "argument" } });
  for (const request of [
    custom,
    { kind: "readWriteRegisters", read: { address: 0, count: 1 }, write: { address: 0, values: [1] } },
  ] as const)
    expect(await client.transact(0, request)).toMatchObject({ error: { kind: "argument" } });
  expect(await clock.advanceUntil(client.transact(0, mask))).toMatchObject({ ok: true });
});

test("diagnostics exist on serial lines only", async () => {
  const query = { kind: "diagnostics", subFunction: 0, data: [0xa537] } as const;
  expect(await answered(query, frame(1, "080000a537"))).toMatchObject({ ok: true });
  const ids = { next: () => 1 };
  const options = {
    framing: "mbap",
    ids,
    maxInFlight: 1,
    responseTimeoutMs: 1,
    requestGapMs: 0,
    queueLimit: 1,
  } as const;
  const network = createClient(createFakeLink(), options, clock);
  expect(await network.transact(1, query)).toMatchObject({
    error: { kind: "argument", detail: expect.stringContaining("serial lines only") },
  });
});
