import { createServer, type Server, type Socket } from "node:net";
import { openerFor } from "../../src/bus/openerFor";
import type { TcpConnection } from "../../src/core/config/gatewayConfig";
import { type Sample, samplesOf } from "../../src/core/telemetry/sample";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { type ConnectionRunner, createConnectionRunner } from "../../src/runtime/connectionRunner";
import { aDevice, aGroup, aPoint } from "../support/points";

/**
 * The case at which the archived module froze, in small: slow servers that drop a link on which nothing happens, devices
 * read one point a request. In full: `npm run bench -- bus scale`.
 */
const IDLE_MS = 250;
const INTERVAL_MS = 700;
const POINTS = 6;
/** By unit. The last one needs 960 ms for a cycle. */
const LATENCY_MS = [1, 10, 25, 160];
const GOOD_CYCLES = 4;
const DEADLINE_MS = 60_000;

let server: Server;
let dropped = 0;
const runners: ConnectionRunner[] = [];

function serve(socket: Socket): void {
  socket.setTimeout(IDLE_MS, () => {
    dropped += 1;
    socket.end();
  });
  socket.on("error", () => socket.destroy());
  socket.on("data", (request) => {
    const response = Buffer.alloc(11);
    request.copy(response, 0, 0, 8);
    response.writeUInt16BE(5, 4);
    response[8] = 2;
    response.writeUInt16BE(request.readUInt16BE(8), 9);
    setTimeout(() => socket.write(response), LATENCY_MS[(request[6] ?? 1) - 1]);
  });
}

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.close()));
  await new Promise((resolve) => server.close(resolve));
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(condition()).toBe(true);
}

test("slow servers that drop idle links: right values, cycle after cycle; who cannot keep the interval says so", async () => {
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const clock = createSystemClock();
  const { port } = server.address() as { port: number };
  const connection: TcpConnection = {
    ...{ name: "plc", transport: "tcp", framing: "mbap", host: "127.0.0.1", port, connectTimeoutMs: 5000 },
    ...{ responseTimeoutMs: 5000, requestGapMs: 0, readRetries: 1, connectDelayMs: 0, failuresBeforeReopen: 5 },
    fingerprint: "",
  };
  const inARow = LATENCY_MS.map(() => 0);
  const wrong: Sample[] = [];
  for (const unit of LATENCY_MS.keys()) {
    const points = Array.from({ length: POINTS }, (_, index) => aPoint(`value${index}`, 10 * index));
    const groups = new Map([["default", aGroup("default", INTERVAL_MS)]]);
    const device = aDevice(`plc${unit}`, points, { unitId: unit + 1, groups });
    const runner = createConnectionRunner(connection, {
      ...{ clock, log: silentLog, openLink: openerFor(connection, { clock }), onConnection: () => undefined },
      onCycle({ runs }) {
        const values = samplesOf(runs).filter(({ reading }) => "value" in reading);
        wrong.push(...values.filter(({ point, reading }) => "value" in reading && reading.value !== point.address));
        // A machine that stands still for longer than the server's patience may lose a request.
        inARow[unit] = values.length === POINTS ? (inARow[unit] ?? 0) + 1 : 0;
      },
    });
    runner.apply([{ ...device, limits: { ...device.limits, singlePointReads: true } }]);
    runners.push(runner);
  }
  await until(() => inARow.every((good) => good >= GOOD_CYCLES) && dropped > LATENCY_MS.length);
  expect(wrong).toEqual([]);
  await until(() => (runners.at(-1)?.status().stretch?.normal ?? 1) > 1);
}, 150_000);
