import { createServer, type Server, type Socket } from "node:net";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import { createSystemClock } from "../../src/kernel/systemClock";
import { freePort } from "../support/foreignServer";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";

/** SIGTERM while everything hangs: a server that never answers, a hub that never acknowledges, a method under way. */
const clock = createSystemClock();
const sockets = new Set<Socket>();
let silent: Server;
let hub: DevHub;
let gateway: ModuleProcess | undefined;

afterEach(async () => {
  gateway?.kill("SIGKILL");
  await gateway?.ended;
  await hub.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test("it ends in good order all the same", async () => {
  silent = createServer((socket) => sockets.add(socket.on("error", () => undefined).resume()));
  const port = await freePort();
  await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
  const configuration = {
    module: { metricsPort: 0 },
    connections: { plant: { transport: "tcp", host: "127.0.0.1", port, responseTimeoutMs: 10_000 } },
    devices: {
      mute: { connection: "plant", unitId: 1, points: { a: { table: "holding", address: 1, type: "uint16" } } },
    },
  };
  const opened = await createDevHub({ desired: { modbus: { configuration } } }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  hub = opened.value;
  expect((await hub.fault("noPuback")).ok).toBe(true);
  const module = startModule(["run"], hub.environmentFor("modbus"));
  gateway = module;
  await eventually("it polls", () => sockets.size > 0, module.out);
  const asked = hub.invokeMethod("modbus", "getTrace", { connection: "plant", seconds: 25 }, 30_000);
  const read = hub.invokeMethod("modbus", "readPoints", { device: "mute" }, 30_000);
  await eventually("the methods are there", async () => {
    const status = await hub.invokeMethod("modbus", "getTrace", { connection: "plant", seconds: 1 }, 5000);
    return status.status === 429;
  });
  module.kill("SIGTERM");
  expect(await asked).toMatchObject({ status: 200, answered: true });
  expect(await read).toMatchObject({ status: 504, answered: true });
  expect(await module.ended).toBe(0);
  expect(module.out()).toMatch(/\[INF\] - ended\n/);
  // Nothing was cut off: what waited was stored in time.
  expect(module.out()).not.toMatch(/closing takes longer/);
});
