import type { JsonObject } from "../../../src/kernel/json";
import { ok } from "../../../src/kernel/result";
import { createFakeLink } from "../../support/fakeLink";
import { createManualClock } from "../../support/manualClock";
import { createMemoryHub } from "../../support/memoryHub";
import { createMemoryFolder, createMemoryTranslator } from "../../support/memoryTranslator";

const NOW = Date.UTC(2026, 0, 1);
const later = (ms: number): string => new Date(NOW + ms).toISOString();

/** One relay that accepts everything and echoes it. */
function openRelay(written: string[]) {
  const link = createFakeLink();
  link.onWrite = (hex) => {
    const isRead = hex.slice(14, 16) === "01";
    if (!isRead) written.push(hex.slice(14));
    const answer = isRead ? `${hex.slice(0, 8)}0004${hex.slice(12, 16)}0101` : hex;
    queueMicrotask(() => link.arrive(answer));
  };
  return link;
}

async function setUp(
  more: { writeInput?: boolean; data?: ReturnType<typeof createMemoryFolder>; start?: number } = {},
) {
  const clock = createManualClock(more.start ?? NOW);
  const written: string[] = [];
  const hub = createMemoryHub({
    configuration: {
      module: { writeInput: more.writeInput ?? true },
      connections: {
        plant: { transport: "tcp", host: "192.0.2.1" },
        dead: { transport: "tcp", host: "192.0.2.2", responseTimeoutMs: 8000 },
      },
      devices: {
        relay: {
          connection: "plant",
          unitId: 1,
          points: {
            k1: { table: "coil", address: 0, access: "write" },
            rare: { table: "coil", address: 1, access: "write", minWriteIntervalMs: 5000 },
          },
        },
        silent: { connection: "dead", unitId: 1, points: { k1: { table: "coil", address: 0, access: "write" } } },
      },
    },
  });
  const data = more.data ?? createMemoryFolder();
  const translator = createMemoryTranslator({
    clock,
    hub,
    data,
    openerFor:
      ({ name }) =>
      async () =>
        ok(name === "dead" ? createFakeLink() : openRelay(written)),
  });
  await translator.start();
  await clock.advance(1000);
  hub.messages.length = 0;
  const put = (body: JsonObject | string, messageId?: string, module?: string): void =>
    hub.input({
      input: "write",
      body: typeof body === "string" ? body : JSON.stringify(body),
      properties: module === undefined ? {} : { "$.cdid": "gateway1", "$.cmid": module },
      ...(messageId === undefined ? {} : { messageId }),
    });
  const send = async (
    body: JsonObject | string,
    messageId?: string,
    module?: string,
  ): Promise<readonly JsonObject[]> => {
    hub.messages.length = 0;
    put(body, messageId, module);
    await clock.advance(1000);
    return events();
  };
  const events = (): readonly JsonObject[] =>
    hub.messages.filter(({ output }) => output === "events").map((message) => JSON.parse(message.body) as JsonObject);
  return { clock, hub, written, data, put, send, events, close: () => clock.advanceUntil(translator.close()) };
}

const order = (notAfter = later(60_000)): JsonObject => ({ device: "relay", values: { k1: true }, notAfter });

test("a message is written once, however often it comes, over restarts too; the result goes to events", async () => {
  const first = await setUp();
  expect(await first.send(order(), "m1")).toMatchObject([
    { writeAudit: { device: "relay", values: { k1: true }, outcome: "acknowledged", by: "input write" } },
  ]);
  expect(await first.send(order(), "m1")).toEqual([]);
  expect(first.written).toEqual(["050000ff00"]);
  await first.close();
  const second = await setUp({ data: first.data });
  expect(await second.send(order(), "m1")).toEqual([]);
  expect(await second.send(order(), "m2")).toHaveLength(1);
  expect(second.written).toEqual(["050000ff00"]);
  await second.close();
});

test("without a message id the same order is the same message", async () => {
  const { send, written, close } = await setUp();
  await send(order());
  expect(JSON.stringify(await send(order()))).toContain("without a messageId nobody can tell a repeat from a new one");
  await send(order(later(61_000)));
  expect(written).toHaveLength(2);
  await close();
});

test("two senders may count alike: each has its own ids", async () => {
  const first = await setUp();
  await first.send(order(), "1", "logic");
  expect(await first.send(order(), "1", "panel")).toMatchObject([{ writeAudit: { outcome: "acknowledged" } }]);
  expect(await first.send(order(), "1", "panel")).toEqual([]);
  await first.send(order(), undefined, "logic");
  await first.send(order(), undefined, "panel");
  expect(first.written).toHaveLength(4);
  await first.close();
  const second = await setUp({ data: first.data });
  expect(await second.send(order(), "1", "logic")).toEqual([]);
  expect(await second.send(order(), "1", "another")).toHaveLength(1);
  expect(second.written).toHaveLength(1);
  await second.close();
});

