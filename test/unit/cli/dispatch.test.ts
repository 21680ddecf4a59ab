import type { CommandEntry } from "../../../src/cli/commands";
import { dispatch } from "../../../src/cli/dispatch";
import type { CliIo } from "../../../src/cli/io";
import { err, ok } from "../../../src/kernel/result";

interface Spoken {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const calls: string[][] = [];
const entry = (name: string): CommandEntry => ({
  name,
  summary: `does ${name}`,
  load: () =>
    Promise.resolve((args) => {
      calls.push([name, ...args]);
      return Promise.resolve(1);
    }),
});
const commands = [entry("run"), entry("check"), entry("simulate")];

async function say(argv: readonly string[], env: Record<string, string> = {}): Promise<Spoken> {
  const spoken = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      spoken.out += text;
    },
    err: (text) => {
      spoken.err += text;
    },
    env,
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: () => Promise.resolve(err("none")),
    writeFile: () => Promise.resolve(ok(undefined)),
    signal: new AbortController().signal,
  };
  return { code: await dispatch(argv, io, commands, "1.2.3"), ...spoken };
}

const container = { IOTEDGE_WORKLOADURI: "unix:///run/workload.sock" };

beforeEach(() => {
  calls.length = 0;
});

test("a command gets the arguments behind its name, and its exit code is ours", async () => {
  expect((await say(["check", "a.json", "--json"])).code).toBe(1);
  expect(calls).toEqual([["check", "a.json", "--json"]]);
});

test("without a command outside a container: the list, on standard error, as a usage error", async () => {
  const spoken = await say([]);
  expect(spoken).toMatchObject({ code: 2, out: "" });
  expect(spoken.err).toContain("  check     does check\n");
});

test.each([[["--help"]], [["-h"]], [["help"]]])("%j lists the commands", async (argv) => {
  expect(await say(argv)).toMatchObject({ code: 0, err: "", out: expect.stringContaining("simulate  does simulate") });
});

test("help of one command is asked of that command", async () => {
  await say(["help", "check"]);
  expect(calls).toEqual([["check", "--help"]]);
});

test.each([[["--version"]], [["-V"]], [["version"]]])("%j tells the version", async (argv) => {
  expect(await say(argv)).toEqual({ code: 0, out: "1.2.3\n", err: "" });
});

test("a slip of the keyboard is answered with the command that was meant", async () => {
  const spoken = await say(["simualte"]);
  expect(spoken.code).toBe(2);
  expect(spoken.err).toContain('"simualte" is no command. Did you mean "simulate"?');
});

test("what resembles nothing gets no suggestion, an option no wrong name", async () => {
  expect((await say(["xylophone"])).err).not.toContain("Did you mean");
  expect((await say(["--config"])).err).toContain('"--config" is no option of modbus-edge itself');
});

describe("in a container", () => {
  test("run is the default, with or without its options", async () => {
    await say([], container);
    await say(["--config", "a.json"], container);
    expect(calls).toEqual([["run"], ["run", "--config", "a.json"]]);
  });

  test("a named command, help and version stay what they are", async () => {
    await say(["check", "a.json"], container);
    expect(calls).toEqual([["check", "a.json"]]);
    expect((await say(["--version"], container)).out).toBe("1.2.3\n");
    expect((await say(["--help"], container)).code).toBe(0);
  });
});

test("NO_COLOR takes colours out of what commands say, and leaves the cursor's movements", async () => {
  const said: string[] = [];
  const io = { out: (text: string) => said.push(text), err: () => undefined } as unknown as CliIo;
  const entryOf = (text: string): CommandEntry => ({
    name: "paint",
    summary: "",
    load: () =>
      Promise.resolve((_, { out }) => {
        out(text);
        return Promise.resolve(0);
      }),
  });
  const live = "\u001b[H\u001b[J\u001b[1mhead\u001b[0m \u001b[31;1mred\u001b[0m";
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }, { NO_COLOR: "" }])
    await dispatch(["paint"], { ...io, env }, [entryOf(live)], "1.2.3");
  expect(said).toEqual(["\u001b[H\u001b[Jhead red", "\u001b[H\u001b[Jhead red", live]);
});

test("a reader of serial lines that nobody knows is refused before the command starts; help is not", async () => {
  const env = { MODBUS_EDGE_SERIAL_READER: "fast" };
  expect(await say(["run"], env)).toEqual({
    code: 2,
    out: "",
    err: 'MODBUS_EDGE_SERIAL_READER is "fast"; it must be tty or serialport\n',
  });
  expect(calls).toEqual([]);
  await say(["run", "--help"], env);
  expect(calls).toEqual([["run", "--help"]]);
});
