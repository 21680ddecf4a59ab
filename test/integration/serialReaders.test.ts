import { execFile } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import type { Link } from "../../src/bus/link";
import type { SerialReader } from "../../src/bus/serialDevice";
import { createSerialLinkOpener } from "../../src/bus/serialLink";
import type { CharacterFormat } from "../../src/core/modbus/serialTiming";
import { createSystemClock } from "../../src/kernel/systemClock";
import { type Deferred, deferred } from "../../src/kernel/wait";
import { openPtyPair, type PtyPair } from "../../src/simulator/pty";

/** Both ways to read a serial device, on a pseudo terminal: what a user sees must be the same. */
const clock = createSystemClock();
const never = new AbortController().signal;
const line: CharacterFormat = { baudRate: 19_200, dataBits: 8, parity: "even", stopBits: 1 };

let pair: PtyPair;
const links: Link[] = [];

beforeEach(async () => {
  const opened = await openPtyPair({ clock });
  if (!opened.ok) return Promise.reject(new Error(opened.error));
  pair = opened.value;
  return undefined;
});

afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  await pair.close();
});

interface Heard {
  readonly link: Link;
  text: string;
  readonly closed: Promise<string>;
  /** Resolves when so many bytes have come. */
  bytes(count: number): Promise<void>;
}

async function open(path: string, serialReader: SerialReader, on: CharacterFormat = line): Promise<Heard> {
  const outcome = await createSerialLinkOpener({ path, line: on }, { clock, serialReader })(never);
  if (!outcome.ok) return Promise.reject(new Error(outcome.error.detail));
  const link = outcome.value;
  links.push(link);
  const closed = deferred<string>();
  const waiting: { count: number; done: Deferred<void> }[] = [];
  const heard: Heard = {
    link,
    text: "",
    closed: closed.promise,
    bytes(count) {
      const done = deferred<void>();
      waiting.push({ count, done });
      if (heard.text.length >= count) done.resolve();
      return done.promise;
    },
  };
  link.listen({
    data(bytes) {
      heard.text += Buffer.from(bytes).toString("latin1");
      for (const { count, done } of waiting) if (heard.text.length >= count) done.resolve();
    },
    closed: (reason) => closed.resolve(reason),
  });
  return heard;
}

/** Descriptors of this process on that terminal. */
function descriptors(path: string): number {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ""; // The descriptor of this very listing is gone again.
    }
  });
  return targets.filter((target) => target === path).length;
}

async function settings(path: string): Promise<string> {
  return (await promisify(execFile)("stty", ["-F", path, "-a"])).stdout;
}

describe.each<SerialReader>(["tty", "serialport"])("read by %s", (reader) => {
  test("bytes both ways, every value, more than one buffer", async () => {
    const a = await open(pair.a, reader);
    const b = await open(pair.b, reader);
    const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    for (let round = 0; round < 24; round++) a.link.write(every);
    await b.bytes(24 * 256);
    expect(b.text).toBe(every.toString("latin1").repeat(24));
    b.link.write(every);
    await a.bytes(256);
    expect(a.text).toBe(every.toString("latin1"));
  });

  test("more than the driver takes at once: the rest waits for room, nothing is lost or overtakes", async () => {
    const a = await open(pair.a, reader);
    const b = await open(pair.b, reader);
    let sent = "";
    for (let number = 0; number < 10_000 && (a.link.pending === 0 || number % 8 !== 0); number++) {
      const text = `<${number}>`.padEnd(200, String(number % 10));
      a.link.write(Buffer.from(text, "latin1"));
      sent += text;
    }
    expect(a.link.pending).toBeGreaterThan(0);
    await b.bytes(sent.length);
    expect(b.text).toBe(sent);
    a.link.write(Buffer.from("behind", "latin1"));
    await b.bytes(sent.length + 6);
    expect(b.text.endsWith("behind")).toBe(true);
  });

  // A pseudo terminal keeps the speed, the stop bits and most other settings, though they mean nothing to it; it
  // refuses 7 bits and parity.
  test.each<[CharacterFormat, RegExp]>([
    [{ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 }, /speed 9600 baud.* -cstopb/s],
    [{ baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 2 }, /speed 115200 baud.* cstopb/s],
  ])("the settings of the line %j", async (on, expected) => {
    await open(pair.a, reader, on);
    const text = await settings(pair.a);
    expect(text).toMatch(expected);
    expect(text).toMatch(/ cs8/);
    for (const off of ["icanon", "echo", "isig", "opost", "ixon", "icrnl"]) expect(text).toContain(`-${off}`);
  });

  test("locked while it is open, free after", async () => {
    const a = await open(pair.a, reader);
    await expect(open(pair.a, reader)).rejects.toThrow("in use by another program");
    await expect(open(pair.a, reader === "tty" ? "serialport" : "tty")).rejects.toThrow("in use by another program");
    await a.link.close();
    await open(pair.a, reader);
  });

  test("opened and closed, no descriptor stays and none of another's is closed", async () => {
    const before = descriptors(pair.a);
    const other = await open(pair.b, reader);
    for (let round = 0; round < 20; round++) {
      const { link, closed } = await open(pair.a, reader);
      expect(descriptors(pair.a)).toBeGreaterThan(before);
      await Promise.all([link.close(), link.close()]);
      expect(await closed).toBe("closed by us");
      expect(descriptors(pair.a)).toBe(before);
    }
    const a = await open(pair.a, reader);
    a.link.write(Buffer.from("still there"));
    await other.bytes(11);
    expect(other.text).toBe("still there");
  });

  test("closed with bytes that nobody takes", async () => {
    const { link } = await open(pair.a, reader);
    for (let round = 0; round < 64; round++) link.write(Buffer.alloc(4096));
    await link.close();
  });

  test("unplugged: told once, in words; closing afterwards settles, nothing stays open", async () => {
    const { a: path } = pair;
    const { link, closed } = await open(path, reader);
    // serialport's reader misses a hang-up that falls exactly into one of its reads: let it rest first.
    await new Promise<void>((resolve) => void clock.setTimer(50, resolve));
    await pair.close();
    expect(await closed).toContain("the device is gone (unplugged?)");
    link.write(Buffer.from("to nobody"));
    await link.close();
    expect(descriptors(path) + descriptors(`${path} (deleted)`)).toBe(0);
  });

  test("what is no serial device, what is not there", async () => {
    await expect(open("/dev/null", reader)).rejects.toThrow("/dev/null is not a serial port");
    await expect(open("/dev/ttyNONE7", reader)).rejects.toThrow("/dev/ttyNONE7 does not exist");
  });
});
