import fc from "fast-check";
import { type Client, createClient } from "../../src/bus/client";
import { RtuSuspects } from "../../src/bus/rtuSuspects";
import { encodeRequest, type ModbusRequest } from "../../src/core/modbus/pdu";
import { rtuFrame } from "../../src/core/modbus/rtuFrame";
import { seededRandom } from "../../src/simulator/faults/faultDice";
import { createFakeLink, type FakeLink } from "../support/fakeLink";
import { createManualClock, type ManualClock } from "../support/manualClock";
import { type BusHabits, registerAt, SerialBus } from "../support/serialBus";

/**
 * Several callers on a line whose units are late, silent, garbled and talk into each other, with calls that are given up
 * and links that are lost. No value is ever wrong, every call ends, and when the line is calm again everything works.
 */
const line = { baudRate: 19_200, dataBits: 8, parity: "even", stopBits: 1 } as const;
const T = 200;
const UNITS = [1, 2, 3];

interface Story {
  readonly clock: ManualClock;
  readonly random: () => number;
  readonly wrong: string[];
  readonly suspects: RtuSuspects;
  readonly echo: boolean;
  readonly writes: boolean;
  written: number;
}

interface Place {
  readonly link: FakeLink;
  readonly client: Client;
  readonly bus: SerialBus;
}

/** The longest that any call may take: what waits before it, each with its hold-offs and its time. */
const LIMIT_MS = 100_000;

function habitsOf(random: () => number, echoes: boolean): BusHabits {
  const oneIn = (count: number): boolean => random() * count < 1;
  return {
    echoes,
    isLost: () => oneIn(20),
    delayMs: () => (oneIn(10) ? undefined : T * (oneIn(3) ? 2.5 * random() : 0.2 * random())),
    piece: () =>
      oneIn(2) ? { bytes: 1000, everyMs: 0 } : { bytes: 1 + Math.floor(8 * random()), everyMs: 4 * random() },
    spoil(frame) {
      const changed = Buffer.from(frame);
      if (oneIn(12)) {
        const at = Math.floor(random() * changed.length);
        changed[at] = (changed[at] as number) ^ (1 << Math.floor(8 * random()));
      }
      if (oneIn(20)) return changed.subarray(0, Math.floor(random() * changed.length));
      if (oneIn(20)) return Buffer.concat([Buffer.from([Math.floor(256 * random()), 0]), changed]);
      return changed;
    },
  };
}

function drawRead(random: () => number): ModbusRequest & { readonly kind: "readRegisters" } {
  const address = Math.floor(random() * 4000);
  const count = random() < 0.7 ? 1 : 1 + Math.floor(4 * random());
  return { kind: "readRegisters", table: random() < 0.8 ? "holding" : "input", address, count };
}

/** A value that nobody has written before, where the confirmations of many writes are alike. */
async function writeOnce(story: Story, { client, bus }: Place, unitId: number): Promise<void> {
  const values = [story.written++ & 0xffff];
  const request = { kind: "writeRegisters", address: Math.floor(2 * story.random()), values } as const;
  const outcome = await client.transact(unitId, request);
  const pdu = encodeRequest(request);
  const hex = pdu.ok ? Buffer.from(rtuFrame(unitId, pdu.value)).toString("hex") : "";
  if (outcome.ok && !bus.carriedOut.has(hex)) story.wrong.push(`unit ${unitId}: ${values} was not written`);
}

/** One request; notes what must not be. */
async function askOnce(story: Story, { client }: Place, unitId: number): Promise<boolean> {
  const { random, clock, wrong } = story;
  const request = drawRead(random);
  const giveUp = new AbortController();
  if (random() < 0.1) clock.setTimer(random() * 2 * T, () => giveUp.abort());
  const outcome = await client.transact(unitId, request, { signal: giveUp.signal });
  if (!outcome.ok) return false;
  const right = Array.from({ length: request.count }, (_, index) => registerAt(unitId, request.address + index));
  const told = [...outcome.value.response.registers];
  if (told.join() !== right.join()) wrong.push(`unit ${unitId}, ${request.address}: ${told} instead of ${right}`);
  return true;
}

async function keepAsking(story: Story, place: Place, unitId: number, times: number): Promise<void> {
  for (let turn = 0; turn < times && place.client.ended === undefined; turn++) {
    // Not where the echo of a write would be taken for its confirmation.
    if (story.writes && story.random() < 0.2) await writeOnce(story, place, unitId);
    else await askOnce(story, place, unitId);
    if (story.random() < 0.2) await new Promise<void>((go) => story.clock.setTimer(story.random() * T, go));
  }
}

function open({ clock, suspects, echo }: Story): Place {
  const link = createFakeLink();
  const bus = new SerialBus(link, clock);
  const options = {
    framing: "rtu",
    line,
    echo,
    responseTimeoutMs: T,
    requestGapMs: 0,
    queueLimit: 50,
    suspects,
  } as const;
  return { link, client: createClient(link, options, clock), bus };
}

async function play(seed: number, echo: boolean, echoes: boolean): Promise<string[]> {
  const random = seededRandom(seed);
  const clock = createManualClock();
  const story: Story = {
    clock,
    random,
    wrong: [],
    suspects: new RtuSuspects(clock),
    echo,
    writes: echo || !echoes,
    written: 0,
  };
  for (let links = 0; links < 2; links++) {
    const place = open(story);
    const { link, client, bus } = place;
    bus.habits = habitsOf(random, echoes);
    if (links === 0) clock.setTimer(20 * T * random(), () => random() < 0.3 && link.break("unplugged"));
    const callers = [...UNITS, ...UNITS].map((unitId) => keepAsking(story, place, unitId, 12));
    await clock.advanceUntil(Promise.all(callers), LIMIT_MS);
    bus.habits = { ...habitsOf(() => 0.5, echoes), isLost: () => false };
    await clock.advance(20 * T);
    const calm = [...UNITS, ...UNITS, ...UNITS].map((unitId) => askCalm(story, place, unitId));
    await clock.advanceUntil(Promise.all(calm), LIMIT_MS);
    await client.close();
  }
  await clock.advance(LIMIT_MS);
  if (clock.pendingTimers > 0) story.wrong.push(`${clock.pendingTimers} timers are left`);
  return story.wrong;
}

async function askCalm(story: Story, place: Place, unitId: number): Promise<void> {
  if (place.client.ended !== undefined) return;
  const calm = { ...story, random: seededRandom(unitId) };
  const got = await askOnce(calm, place, unitId);
  if (!got) story.wrong.push(`unit ${unitId} does not answer on a calm line`);
}

test.each([
  ["a plain line", false, false],
  ["a line that echoes, told", true, true],
  ["a line that echoes, not told", false, true],
])(
  "%s",
  async (_name, echo, echoes) => {
    const property = fc.asyncProperty(fc.nat(), async (seed) => {
      expect(await play(seed, echo, echoes)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40 });
  },
  60_000,
);
