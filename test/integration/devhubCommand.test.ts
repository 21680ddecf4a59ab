import { devhub } from "../../src/cli/devhub";
import type { CliIo } from "../../src/cli/io";
import { err, ok } from "../../src/kernel/result";
import { createHubProbe } from "../support/hubProbe";

interface Terminal {
  readonly io: CliIo;
  readonly out: string[];
  readonly err: string[];
  readonly stop: AbortController;
  /** Resolves with what matches in standard output or error, now or later. */
  shown(pattern: RegExp): Promise<RegExpExecArray>;
}

function terminal(files: Readonly<Record<string, string>> = {}): Terminal {
  const out: string[] = [];
  const errors: string[] = [];
  const stop = new AbortController();
  const waiting = new Set<() => void>();
  const write = (sink: string[]) => (text: string) => {
    sink.push(text);
    for (const look of [...waiting]) look();
  };
  return {
    out,
    err: errors,
    stop,
    io: {
      out: write(out),
      err: write(errors),
      env: {},
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
      readFile: async (path) => (path in files ? ok(files[path] ?? "") : err(`${path}: there is no such file`)),
      writeFile: async () => err("not here"),
      signal: stop.signal,
    },
    shown: (pattern) =>
      new Promise((resolve) => {
        const look = (): void => {
          const match = pattern.exec(out.join("") + errors.join(""));
          if (match === null) return;
          waiting.delete(look);
          resolve(match);
        };
        waiting.add(look);
        look();
      }),
  };
}

const ANY_PORTS = ["--port", "0", "--workload-port", "0", "--control-port", "0"];

async function started(screen: Terminal, args: string[] = []) {
  const ended = devhub([...ANY_PORTS, ...args], screen.io);
  const [, control = ""] = await screen.shown(/control API: (http:\/\/127\.0\.0\.1:\d+)/);
  const environment = Object.fromEntries(
    screen.out
      .join("")
      .split("\n")
      .filter(Boolean)
      .map((line) => /^export (\w+)='(.*)'$/.exec(line)?.slice(1) ?? [line, "not an export line"]),
  ) as Record<string, string>;
  return { ended, control, environment };
}

async function ask(url: string, method = "GET", body?: unknown) {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, text: (await response.text()).trimEnd() };
}

