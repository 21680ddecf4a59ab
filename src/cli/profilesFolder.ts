import { join } from "node:path";

/** Where profiles of the operator stand: `MODBUS_EDGE_PROFILES`, else `profiles` in the data folder. */
export function profilesFolder(env: Readonly<Record<string, string | undefined>>): string {
  const named = env["MODBUS_EDGE_PROFILES"];
  if (named !== undefined && named !== "") return named;
  const data = env["MODBUS_EDGE_DATA"];
  return join(data === undefined || data === "" ? "./data" : data, "profiles");
}