test("an id that comes again with another order is not passed over in silence, and not written", async () => {
  const { send, written, close } = await setUp();
  await send(order(), "m1", "logic");
  const [event] = await send({ ...order(), values: { k1: false } }, "m1", "logic");
  expect(JSON.stringify(event)).toContain("its messageId has been used by the same sender for another order");
  expect(written).toEqual(["050000ff00"]);
  await close();
});

test("what waits is not written after its notAfter", async () => {
  const { clock, written, put, events, close } = await setUp();
  put({ ...order(), values: { rare: true } }, "m1");
  put({ ...order(later(4000)), values: { rare: false } }, "m2");
  await clock.advance(20_000);
  expect(written).toEqual(["050001ff00"]);
  expect(events().map(({ writeAudit }) => (writeAudit as JsonObject)["outcome"])).toEqual(["acknowledged", "refused"]);
  await close();
});

test("what waits is refused when the input is turned off meanwhile, for its turn on the bus too", async () => {
  const { clock, hub, written, put, events, close } = await setUp();
  put({ ...order(), values: { rare: true } }, "m1");
  put({ ...order(), values: { rare: false } }, "m2");
  put({ ...order(), values: { rare: true } }, "m3");
  await clock.advance(100);
  hub.setDesired({ configuration: { module: { writeInput: false } } });
  await clock.advance(20_000);
  expect(written).toEqual(["050001ff00"]);
  expect(JSON.stringify(events().at(-1))).toContain("(m3) was refused: it is off");
  await close();
});

test("an order that a disk keeps waiting is refused, and the next one has its turn", async () => {
  const { clock, written, data, put, events, close } = await setUp();
  const write = data.write;
  data.write = () => new Promise(() => undefined);
  put(order(), "m1");
  await clock.advance(5000);
  data.write = write;
  put({ ...order(), values: { k1: false } }, "m2");
  await clock.advance(30_000);
  expect(written).toEqual(["0500000000"]);
  expect(JSON.stringify(events()[0])).toContain("(m1) was refused: it could not be remembered");
  await close();
});

test("a device that is silent keeps nobody else waiting", async () => {
  const { clock, written, put, events, close } = await setUp();
  put({ ...order(), device: "silent" }, "m1");
  put({ ...order(), device: "silent" }, "m2");
  put(order(), "m3");
  await clock.advance(1000);
  expect(written).toEqual(["050000ff00"]);
  await clock.advance(30_000);
  expect(events()).toHaveLength(3);
  await close();
});

test.each([
  ["late", order(later(-1)), "it came after its notAfter"],
  ["without notAfter", { device: "relay", values: { k1: true } }, '"notAfter" must say until when'],
  ["for next week", order(later(7 * 86_400_000)), "more than a day away"],
  ["for nobody", { ...order(), device: "relai" }, 'there is no device "relai"; did you mean "relay"?'],
  ["not JSON", "k1=true", "its body is not a JSON object"],
])("what is %s is refused and says so", async (_what, body, reason) => {
  const { send, written, close } = await setUp();
  const [event] = await send(body, "m1");
  const { kind, text } = (event?.["moduleEvent"] ?? {}) as JsonObject;
  expect(kind).toBe("writeRefused");
  expect(text).toContain(reason);
  expect(written).toEqual([]);
  await close();
});

test("what no point allows is audited as refused", async () => {
  const { send, written, close } = await setUp();
  expect(await send({ ...order(), values: { k1: 7 } })).toMatchObject([
    { writeAudit: { outcome: "refused", by: "input write" } },
  ]);
  expect(written).toEqual([]);
  await close();
});

test("off unless the configuration turns it on, and while the clock has never been set", async () => {
  const off = await setUp({ writeInput: false });
  expect(JSON.stringify(await off.send(order()))).toContain("module.writeInput");
  await off.close();
  const asleep = await setUp({ start: 60_000 });
  expect(JSON.stringify(await asleep.send(order()))).toContain("the clock of the gateway has not been set yet");
  expect([...off.written, ...asleep.written]).toEqual([]);
  await asleep.close();
});

test("500 messages are remembered, then others are refused until the first have run out; repeats stay repeats", async () => {
  const { clock, written, send, close } = await setUp();
  for (let i = 0; i < 500; i++) await send(order(later(700_000)), `m${i}`);
  expect(written).toHaveLength(500);
  expect(await send(order(later(800_000)), "one more")).toMatchObject([{ moduleEvent: { kind: "writeRefused" } }]);
  expect(await send(order(later(700_000)), "m0")).toEqual([]);
  await clock.advance(300_000);
  expect(await send(order(later(900_000)), "afterwards")).toMatchObject([{ writeAudit: { outcome: "acknowledged" } }]);
  expect(written).toHaveLength(501);
  await close();
});
