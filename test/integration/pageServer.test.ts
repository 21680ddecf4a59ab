import { get, request } from "node:http";
import { connect } from "node:net";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createPageServer, type PageServer, plain } from "../../src/runtime/pageServer";
import { freePort } from "../support/foreignServer";
import { createManualClock } from "../support/manualClock";
import { createMemoryLog } from "../support/memoryLog";
import { eventually } from "../support/moduleProcess";

const open: PageServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(port?: number, clock = createSystemClock() as Parameters<typeof createPageServer>[0]["clock"]) {
  const log = createMemoryLog();
  const page = (path: string) => (path === "/metrics" ? plain(200, "x".repeat(100_000)) : undefined);
  const server = createPageServer({ clock, log, host: "127.0.0.1", page });
  open.push(server);
  const wanted = port ?? (await freePort());
  server.listen(wanted);
  return { server, log, port: wanted };
}

const listening = (server: PageServer) => eventually("it listens", () => server.port !== undefined);

function fetchFrom(port: number, path: string, method = "GET", body = ""): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, method, host: "127.0.0.1", agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

test("pages, no pages, and methods that it does not know", async () => {
  const { server, port } = await serve();
  await listening(server);
  expect(await fetchFrom(port, "/metrics?x=1")).toMatchObject({ status: 200, text: `${"x".repeat(100_000)}\n` });
  expect(await fetchFrom(port, "/metrics", "HEAD")).toEqual({ status: 200, text: "" });
  expect(await fetchFrom(port, "/../etc/passwd")).toMatchObject({ status: 404 });
  expect(await fetchFrom(port, "/metrics", "POST", "a body")).toMatchObject({ status: 405 });
  expect(await fetchFrom(port, "/metrics")).toMatchObject({ status: 200 });
});

test("whoever sends a request byte by byte, or nothing at all, is left; others are served meanwhile", async () => {
  const { server, port } = await serve();
  await listening(server);
  const ends: Promise<void>[] = [];
  for (let at = 0; at < 10; at++) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(at % 2 === 0 ? "GET /metrics HT" : "");
    socket.resume();
    ends.push(new Promise((resolve) => socket.on("close", () => resolve())));
  }
  expect(await fetchFrom(port, "/metrics")).toMatchObject({ status: 200 });
  await Promise.all(ends);
}, 30_000);

test("more connections than it bears are closed at once", async () => {
  const { server, port } = await serve();
  await listening(server);
  let closed = 0;
  const sockets = Array.from({ length: 40 }, () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.on("close", () => closed++);
    return socket.resume();
  });
  await eventually("the surplus is closed", () => closed >= 24);
  for (const socket of sockets) socket.destroy();
});

test("a port that is taken is said once and tried again; another port, or none, takes effect", async () => {
  const first = await serve();
  await listening(first.server);
  const clock = createManualClock();
  const second = await serve(first.port, clock);
  await eventually("it is said", () => second.log.lines.length > 0);
  await clock.advance(30_000);
  await eventually("it waits again", () => clock.pendingTimers === 1);
  expect(second.log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
  first.server.listen(0);
  await eventually("the port is free", () =>
    fetchFrom(first.port, "/").then(
      () => false,
      () => true,
    ),
  );
  await clock.advance(30_000);
  await listening(second.server);
  const other = await freePort();
  second.server.listen(other);
  await eventually("it has moved", () => second.server.port === other);
  expect(await fetchFrom(other, "/metrics")).toMatchObject({ status: 200 });
  await expect(fetchFrom(first.port, "/metrics")).rejects.toThrow();
});

test("closing ends what is under way", async () => {
  const { server, port } = await serve();
  await listening(server);
  const socket = connect(port, "127.0.0.1");
  const gone = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.on("connect", () => resolve()));
  get({ port, host: "127.0.0.1", path: "/metrics" }, (response) => response.resume()).on("error", () => undefined);
  await server.close();
  await gone;
  server.listen(port);
  expect(server.port).toBeUndefined();
});