describe("modbus-edge devhub", () => {
  it("prints the environment with which the SDK connects, shows traffic, and obeys the control API", async () => {
    const screen = terminal({ "site.json": '{"schemaVersion":1,"connections":{},"devices":{}}' });
    const { ended, control, environment } = await started(screen, ["--desired", "site.json"]);
    const probe = createHubProbe(environment, async (name, payload) => ({ status: 207, payload: { name, payload } }));
    await probe.until(({ twins }) => twins.length === 1);
    expect(probe.twins[0]?.desired).toEqual({
      configuration: { schemaVersion: 1, connections: {}, devices: {} },
      $version: 1,
    });

    expect(await ask(`${control}/modules/modbus/desired`, "PATCH", { boiler: { setpoint: 22 } })).toEqual({
      status: 200,
      text: '{"boiler":{"setpoint":22},"$version":2}',
    });
    expect(await ask(`${control}/modules/modbus/desired`, "PUT", { boiler: { setpoint: 22 } })).toEqual({
      status: 200,
      text: '{"configuration":null,"$version":3}',
    });
    await probe.until(({ patches }) => patches.length === 2);

    expect(
      await ask(`${control}/modules/modbus/methods/boiler*readPoints?timeoutMs=5000`, "POST", { points: ["a"] }),
    ).toEqual({
      status: 200,
      text: '{"status":207,"payload":{"name":"boiler*readPoints","payload":{"points":["a"]}}}',
    });
    expect((await ask(`${control}/modules/modbus/methods/getStatus`, "POST")).text).toContain('"payload":{}');

    await probe.hub.send({
      output: "telemetry",
      messageId: "m1",
      body: '{"energy":18446744073709551.615}',
      contentType: "application/json",
      contentEncoding: "utf-8",
      properties: { "$.sub": "boiler" },
    });
    const messages = await ask(`${control}/messages?output=telemetry`);
    expect(messages.text).toMatch(
      /^\{"number":1,"hubTime":"[^"]+","deviceId":"gateway","moduleId":"modbus","output":"telemetry","messageId":"m1","contentType":"application\/json","contentEncoding":"utf-8","properties":\{"\$\.sub":"boiler"\},"duplicate":false,"body":\{"energy":18446744073709551\.615\}\}$/,
    );
    expect((await ask(`${control}/messages?after=1`)).text).toBe("");
    expect((await ask(control)).text).toMatch(/^GET \/ [\s\S]*\n1 messages so far, 0 of them no longer held$/);

    await probe.hub.patchReported({ a: 1 });
    expect(await ask(`${control}/modules/modbus/reported`)).toEqual({ status: 200, text: '{"a":1}' });
    expect((await ask(`${control}/modules/modbus/twin`)).text).toBe(
      '{"desired":{"boiler":{"setpoint":22},"$version":3},"reported":{"a":1,"$version":2}}',
    );
    expect(await ask(`${control}/modules/modbus/inputs/write?a=b`, "POST", { x: 1 })).toEqual({
      status: 202,
      text: "{}",
    });
    expect(JSON.parse((await ask(`${control}/modules`)).text)).toEqual([
      {
        moduleId: "modbus",
        connected: true,
        desiredVersion: 3,
        reportedVersion: 2,
        inputsWaiting: expect.any(Number),
        inputsDropped: 0,
      },
    ]);
    expect((await ask(`${control}/modules/other/environment`)).text).toContain("export IOTEDGE_MODULEID='other'\n");

    for (const pattern of [
      /gateway\/modbus connected/,
      /< desired .*22/,
      /< method boiler\*readPoints/,
      /> method answer 207/,
      /> telemetry .*615/,
      /> reported \{"a":1\}/,
    ]) {
      await screen.shown(pattern);
    }
    await probe.hub.close();
    screen.stop.abort();
    expect(await ended).toBe(0);
  });

  it("refuses what makes no sense, with a reason", async () => {
    const screen = terminal();
    const { ended, control } = await started(screen);
    const refused = async (path: string, method: string, body?: unknown) => {
      const { status, text } = await ask(`${control}${path}`, method, body);
      return [status, (JSON.parse(text) as { error: { message: string } }).error.message];
    };
    expect(await refused("/modules/modbus/desired", "PATCH", [1])).toEqual([400, "the body must be a JSON object"]);
    expect(await refused("/modules/modbus/desired", "PATCH", { "a.b": 1 })).toEqual([
      400,
      expect.stringContaining("/a.b"),
    ]);
    expect(await refused("/modules/modbus/methods/x", "POST", {})).toEqual([
      404,
      expect.stringContaining("not connected"),
    ]);
    expect(await refused("/modules/modbus/methods/x?timeoutMs=0", "POST", {})).toEqual([
      400,
      expect.stringContaining("timeoutMs"),
    ]);
    expect(await refused("/modules/nobody/twin", "GET")).toEqual([404, 'no module "nobody"']);
    expect(await refused("/elsewhere", "GET")).toEqual([404, expect.stringContaining("GET / lists")]);
    // Deeper than the stack of whoever walks it, or writes it again.
    const deep = `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    for (const [path, method] of [
      ["methods/x", "POST"],
      ["desired", "PATCH"],
    ] as const) {
      const response = await fetch(`${control}/modules/modbus/${path}`, { method, body: deep });
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("nested more than")]);
    }
    screen.stop.abort();
    expect(await ended).toBe(0);
  });

  it("speaks JSON lines where a program listens", async () => {
    const screen = terminal();
    const ended = devhub([...ANY_PORTS, "--json", "--module", "a", "--module", "b"], screen.io);
    await screen.shown(/"control":"http/);
    const first = JSON.parse(screen.out[0] ?? "") as { environment: Record<string, string> };
    const probe = createHubProbe(first.environment);
    await probe.until(({ twins }) => twins.length === 1);
    await screen.shown(/"kind":"twinRead","client":"gateway\/a","desiredVersion":1/);
    await probe.hub.close();
    screen.stop.abort();
    expect(await ended).toBe(0);
    expect(screen.err).toEqual([]);
  });

  it("ends with 2 for a wrong use and with 1 when it cannot start", async () => {
    const screen = terminal({ "bad.json": '{"a":1,}' });
    expect(await devhub(["--prot", "1"], screen.io)).toBe(2);
    expect(await devhub(["--port", "70000"], screen.io)).toBe(2);
    expect(await devhub(["--module", "a b"], screen.io)).toBe(2);
    expect(await devhub([...ANY_PORTS, "--desired", "none.json"], screen.io)).toBe(1);
    expect(await devhub([...ANY_PORTS, "--desired", "bad.json"], screen.io)).toBe(1);
    expect(screen.err.at(-1)).toContain("bad.json, line 1, column 8:");
    const other = terminal();
    const { ended, environment } = await started(other);
    const port = environment["IOTEDGE_GATEWAYHOSTNAME"]?.split(":")[1] ?? "";
    expect(await devhub([...ANY_PORTS, "--port", port], screen.io)).toBe(1);
    expect(screen.err.at(-1)).toContain(`port ${port} is in use`);
    other.stop.abort();
    expect(await ended).toBe(0);
  });
});
