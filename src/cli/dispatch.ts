import { nearest } from "../core/config/nearest";
import type { CommandEntry } from "./commands";
import { fittedHelp } from "./help";
import type { CliIo } from "./io";
import { heedingNoColour } from "./paint";
import { serialReaderOf } from "./serialReader";

const GOOD = 0;
const USAGE = 2;

/** What is asked for, by the first argument; without one the module runs in a container, and help is shown elsewhere. */
export async function dispatch(
  argv: readonly string[],
  terminal: CliIo,
  commands: readonly CommandEntry[],
  version: string,
): Promise<number> {
  const io = heedingNoColour(terminal);
  const [first, ...rest] = withDefault(argv, io);
  if (first === undefined) {
    io.err(fittedHelp(help(commands, version), io));
    return USAGE;
  }
  if (["--help", "-h", "help"].includes(first)) {
    io.out(fittedHelp(help(commands, version), io));
    return GOOD;
  }
  if (["--version", "-V", "version"].includes(first)) {
    io.out(`${version}\n`);
    return GOOD;
  }
  const entry = commands.find(({ name }) => name === first);
  if (entry === undefined) return unknown(first, io, commands);
  const command = await entry.load();
  const asksForHelp = rest.includes("--help") || rest.includes("-h");
  if (asksForHelp) return command(rest, { ...io, out: (text) => io.out(fittedHelp(text, io)) });
  const reader = serialReaderOf(io.env);
  if (reader.ok) return command(rest, { ...io, ...reader.value });
  io.err(`${reader.error}\n`);
  return USAGE;
}

/** edgeAgent starts the container without arguments: there the command is `run`, and its options may stand alone. */
function withDefault(argv: readonly string[], io: CliIo): readonly string[] {
  if (argv[0] === "help" && argv[1] !== undefined) return [argv[1], "--help"];
  if (io.env["IOTEDGE_WORKLOADURI"] === undefined) return argv;
  const bare = argv[0] === undefined || (argv[0].startsWith("-") && !/^(--help|-h|--version|-V)$/.test(argv[0]));
  return bare ? ["run", ...argv] : argv;
}

function unknown(name: string, io: CliIo, commands: readonly CommandEntry[]): number {
  const suggestion = nearest(
    name,
    commands.map((entry) => entry.name),
  );
  const hint = suggestion === undefined ? "" : ` Did you mean "${suggestion}"?`;
  const what = name.startsWith("-") ? `"${name}" is no option of modbus-edge itself` : `"${name}" is no command`;
  io.err(`${what}.${hint} "modbus-edge --help" lists them.\n`);
  return USAGE;
}

function help(commands: readonly CommandEntry[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length), 0);
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `modbus-edge ${version}: Modbus devices as IoT Plug and Play telemetry, properties and commands on Azure IoT Edge`,
    "",
    "modbus-edge COMMAND [options]",
    "",
    ...rows,
    "",
    'Options of a command: "modbus-edge COMMAND --help". Exit code: 0 good, 1 what was asked about is bad, 2 usage.',
    "",
  ].join("\n");
}
