import { editorJsonSchema } from "../core/config/editorSchema";
import type { CliIo } from "./io";
import { usageError } from "./usage";

const USAGE = `Usage: modbus-edge schema

Prints the JSON Schema (draft 2020-12) of a configuration, for editors: with "$schema": "./modbus-edge.schema.json" at
its beginning, a configuration is completed and checked while it is typed. "modbus-edge check FILE" says more: it looks
names up and tries addresses, types and limits against each other.

Exit code: 0 good, 2 usage.

Example: modbus-edge schema > modbus-edge.schema.json
`;

/** `modbus-edge schema`. */
export async function schema(args: string[], io: CliIo): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    io.out(USAGE);
    return 0;
  }
  if (args.length > 0) {
    io.err(usageError(`"${args[0]}" is too much: schema takes no arguments`, USAGE));
    return 2;
  }
  io.out(`${JSON.stringify(editorJsonSchema(), null, 2)}\n`);
  return 0;
}
