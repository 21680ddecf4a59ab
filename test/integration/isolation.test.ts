import { randomBytes } from "node:crypto";
import { openerFor } from "../../src/bus/openerFor";
import type { SerialConnection } from "../../src/core/config/gatewayConfig";
import { samplesOf } from "../../src/core/telemetry/sample";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createConnectionRunner } from "../../src/runtime/connectionRunner";
import { MisbehavingServer, type Reaction } from "../../src/simulator/faults/misbehavingServer";
import { openTerminalStream } from "../../src/simulator/faults/terminalStream";
import { openPtyPair } from "../../src/simulator/pty";
import { aConnection, aDevice, aGroup, aPoint } from "../support/points";

/** Two units on one serial line (a pseudo terminal): 1 is well, 2 is not. Registers say whose they are. */
const clock = createSystemClock();
const INTERVAL_MS = 100;
const TIMEOUT_MS = 120;
const POINTS = [aPoint("a", 0), aPoint("b", 1), aPoint("far", 60)];

const truth = (unitId: number, address: number): number => unitId * 1000 + address;

/** FC 3 only; whatever is asked for is there. */
function image(unitId: number, pdu: Uint8Array): Buffer {
  const request = Buffer.from(pdu);
  const [first, count] = [request.readUInt16BE(1), request.readUInt16BE(3)];
  const answer = Buffer.alloc(2 + 2 * count);
  answer.writeUInt8(3, 0);
  answer.writeUInt8(2 * count, 1);
  for (let n = 0; n < count; n++) answer.writeUInt16BE(truth(unitId, first + n), 2 + 2 * n);
  return answer;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
});

async function setUp() {
  const pair = await openPtyPair({ clock });
  if (!pair.ok) return Promise.reject(new Error(pair.error));
  closing.push(() => pair.value.close());
  const line = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const stream = await openTerminalStream(pair.value.a, line);
  if (!stream.ok) return Promise.reject(new Error(stream.error));
  const server = new MisbehavingServer({ framing: "rtu", clock, image });
  server.attach(stream.value);
  closing.push(
    () => stream.value.close(),
    () => server.close(),
  );
  const { name, fingerprint, responseTimeoutMs: _, ...common } = aConnection();
  const connection: SerialConnection = {
    ...{ name, fingerprint, requestGapMs: common.requestGapMs, readRetries: 1, connectDelayMs: 0 },
    ...{ transport: "serial", framing: "rtu", path: pair.value.b, line },
    responseTimeoutMs: TIMEOUT_MS,
    failuresBeforeReopen: 5,
  };
  const seen = { live: 0, wrong: [] as string[], other: new Map<string, number>() };
  const runner = createConnectionRunner(connection, {
    clock,
    log: silentLog,
    openLink: openerFor(connection, { clock }),
    onCycle({ device, runs }) {
      if (device === "live") seen.live += 1;
      for (const { point, reading } of samplesOf(runs)) {
        const right = truth(device === "live" ? 1 : 2, point.address);
        if ("value" in reading && reading.value !== right) seen.wrong.push(`${device}.${point.name}=${reading.value}`);
        if (device === "live") continue;
        const what = "value" in reading ? "value" : reading.bad;
        seen.other.set(what, (seen.other.get(what) ?? 0) + 1);
      }
    },
    onConnection: () => undefined,
  });
  closing.push(() => runner.close());
  const groups = new Map([["default", aGroup("default", INTERVAL_MS)]]);
  runner.apply([
    aDevice("live", POINTS, { groups }),
    aDevice("other", POINTS, { groups, unitId: 2, fingerprint: "other" }),
  ]);
  /** Waits until it holds; for as long as jest gives the test. */
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => clock.setTimer(10, resolve));
  };
  /** What share of its polls the live unit has kept, from now until there were so many. */
  const share = async (polls: number): Promise<number> => {
    const missed = (): number => runner.status().devices.get("live")?.overruns ?? 0;
    const [live, overruns] = [seen.live, missed()];
    await until(() => seen.live >= live + polls);
    return (seen.live - live) / (seen.live - live + missed() - overruns);
  };
  const only2 = (reaction: Reaction): void => {
    server.usual = (turn) => (turn.request.unitId === 2 ? reaction(turn) : turn.reply());
  };
  return { server, runner, seen, until, share, only2 };
}

describe("beside a unit that misbehaves on the same serial line, the live one keeps its polls and no value is wrong", () => {
  it("silent, then back", async () => {
    const { seen, until, share, only2, server } = await setUp();
    only2(() => undefined);
    await until(() => (seen.other.get("timeout") ?? 0) >= 4 * POINTS.length);
    expect(await share(60)).toBeGreaterThanOrEqual(0.9);
    server.usual = (turn) => turn.reply();
    await until(() => (seen.other.get("value") ?? 0) >= 10 * POINTS.length);
    expect(seen.wrong).toEqual([]);
  }, 60_000);

  it("slow, inside its timeout", async () => {
    const { seen, until, share, only2 } = await setUp();
    only2((turn) => turn.after(25, () => turn.reply()));
    await until(() => seen.live >= 5);
    expect(await share(40)).toBeGreaterThanOrEqual(0.9);
    expect(seen.other.get("value")).toBeGreaterThanOrEqual(30 * POINTS.length);
    expect(seen.wrong).toEqual([]);
  }, 60_000);

  it("babbling: noise for a twentieth of the time, and garbage instead of answers", async () => {
    const { seen, until, share, only2, server } = await setUp();
    only2((turn) => turn.send(randomBytes(20)));
    const babble = (): void => {
      server.say(randomBytes(58));
      timer = clock.setTimer(100, babble);
    };
    let timer = clock.setTimer(100, babble);
    closing.push(() => timer.cancel());
    await until(() => seen.other.size > 0 && seen.live >= 20);
    expect(await share(60)).toBeGreaterThanOrEqual(0.9);
    expect(seen.wrong).toEqual([]);
    expect(seen.other.get("value")).toBeUndefined();
  }, 60_000);

  it("answering exceptions", async () => {
    const { seen, until, share, only2 } = await setUp();
    only2((turn) => turn.spoilt({ kind: "exception", code: 4 }));
    await until(() => seen.live >= 5);
    expect(await share(40)).toBeGreaterThanOrEqual(0.9);
    expect([...seen.other.keys()]).toEqual(["exception:4"]);
    expect(seen.wrong).toEqual([]);
  }, 60_000);

  it("on a jammed line nobody has values; afterwards all have them again", async () => {
    const { seen, until, server } = await setUp();
    await until(() => (seen.other.get("value") ?? 0) > 0);
    server.usual = (turn) => turn.send(randomBytes(30));
    await until(() => (seen.other.get("timeout") ?? 0) + (seen.other.get("crc") ?? 0) >= 5 * POINTS.length);
    server.usual = (turn) => turn.reply();
    const [live, other] = [seen.live, seen.other.get("value") ?? 0];
    await until(() => seen.live >= live + 20 && (seen.other.get("value") ?? 0) >= other + 20 * POINTS.length);
    expect(seen.wrong).toEqual([]);
  }, 60_000);
});
