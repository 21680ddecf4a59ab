import type { Environment } from "./azureConnection";
import type { TokenTimes } from "./azureCredentials";
import { createSupervisedHub, type SupervisedHub, type SupervisedHubPorts } from "./supervisedHub";

export interface AzureEdgeHubOptions {
  /** The variables of the IoT Edge runtime (`IOTEDGE_*`), or `EdgeHubConnectionString` and `EdgeModuleCACertificateFile`. */
  readonly environment: Environment;
  /** Default 60 s. Other values are for tests. */
  readonly keepAliveS?: number;
  /** Default: an hour, renewed after 45 minutes. Other values are for tests. */
  readonly tokens?: TokenTimes;
}

/**
 * The link to `$edgeHub` by azure-iot-device over MQTT. The SDK is loaded when the first connection is made, so that
 * nothing else pays for it (23 MB, edge runtime). The files `azure…` of this room are the only ones that import it.
 *
 * @param modelId the DTMI to announce in the first CONNECT (IoT Plug and Play); `announce` changes it.
 */
export function createAzureEdgeHub(
  options: AzureEdgeHubOptions,
  ports: SupervisedHubPorts,
  modelId?: string,
): SupervisedHub {
  return createSupervisedHub(
    async (model, events, signal) => {
      const { openAzureSession } = await import("./azureSession");
      return openAzureSession(options, model, ports, events, signal);
    },
    ports,
    modelId,
  );
}
