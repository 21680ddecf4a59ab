import { parseArgs } from "node:util";
import { err, ok, type Result } from "../kernel/result";
import { overwriteFault } from "./outFile";
import { oneFile } from "./usage";

export const SIMULATE_USAGE = `Usage: modbus-edge simulate FILE [options]

Serves every device of a configuration on this machine: TCP connections on 127.0.0.1, serial lines on pseudo
terminals. Values move with time, what is written is kept. Runs until it is interrupted.

  --tcp-port NAME=PORT   the port of a connection; may be repeated
  --port-base N          the TCP connections, in the order of the file, get N, N+1, N+2 …
                         (default: the port of the file where it is above 1024 and free, else any free one)
  --link NAME=PATH       a symbolic link to the terminal of a serial line, so that its path stays; may be repeated
  --write-config FILE    writes the configuration led to the simulator, for: modbus-edge run --config FILE
  --faults SPEC          spoils what passes, for example 'plant: delay=200ms, drop=2%; hall: garble 1%';
                         or a file with such lines (see docs/simulator.md)
  --log                  a line a request and a write, on standard error
  --json                 JSON lines: first {"served"}, then with --log {"request"} and {"write"}

Exit code: 0 after an interrupt, 1 when something cannot be served as asked, 2 usage.

Example, two terminals:
  modbus-edge simulate examples/demo.json --write-config /tmp/simulated.json
  modbus-edge run --config /tmp/simulated.json --hub stdout
`;

export interface SimulateOptions {
  readonly file: string;
  /** By connection name. */
  readonly tcpPorts: ReadonlyMap<string, number>;
  readonly portBase: number | undefined;
  readonly links: ReadonlyMap<string, string>;
  readonly writeConfig: string | undefined;
  /** As it was given. */
  readonly faults: string | undefined;
  readonly log: boolean;
  readonly json: boolean;
}

/** `option` is how it is written, for the message. */
function portOf(option: string, text: string): Result<number, string> {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535
    ? ok(port)
    : err(`${option}: "${text}" is not a port (1 to 65535)`);
}

/** `NAME=VALUE` texts as a map; a name twice is refused. */
function pairs(option: string, texts: readonly string[]): Result<ReadonlyMap<string, string>, string> {
  const map = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(0, at);
    if (at < 1 || at === text.length - 1) return err(`${option} ${text}: write ${option} CONNECTION=VALUE`);
    if (map.has(name)) return err(`${option} names ${name} twice`);
    map.set(name, text.slice(at + 1));
  }
  return ok(map);
}

function portsOf(texts: readonly string[]): Result<ReadonlyMap<string, number>, string> {
  const named = pairs("--tcp-port", texts);
  if (!named.ok) return named;
  const ports = new Map<string, number>();
  for (const [name, text] of named.value) {
    const port = portOf(`--tcp-port ${name}`, text);
    if (!port.ok) return port;
    ports.set(name, port.value);
  }
  return ok(ports);
}

function parsed(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      "tcp-port": { type: "string", multiple: true },
      "port-base": { type: "string" },
      link: { type: "string", multiple: true },
      "write-config": { type: "string" },
      faults: { type: "string" },
      log: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
}

/** Throws what `parseArgs` does. */
export function simulateOptions(args: string[]): Result<SimulateOptions, string> {
  const { values, positionals } = parsed(args);
  const named = oneFile(positionals, "file");
  if (!named.ok) return named;
  const file = named.value;
  const lost = overwriteFault("--write-config", values["write-config"], file);
  if (lost !== undefined) return err(lost);
  const tcpPorts = portsOf(values["tcp-port"] ?? []);
  if (!tcpPorts.ok) return tcpPorts;
  const links = pairs("--link", values.link ?? []);
  if (!links.ok) return links;
  const base = values["port-base"];
  const portBase = base === undefined ? ok(undefined) : portOf("--port-base", base);
  if (!portBase.ok) return portBase;
  return ok({
    file,
    tcpPorts: tcpPorts.value,
    portBase: portBase.value,
    links: links.value,
    writeConfig: values["write-config"],
    faults: values.faults,
    log: values.log ?? false,
    json: values.json ?? false,
  });
}
