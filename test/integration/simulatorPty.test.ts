import { once } from "node:events";
import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { SerialPort } from "serialport";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair, type PtyPair } from "../../src/simulator/pty";

const clock = createSystemClock();

function opened(path: string): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: 19_200, parity: "even" }, (error) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

function received(port: SerialPort, count: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const listen = (chunk: Buffer): void => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) < count) return;
      port.off("data", listen);
      resolve(Buffer.concat(chunks));
    };
    port.on("data", listen);
  });
}

/**
 * Ports before the pair: @serialport/bindings-cpp 13.0.0 reads a hung-up terminal in an endless loop (read(2) gives 0)
 * unless the hang-up happens to find it waiting.
 */
async function closeAll(line: PtyPair, ...ports: SerialPort[]): Promise<void> {
  await Promise.all(ports.map((port) => new Promise<void>((resolve) => port.close(() => resolve()))));
  await line.close();
}

async function pair(): Promise<PtyPair> {
  const result = await openPtyPair({ clock, ways: ["node-pty"] });
  if (!result.ok) return Promise.reject(new Error(result.error));
  return result.value;
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe("pty pair", () => {
  test("carries every byte value both ways, no echo, no translation", async () => {
    const line = await pair();
    const [a, b] = await Promise.all([opened(line.a), opened(line.b)]);
    const echoes: Buffer[] = [];
    a.on("data", (chunk: Buffer) => echoes.push(chunk));
    const there = received(b, 256);
    a.write(everyByte);
    expect(await there).toEqual(everyByte);
    expect(echoes).toEqual([]);
    const back = received(a, 256);
    b.write(everyByte);
    expect(await back).toEqual(everyByte);
    expect(Buffer.concat(echoes)).toEqual(everyByte);
    await closeAll(line, a, b);
  });

  test("carries more than the kernel's buffer holds", async () => {
    const line = await pair();
    const [a, b] = await Promise.all([opened(line.a), opened(line.b)]);
    const much = Buffer.concat(Array.from({ length: 64 }, () => everyByte));
    const there = received(b, much.length);
    a.write(much);
    expect((await there).equals(much)).toBe(true);
    expect(line.droppedBytes).toBe(0);
    await closeAll(line, a, b);
  });

  test("a line that nobody reads loses bytes and stops nobody", async () => {
    const line = await pair();
    const a = await opened(line.a);
    const much = Buffer.alloc(256 * 1024, 0x55);
    await new Promise<void>((resolve) => {
      a.write(much);
      a.drain(() => resolve());
    });
    // What waits for a reader in the kernel and here is far less than was written.
    while (line.droppedBytes < 64 * 1024) await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    await closeAll(line, a);
  });

  test("outlives the programs that open it, and stays raw", async () => {
    const line = await pair();
    for (let round = 0; round < 3; round++) {
      const [a, b] = await Promise.all([opened(line.a), opened(line.b)]);
      const there = received(b, 3);
      a.write(Buffer.from([1, 13, 10]));
      expect(await there).toEqual(Buffer.from([1, 13, 10]));
      await Promise.all([a, b].map((port) => new Promise<void>((resolve) => port.close(() => resolve()))));
    }
    await line.close();
  });

  test("needs no setting by the programs that use it", async () => {
    const line = await pair();
    const [a, b] = [line.a, line.b].map((path) => openSync(path, constants.O_RDWR | constants.O_NOCTTY));
    const reader = new ReadStream(b ?? -1);
    const there = once(reader, "data");
    writeSync(a ?? -1, everyByte);
    expect((await there)[0]).toEqual(everyByte);
    const unplugged = once(reader, "close");
    await Promise.all([line.close(), line.close()]);
    await unplugged;
    for (const fd of [a, b]) closeSync(fd ?? -1);
    expect(existsSync(line.a) || existsSync(line.b)).toBe(false);
  });

  test("says in words why there is none", async () => {
    const none = await openPtyPair({ clock, ways: ["socat"], socat: "/nonexistent/socat" });
    expect(none).toEqual({
      ok: false,
      error: expect.stringMatching(/^no pseudo terminal: socat does not start: .*ENOENT/),
    });
  });
});
