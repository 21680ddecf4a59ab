import { parseArgs } from "node:util";
import demoDocument from "../../examples/demo.json";
import { messageLine } from "../devhub/messageLog";
import type { Clock, Timer } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { createScope, type Scope } from "../kernel/scope";
import { createSystemClock } from "../kernel/systemClock";
import { wait } from "../kernel/wait";
import { createLog } from "../runtime/log";
import { endpointText } from "../simulator/endpoint";
import { DEMO_MODULE, type DemoSite, openDemoSite } from "./demoSite";
import { type DemoPicture, type DemoRow, drawDemo } from "./demoView";
import { createDemoWatch, type DemoWatch } from "./demoWatch";
import type { CliIo } from "./io";
import { settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge demo [--seconds N] [--json]

Simulated devices on a TCP socket and a serial line, a development hub and the module, in one process.
On a terminal a live table of what the hub received; else a line a message.

  --seconds N   end after N seconds; exit 0 only if every configured point arrived with a value that was served
  --json        JSON lines of what the hub received: {"output","properties","body","hubTime"} and {"reported","hubTime"}

Exit code: 0 ended (with --seconds: everything arrived), 1 not, 2 usage.

Example: modbus-edge demo --seconds 20 --json
`;

const REDRAW_MS = 500;
const CLEAR = "\u001b[H\u001b[J";

interface DemoOptions {
  readonly seconds: number | undefined;
  readonly json: boolean;
}

/** `modbus-edge demo`: 0 when every point arrived right (with `--seconds`), 1 when not, 2 for a wrong use. */
export async function demo(args: string[], io: CliIo): Promise<number> {
  const options = settingsFrom(args, io, USAGE, optionsOf);
  if (!options.ok) return options.error;
  const scope = createScope();
  try {
    return await play(options.value, io, scope);
  } finally {
    for (const error of await scope.close()) io.err(`closing: ${String(error)}\n`);
  }
}

function optionsOf(args: string[]): Result<DemoOptions, string> {
  const { values } = parseArgs({ args, options: { seconds: { type: "string" }, json: { type: "boolean" } } });
  if (values.seconds === undefined) return ok({ seconds: undefined, json: values.json ?? false });
  const seconds = Number(values.seconds);
  if (values.seconds.trim() === "" || !Number.isFinite(seconds) || seconds <= 0 || seconds > 86_400) {
    return err(`--seconds is "${values.seconds}"; it must be a number from 1 to 86400`);
  }
  return ok({ seconds, json: values.json ?? false });
}

async function play(options: DemoOptions, io: CliIo, scope: Scope): Promise<number> {
  const clock = createSystemClock();
  const log = createLog({ format: io.isTerminal ? "pretty" : "line", level: "warn", write: io.err });
  const start = clock.epoch();
  const site = await openDemoSite(demoDocument as JsonObject, { clock, log, serialReader: io.serialReader }, scope);
  if (!site.ok) {
    io.err(`the demonstration can't start: ${site.error}\n`);
    return 1;
  }
  for (const [name, endpoint] of site.value.simulator.served) {
    if (endpoint.kind === "unavailable") io.err(`${name} is not served: ${endpoint.reason}\n`);
    else if (endpoint.kind === "tcp" && endpoint.insteadOfSerial !== undefined) {
      io.err(`${name}: no pseudo terminal works here (${endpoint.insteadOfSerial}); this line is served over TCP\n`);
    }
  }
  const watch = createDemoWatch(site.value.config, site.value.simulator, start);
  const screen = follow(site.value, watch, options, io, clock);
  scope.defer(() => screen.close());
  await wait(clock, options.seconds === undefined ? Number.POSITIVE_INFINITY : options.seconds * 1000, io.signal);
  screen.close();
  if (options.seconds === undefined) return 0;
  const faults = watch.faults();
  for (const fault of faults) io.err(`${fault}\n`);
  if (!options.json) io.out(summary(site.value, faults));
  return faults.length === 0 ? 0 : 1;
}

function summary({ hub, config }: DemoSite, faults: readonly string[]): string {
  const verdict =
    faults.length === 0
      ? "every configured point arrived with a value that the simulator served"
      : `${faults.length} points are missing or wrong`;
  return `${hub.messages.total} messages from ${config.devices.size} devices: ${verdict}\n`;
}

/** Shows what the hub receives in the form that was asked for, until closed. */
function follow(site: DemoSite, watch: DemoWatch, options: DemoOptions, io: CliIo, clock: Clock): { close(): void } {
  const live = io.isTerminal && !options.json;
  const started = clock.monotonic();
  const end = site.hub.onTraffic((event) => {
    const now = clock.epoch();
    if (event.kind === "message") {
      watch.message(event.message, now);
      if (options.json) io.out(`${messageLine(event.message)}\n`);
      else if (!live)
        io.out(`${event.message.hubTime} ${event.message.properties["$.sub"] ?? ""} ${event.message.body}\n`);
    } else if (event.kind === "reported") {
      watch.reported(site.hub.reported(DEMO_MODULE), now);
      if (options.json) io.out(`${JSON.stringify({ reported: event.patch, hubTime: new Date(now).toISOString() })}\n`);
    }
  });
  let timer: Timer | undefined;
  const redraw = (): void => {
    const { rows, columns } = io.size();
    const picture = pictureOf(site, watch.rows(clock.epoch()), clock.monotonic() - started);
    io.out(`${CLEAR}${drawDemo(picture, rows, columns)}\n`);
    timer = clock.setTimer(REDRAW_MS, redraw);
  };
  if (live) redraw();
  return {
    close() {
      end();
      timer?.cancel();
    },
  };
}

function pictureOf({ simulator, hub, translator }: DemoSite, rows: readonly DemoRow[], elapsedMs: number): DemoPicture {
  const status = translator.status();
  const states = (status["connections"] ?? {}) as Readonly<Record<string, { state?: string }>>;
  const messages = (status["messages"] ?? {}) as { acknowledged?: number; queued?: number; inFlight?: number };
  return {
    rows,
    connections: [...simulator.served].map(([name, endpoint]) => ({
      name,
      state: states[name]?.state ?? "starting",
      served: endpointText(endpoint),
    })),
    hub: hub.connections().length > 0 ? "connected" : "not connected",
    acknowledged: messages.acknowledged ?? 0,
    queued: (messages.queued ?? 0) + (messages.inFlight ?? 0),
    elapsedMs,
  };
}
