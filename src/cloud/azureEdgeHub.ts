import type { Environment } from "./azureConnection";
import type { EdgeHub } from "./edgeHub";
import { createSupervisedHub, type SupervisedHubPorts } from "./supervisedHub";

export interface AzureEdgeHubOptions {
  /** The variables of the IoT Edge runtime (`IOTEDGE_*`), or `EdgeHubConnectionString` and `EdgeModuleCACertificateFile`. */
  readonly environment: Environment;
  /** The DTMI of the module's model, announced in CONNECT (IoT Plug and Play). */
  readonly modelId?: string;
}

/**
 * The link to `$edgeHub` by azure-iot-device over MQTT. The SDK is loaded when the first connection is made, so that
 * nothing else pays for it (23 MB, edge runtime). `azureSession` and `azureTransport` are the only files that import it.
 */
export function createAzureEdgeHub(options: AzureEdgeHubOptions, ports: SupervisedHubPorts): EdgeHub {
  return createSupervisedHub(async (events, signal) => {
    const { openAzureSession } = await import("./azureSession");
    return openAzureSession(options, ports, events, signal);
  }, ports);
}
