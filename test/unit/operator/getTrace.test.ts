import type { Link, LinkEvents, LinkOpener } from "../../../src/bus/link";
import { failure } from "../../../src/core/modbus/failure";
import { rtuFrame } from "../../../src/core/modbus/rtuFrame";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { err, ok } from "../../../src/kernel/result";
import { getTrace } from "../../../src/operator/getTrace";
import type { CommandPorts } from "../../../src/operator/methodError";
import { createTraces } from "../../../src/runtime/traces";
import { createManualClock } from "../../support/manualClock";
import { aConnection } from "../../support/points";

const READ = rtuFrame(7, Uint8Array.of(3, 0, 199, 0, 2));
const ANSWER = rtuFrame(7, Uint8Array.of(3, 4, 0, 230, 0, 1));

async function setUp() {
  const clock = createManualClock();
  const traces = createTraces(clock);
  let inner: LinkEvents | undefined;
  const written: Uint8Array[] = [];
  const plain: Link = {
    name: "line",
    pending: 0,
    listen: (events) => {
      inner = events;
    },
    write: (bytes) => void written.push(bytes),
    close: async () => undefined,
  };
  const state = { opens: true };
  const opener: LinkOpener = async () => (state.opens ? ok(plain) : err(failure("offline", "pulled")));
  const open = traces.tapped("line", opener);
  const opened = await open(new AbortController().signal);
  if (!opened.ok) throw new Error("not opened");
  const link = opened.value;
  const heard: Uint8Array[] = [];
  link.listen({ data: (bytes) => void heard.push(bytes), closed: () => undefined });
  const controller = new AbortController();
  const { maxInFlight: _none, ...rest } = aConnection({ name: "line" }) as { maxInFlight?: number } & ReturnType<
    typeof aConnection
  >;
  const line = { ...rest, framing: "rtu" } as ReturnType<typeof aConnection>;
  const ports = {
    clock,
    traces,
    signal: controller.signal,
    config: () => ({
      connections: new Map([
        ["line", line],
        ["other", { ...line, name: "other" }],
      ]),
      devices: new Map(),
      module: {},
    }),
  } as unknown as CommandPorts;
  const call = (payload: JsonObject) => getTrace(payload, ports);
  const converse = (times: number): void => {
    for (let at = 0; at < times; at++) {
      link.write(READ);
      inner?.data(ANSWER);
    }
  };
  return { clock, call, converse, link, open, state, controller, heard, written, inner: () => inner };
}

test("what goes over the link while it is taken, in words; the link works as before, and after", async () => {
  const one = await setUp();
  one.converse(1);
  const asked = one.call({ connection: "line", seconds: 5 });
  one.converse(2);
  await one.clock.advance(5000);
  const { status, payload } = await asked;
  expect(status).toBe(200);
  expect(payload).toMatchObject({ connection: "line", count: 4, truncated: false });
  expect((payload["frames"] as string[])[1]).toMatch(/< unit 7 after 0\.0 ms: registers 230 1 \| 07 03 04/);
  one.converse(1);
  expect([one.written.length, one.heard.length]).toEqual([4, 4]);
  expect(one.clock.pendingTimers).toBe(0);
});

test("a capture file in base64", async () => {
  const one = await setUp();
  const asked = one.call({ connection: "line", seconds: 1, format: "pcap" });
  one.converse(1);
  await one.clock.advance(1000);
  const bytes = Buffer.from((await asked).payload["pcap"] as string, "base64");
  expect(bytes.readUInt32BE(0)).toBe(0xa1b2c3d4);
  expect(bytes.includes(Buffer.from(ANSWER))).toBe(true);
});

test("losses and openings stand between the frames", async () => {
  const one = await setUp();
  const asked = one.call({ connection: "line", seconds: 1 });
  one.inner()?.closed("reset by the server");
  one.state.opens = false;
  await one.open(new AbortController().signal);
  one.state.opens = true;
  await one.open(new AbortController().signal);
  await one.clock.advance(1000);
  const frames = (await asked).payload["frames"] as string[];
  expect(frames.map((line) => line.slice(13))).toEqual([
    "-- the connection is closed: reset by the server",
    "-- the connection is closed: pulled",
    "-- the connection was opened",
  ]);
});

test.each(["text", "pcap"])("more than a page comes by cursor: %s", async (format) => {
  const one = await setUp();
  const asked = one.call({ connection: "line", seconds: 25, format });
  one.converse(2500);
  await one.clock.advance(25_000);
  let { payload } = await asked;
  const key = format === "text" ? "frames" : "pcap";
  const parts: Json[] = [payload[key] as Json];
  while (payload["cursor"] !== undefined) {
    expect(JSON.stringify(payload).length).toBeLessThan(100_000);
    ({ payload } = await one.call({ connection: "line", format, cursor: payload["cursor"] }));
    parts.push(payload[key] as Json);
  }
  expect(parts.length).toBeGreaterThan(2);
  if (format === "text") expect(parts.flat()).toHaveLength(5000);
  else expect(Buffer.from(parts.join(""), "base64").length).toBeGreaterThan(5000 * 20);
  expect(await one.call({ connection: "line", cursor: "1.99" })).toMatchObject({ status: 400 });
});

test("too much ends it early; closing the module too", async () => {
  const one = await setUp();
  const asked = one.call({ connection: "line", seconds: 25 });
  one.converse(6000);
  expect((await asked).payload).toMatchObject({ truncated: true, count: 10_000 });
  const ending = one.call({ connection: "line", seconds: 25 });
  one.controller.abort();
  expect((await ending).payload).toMatchObject({ truncated: false, count: 0 });
  expect(one.clock.pendingTimers).toBe(0);
});

test("one at a time", async () => {
  const one = await setUp();
  const first = one.call({ connection: "line", seconds: 1 });
  expect(await one.call({ connection: "line", seconds: 1 })).toMatchObject({ status: 429 });
  await one.clock.advance(1000);
  expect(await first).toMatchObject({ status: 200 });
});

test.each<[JsonObject, number, string]>([
  [{}, 400, "/connection"],
  [{ connection: "lime" }, 404, "/connection"],
  [{ connection: "other" }, 409, "/connection"],
  [{ connection: "line", seconds: 26 }, 400, "/seconds"],
  [{ connection: "line", seconds: 0 }, 400, "/seconds"],
  [{ connection: "line", format: "pcapng" }, 400, "/format"],
  [{ connection: "line", format: 7 }, 400, "/format"],
  [{ connection: "line", cursor: "x" }, 400, "/cursor"],
  [{ connection: "line", second: 1 }, 400, "/second"],
])("refuses %j", async (payload, status, path) => {
  const one = await setUp();
  expect(await one.call(payload)).toMatchObject({ status, payload: { error: { path } } });
});
