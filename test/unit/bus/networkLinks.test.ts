import { createServer } from "node:net";
import type { LinkOpener } from "../../../src/bus/link";
import { createTcpLinkOpener } from "../../../src/bus/tcpLink";
import { createUdpLinkOpener } from "../../../src/bus/udpLink";
import { createSystemClock } from "../../../src/kernel/systemClock";

/** What a user hears that begins to listen while the link is being closed. */
async function lateUserHears(open: LinkOpener): Promise<string[]> {
  const link = await open(new AbortController().signal);
  if (!link.ok) return [link.error.detail];
  const heard: string[] = [];
  const closing = link.value.close();
  link.value.listen({ data: () => undefined, closed: (reason) => void heard.push(reason) });
  await closing;
  await new Promise(setImmediate);
  return heard;
}

test("a link that is gone before its user listens tells that once", async () => {
  const server = createServer((socket) => socket.resume());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  const endpoint = { host: "127.0.0.1", port, connectTimeoutMs: 10_000 };
  const ports = { clock: createSystemClock() };
  expect(await lateUserHears(createTcpLinkOpener(endpoint, ports))).toEqual(["closed by us"]);
  expect(await lateUserHears(createUdpLinkOpener(endpoint, ports))).toEqual(["closed by us"]);
  await new Promise((resolve) => server.close(resolve));
});
