import { Message, ModuleClient } from "azure-iot-device";
import { Mqtt } from "azure-iot-device-mqtt";
import { createAzureEdgeHub } from "../../src/cloud/azureEdgeHub";
import type { OutgoingMessage } from "../../src/cloud/edgeHub";
import { createOutbox, DEFAULT_BOUNDS } from "../../src/cloud/outbox";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { wait } from "../../src/kernel/wait";
import { createLevelStore } from "../../src/store/levelStore";

/**
 * A client of the hub as a process of its own: `sdk` the bare loop of the SDK, 16 in flight; `ours` the outbox on the
 * supervised client. Asked `{ messages, perSecond }` (0: as fast as it goes) it answers CPU and time. The environment
 * names the hub.
 */
export interface HubSlice {
  readonly cpuMicros: number;
  readonly elapsedMs: number;
  readonly messages: number;
}

const LANES = 32;
const BODY = `{"${"x".repeat(1010)}":1}`;
const clock = createSystemClock();
const never = new AbortController().signal;
let number = 0;

function nextMessage(): OutgoingMessage {
  number += 1;
  return {
    output: "telemetry",
    messageId: `bench-${number}`,
    body: BODY,
    contentType: "application/json",
    contentEncoding: "utf-8",
    properties: { "$.sub": `device${number % LANES}`, "iothub-creation-time-utc": "2026-01-01T00:00:00.000Z" },
  };
}

/** Hands one message over; `done` when it is acknowledged, if that is known. */
type Handle = { send(): void; acknowledged(): number };

async function bareLoop(): Promise<Handle> {
  const client = await ModuleClient.fromEnvironment(Mqtt);
  await client.open();
  let waiting = 0;
  let inFlight = 0;
  let acknowledged = 0;
  const pump = (): void => {
    while (waiting > 0 && inFlight < 16) {
      waiting -= 1;
      inFlight += 1;
      const message = nextMessage();
      const sdk = new Message(message.body);
      sdk.messageId = message.messageId;
      sdk.contentType = message.contentType;
      sdk.contentEncoding = message.contentEncoding;
      for (const [name, value] of Object.entries(message.properties)) sdk.properties.add(name, value);
      client.sendOutputEvent(message.output, sdk, () => {
        inFlight -= 1;
        acknowledged += 1;
        pump();
      });
    }
  };
  return {
    send() {
      waiting += 1;
      pump();
    },
    acknowledged: () => acknowledged,
  };
}

async function ours(folder: string): Promise<Handle> {
  const hub = createAzureEdgeHub({ environment: process.env }, { clock, log: silentLog });
  const store = createLevelStore(folder, silentLog);
  const outbox = createOutbox({ hub, clock, log: silentLog, store, bounds: DEFAULT_BOUNDS });
  await outbox.start();
  await new Promise<void>((resolve) => {
    hub.start({
      twin: () => resolve(),
      twinRefused: () => undefined,
      input: () => undefined,
      desiredPatch: () => undefined,
      method: async () => ({ status: 404, payload: {} }),
      connection: (state) => void (state === "connected" && outbox.nudge()),
    });
  });
  return {
    send: () => outbox.offer(`device${(number + 1) % LANES}`, nextMessage()),
    acknowledged: () => outbox.status().acknowledged,
  };
}

async function run(handle: Handle, messages: number, perSecond: number): Promise<HubSlice> {
  const before = handle.acknowledged();
  const cpu = process.cpuUsage();
  const start = clock.monotonic();
  for (let sent = 0; handle.acknowledged() < before + messages; ) {
    const due = perSecond === 0 ? sent + 500 : ((clock.monotonic() - start) * perSecond) / 1000;
    // As fast as it goes: never more than a little ahead of the hub.
    const ahead = perSecond === 0 ? handle.acknowledged() - before + 200 : messages;
    while (sent < messages && sent < due && sent < ahead) {
      handle.send();
      sent += 1;
    }
    await wait(clock, perSecond === 0 ? 1 : 10, never);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: user + system, elapsedMs: clock.monotonic() - start, messages };
}

async function main(): Promise<void> {
  const [kind, folder] = process.argv.slice(2);
  const handle = kind === "sdk" ? await bareLoop() : await ours(folder ?? "");
  process.send?.({ ready: true });
  process.on("message", ({ messages, perSecond }: { messages: number; perSecond: number }) => {
    void run(handle, messages, perSecond).then((slice) => process.send?.(slice));
  });
  process.on("disconnect", () => process.exit(0));
}

void main();
