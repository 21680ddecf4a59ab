import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where the module keeps what survives a restart: `MODBUS_EDGE_DATA` (the images set it to `/data`), else `./data`. */
export function dataFolder(env: Environment): string {
  return nonEmpty(env["MODBUS_EDGE_DATA"]) ?? "./data";
}

/** Where profiles of the operator stand: `MODBUS_EDGE_PROFILES`, else `profiles` in the data folder. */
export function profilesFolder(env: Environment): string {
  return nonEmpty(env["MODBUS_EDGE_PROFILES"]) ?? join(dataFolder(env), "profiles");
}

/** A variable that is set to nothing counts as absent. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
