import { readFile } from "node:fs/promises";
import { ConnectionString } from "azure-iot-common";
import { SharedAccessKeyAuthenticationProvider } from "azure-iot-device";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { err, ok, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import type { AzureConnection, EdgeEnvironment } from "./azureConnection";
import type { HubFailure } from "./edgeHub";
import type { HubIdentity } from "./eventTopic";
import { createWorkloadClient, type WorkloadClient } from "./workloadClient";

/** The SDK's own times: a token for an hour, renewed 15 minutes before it ends. */
export interface TokenTimes {
  readonly validS: number;
  readonly marginS: number;
}

const TOKEN_TIMES: TokenTimes = { validS: 3600, marginS: 900 };
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

/** What a session presents to the hub, and by what it knows the hub. */
export interface Credentials {
  readonly provider: SharedAccessKeyAuthenticationProvider;
  readonly identity: HubIdentity;
  /** PEM; absent: the authorities that the system trusts. */
  readonly ca: string | undefined;
  /** The certificates as they are now, for those who watch them; `undefined` where they cannot be read. */
  currentCa(): Promise<string | undefined>;
}

export interface CredentialPorts {
  readonly clock: Pick<Clock, "setTimer" | "monotonic">;
  readonly log: Log;
  readonly tokens?: TokenTimes;
}

/** @param ended aborts with the session: a renewal that is being retried stops. */
export async function obtainCredentials(
  connection: AzureConnection,
  ports: CredentialPorts,
  ended: AbortSignal,
): Promise<Result<Credentials, HubFailure>> {
  const { validS, marginS } = ports.tokens ?? TOKEN_TIMES;
  if (connection.kind === "edge") {
    const workload = createWorkloadClient(connection.edge, ports.clock);
    const provider = new WorkloadTokens(connection.edge, workload, ports, ended);
    return withCa({ provider, identity: connection.edge }, () => workload.trustBundle(), "offline");
  }
  const { connectionString, caFile } = connection;
  try {
    const provider = SharedAccessKeyAuthenticationProvider.fromConnectionString(connectionString, validS, marginS);
    const { DeviceId, ModuleId } = ConnectionString.parse(connectionString, ["DeviceId"]);
    const own = { provider, identity: { deviceId: DeviceId ?? "", moduleId: ModuleId } };
    if (caFile === undefined) return ok({ ...own, ca: undefined, currentCa: async () => undefined });
    return withCa(own, () => readCertificate(caFile), "rejected");
  } catch (error) {
    // Never the text of the error alone: it may quote the connection string with its key.
    const name = error instanceof Error ? error.name : "an error";
    return err({
      kind: "rejected",
      detail: `EdgeHubConnectionString is not usable (${name}): HostName, DeviceId, SharedAccessKey`,
    });
  }
}

async function withCa(
  own: Pick<Credentials, "provider" | "identity">,
  read: () => Promise<Result<string, string>>,
  kind: HubFailure["kind"],
): Promise<Result<Credentials, HubFailure>> {
  const ca = await read();
  if (!ca.ok) return err({ kind, detail: ca.error });
  const currentCa = async (): Promise<string | undefined> => {
    const now = await read();
    return now.ok ? now.value : undefined;
  };
  return ok({ ...own, ca: ca.value, currentCa });
}

async function readCertificate(path: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(path, "utf8"));
  } catch (error) {
    return err(`EdgeModuleCACertificateFile: ${String(error)}`);
  }
}

/**
 * Tokens signed by the workload API. A renewal that fails is tried again until the token in use is about to end: the
 * link is good until then, and a session given up could not be replaced without a signature.
 */
class WorkloadTokens extends SharedAccessKeyAuthenticationProvider {
  private signedOnce = false;
  private readonly times: TokenTimes;

  constructor(
    edge: EdgeEnvironment,
    private readonly workload: WorkloadClient,
    private readonly ports: CredentialPorts,
    private readonly ended: AbortSignal,
  ) {
    const times = ports.tokens ?? TOKEN_TIMES;
    super(
      {
        host: edge.iothubHostName,
        deviceId: edge.deviceId,
        moduleId: edge.moduleId,
        ...(edge.gatewayHostName === undefined ? {} : { gatewayHostName: edge.gatewayHostName }),
      },
      times.validS,
      times.marginS,
    );
    this.times = times;
  }

  protected override _sign(
    resource: string,
    expiry: number,
    // Declared without the null that the SDK itself hands over.
    done: (error: Error, signature?: string) => void,
  ): void {
    void this.signature(`${resource}\n${expiry}`).then((signed) => {
      if (this.ended.aborted) return;
      if (!signed.ok) return done(new TypeError(signed.error));
      this.signedOnce = true;
      Reflect.apply(done, undefined, [
        null,
        `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signed.value)}&se=${expiry}`,
      ]);
    });
  }

  private async signature(data: string): Promise<Result<string, string>> {
    const { clock, log } = this.ports;
    const start = clock.monotonic();
    // Two thirds of the margin: the rest is for taking the new token to the hub.
    const patienceMs = this.signedOnce ? this.times.marginS * 667 : 0;
    for (let restMs = FIRST_RETRY_MS; ; restMs = Math.min(restMs * 2, LAST_RETRY_MS)) {
      const signed = await this.workload.sign(data);
      if (signed.ok || this.ended.aborted) return signed;
      if (clock.monotonic() - start + restMs > patienceMs) return signed;
      if (restMs === FIRST_RETRY_MS) log.warn("the token was not renewed; it is tried again", { reason: signed.error });
      await wait(clock, restMs, this.ended);
    }
  }
}
