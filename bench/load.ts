/**
 * `npm run bench -- load`: the module itself with 1000 devices x 100 registers x 1 s as `records` against the development
 * hub: memory and CPU over a minute; then the way of one change from a register to the hub. Parts of bars 3, 7 and 9.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDevHub, type DevHub } from "../src/devhub/devHub";
import type { JsonObject } from "../src/kernel/json";
import { createSystemClock } from "../src/kernel/systemClock";
import { IMAGE_FLAGS } from "../test/support/imageFlags";
import { median, table, verdict } from "./support/figures";
import { fleetDocument } from "./support/fleetPeers";
import { compile, firstLine, spawnPinned } from "./support/native";

const AS_IN_IMAGES = { PATH: process.env["PATH"] ?? "", MALLOC_ARENA_MAX: "1" };
const DEVICES = 1000;
const SETTLE_MS = 15_000;
const RUN_MS = 60_000;
const MOST_MEGABYTES = 100;
const CHANGE_INTERVAL_MS = 500;
const CHANGES = 40;
/** Spreads few instants evenly over the interval: the median of so many random ones would be off by 30 ms. */
const GOLDEN = 0.618034;
const MOST_AFTER_RESPONSE_MS = 3;
const clock = createSystemClock();
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<void> {
  const lines = [...(await benchLoad("float32")), ...(await benchLoad("uint16")), ...(await benchChange())];
  print(`\nBars 3, 7 and 9 (parts)\n${lines.join("\n")}`);
  process.exitCode = lines.some((line) => line.includes("BROKEN")) ? 1 : 0;
}

/** The bundle as a process, its configuration in a file, against a hub of its own. */
async function withModule<T>(
  document: JsonObject,
  measure: (hub: DevHub, child: ChildProcess) => Promise<T>,
): Promise<T> {
  const hub = await createDevHub({ port: 0, workloadPort: 0 }, { clock });
  if (!hub.ok) throw new Error(hub.error);
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-bench-"));
  const file = join(folder, "configuration.json");
  writeFileSync(file, JSON.stringify(document));
  const args = [...IMAGE_FLAGS, join(process.cwd(), "dist/main.cjs"), "run", "--config", file];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...AS_IN_IMAGES, MODBUS_EDGE_DATA: folder, ...hub.value.environmentFor("modbus") },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    return await measure(hub.value, child);
  } finally {
    child.kill("SIGTERM");
    await ended;
    await hub.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const residentMegabytes = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** User and system time of a process, s: ticks of 10 ms. */
function cpuSeconds({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function benchLoad(type: "float32" | "uint16"): Promise<readonly string[]> {
  const tools = compile(["tcpServer"], join(process.cwd(), "bench"));
  const server = spawnPinned(0, [join(tools.folder, "tcpServer")]);
  const port = Number(await firstLine(server));
  const points = type === "float32" ? 50_000 : 100_000;
  try {
    return await withModule(fleetDocument({ port, devices: DEVICES, intervalMs: 1000, type }), async (hub, child) => {
      await pause(SETTLE_MS);
      const [cpu, messages] = [cpuSeconds(child), hub.messages.total];
      const begun = performance.now();
      let most = 0;
      while (performance.now() - begun < (type === "float32" ? RUN_MS : RUN_MS / 4)) {
        await pause(500);
        most = Math.max(most, residentMegabytes(child));
      }
      const percent = (100_000 * (cpuSeconds(child) - cpu)) / (performance.now() - begun);
      const perSecond = (1000 * (hub.messages.total - messages)) / (performance.now() - begun);
      const rows = [
        [`${points} points at 1 s, records, SDK included`, "% of a core", "MB, at most", "messages/s"],
        [`1000 devices x 100 registers (${type})`, percent.toFixed(1), most.toFixed(1), perSecond.toFixed(1)],
      ];
      print(`\n${table(rows)}`);
      // Without messages the figures are those of a module that has no room to work.
      const arrived = verdict(
        `${type}: ${perSecond.toFixed(1)} messages a second acknowledged, above 0`,
        perSecond > 0,
      );
      if (type === "uint16") {
        return [arrived, `   note   ${points} points at 1 s: ${percent.toFixed(1)} % of a core (aim: below 15)`];
      }
      const text = `1000 devices: at most ${most.toFixed(1)} MB in a minute, at most ${MOST_MEGABYTES}`;
      return [arrived, verdict(text, most <= MOST_MEGABYTES)];
    });
  } finally {
    server.stdin?.end();
    tools.dispose();
  }
}

/** One register, changed at every part of the interval; when each value came to be, and when it was first answered with. */
interface Changes {
  readonly server: Server;
  readonly changedAt: Map<number, number>;
  readonly answeredAt: Map<number, number>;
}

function changingServer(): Changes {
  const changedAt = new Map<number, number>();
  const answeredAt = new Map<number, number>();
  let value = 0;
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (request) => {
      const response = Buffer.alloc(11);
      request.copy(response, 0, 0, 8);
      response.writeUInt16BE(5, 4);
      response[8] = 2;
      response.writeUInt16BE(value, 9);
      socket.write(response);
      if (answeredAt.has(value)) return;
      answeredAt.set(value, Date.now());
      setTimeout(
        () => {
          value += 1;
          changedAt.set(value, Date.now());
        },
        ((value * GOLDEN) % 1) * CHANGE_INTERVAL_MS,
      );
    });
  });
  return { server, changedAt, answeredAt };
}

async function benchChange(): Promise<readonly string[]> {
  const { server, changedAt, answeredAt } = changingServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  const document: JsonObject = {
    schemaVersion: 1,
    connections: { plc: { transport: "tcp", host: "127.0.0.1", port } },
    devices: {
      plc: {
        connection: "plc",
        unitId: 1,
        groups: { default: { intervalMs: CHANGE_INTERVAL_MS } },
        points: { counter: { table: "holding", address: 0, type: "uint16" } },
      },
    },
  };
  const acknowledged = await withModule(document, async (hub) => {
    const end = performance.now() + 4 * CHANGES * CHANGE_INTERVAL_MS;
    while (changedAt.size < CHANGES && performance.now() < end) await pause(100);
    await pause(CHANGE_INTERVAL_MS * 2);
    const first = new Map<number, number>();
    for (const { body, hubTime } of hub.messages.list()) {
      const counter = (typeof body === "string" ? JSON.parse(body) : body) as { readonly counter?: number };
      if (counter.counter !== undefined && !first.has(counter.counter)) first.set(counter.counter, Date.parse(hubTime));
    }
    return first;
  });
  await new Promise((resolve) => server.close(resolve));
  // The first values belong to the start.
  const settled = [...acknowledged].filter(([value]) => value > 3);
  const fromChange = median(settled.map(([value, at]) => at - (changedAt.get(value) ?? Number.NaN)));
  const fromAnswer = median(settled.map(([value, at]) => at - (answeredAt.get(value) ?? Number.NaN)));
  const most = CHANGE_INTERVAL_MS / 2 + 15;
  return [
    verdict(
      `change → acknowledged: median ${fromChange.toFixed(0)} ms of ${settled.length}, at most ${most}`,
      fromChange <= most,
    ),
    verdict(
      `response → acknowledged: median ${fromAnswer.toFixed(1)} ms, at most ${MOST_AFTER_RESPONSE_MS}`,
      fromAnswer <= MOST_AFTER_RESPONSE_MS,
    ),
  ];
}

void main();
