import { err, ok, type Result } from "../kernel/result";

/** How a module reaches its hub, from the environment that the IoT Edge runtime gives it. */
export type AzureConnection =
  | { readonly kind: "edge"; readonly edge: EdgeEnvironment }
  | { readonly kind: "connectionString"; readonly connectionString: string; readonly caFile?: string };

export interface EdgeEnvironment {
  readonly workloadUri: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly iothubHostName: string;
  readonly authScheme: string;
  readonly gatewayHostName?: string;
  readonly generationId: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables that `ModuleClient.fromEnvironment` reads, with the same precedence: a connection string wins.
 * The SDK itself would look at the process; taking them as an argument lets several modules live in one process.
 */
export function readAzureConnection(environment: Environment): Result<AzureConnection, string> {
  const connectionString = environment["EdgeHubConnectionString"] || environment["IotHubConnectionString"];
  if (connectionString) {
    const caFile = environment["EdgeModuleCACertificateFile"];
    return ok({ kind: "connectionString", connectionString, ...(caFile ? { caFile } : {}) });
  }
  return readEdgeEnvironment(environment);
}

function readEdgeEnvironment(environment: Environment): Result<AzureConnection, string> {
  const missing: string[] = [];
  const read = (name: string): string => {
    const value = environment[name] ?? "";
    if (value === "") missing.push(name);
    return value;
  };
  const gatewayHostName = environment["IOTEDGE_GATEWAYHOSTNAME"];
  const edge: EdgeEnvironment = {
    workloadUri: read("IOTEDGE_WORKLOADURI"),
    deviceId: read("IOTEDGE_DEVICEID"),
    moduleId: read("IOTEDGE_MODULEID"),
    iothubHostName: read("IOTEDGE_IOTHUBHOSTNAME"),
    authScheme: read("IOTEDGE_AUTHSCHEME"),
    generationId: read("IOTEDGE_MODULEGENERATIONID"),
    ...(gatewayHostName ? { gatewayHostName } : {}),
  };
  if (missing.length > 0) {
    return err(
      `the environment lacks ${missing.join(", ")}: the IoT Edge runtime sets them in a module; outside of one start "modbus-edge devhub" and export what it prints, or use --hub stdout`,
    );
  }
  if (edge.authScheme.toLowerCase() !== "sastoken") {
    return err(`IOTEDGE_AUTHSCHEME is "${edge.authScheme}"; only sasToken is supported`);
  }
  return ok({ kind: "edge", edge });
}
