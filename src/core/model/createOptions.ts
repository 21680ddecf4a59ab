import type { JsonObject } from "../../kernel/json";
import type { ConnectionConfig, GatewayConfig } from "../config/gatewayConfig";

/** Where the module keeps what must survive: the last good configuration, set points, what waits for the hub. */
const DATA_PATH = "/data";
/** Of the module's metrics, where the configuration names none; other modules reach it inside the gateway's own network. */
const METRICS_PORT = 9600;
/** createOptions are texts of at most 512 characters; longer ones go on in createOptions01, 02 … */
const CHUNK_CHARACTERS = 512;

/**
 * Docker's createOptions for the container: the serial devices of the connections and the group that may open them, PEM
 * files read-only, one volume, and nothing else: no capability, a read-only root, logs that rotate.
 */
export function createOptions(config: GatewayConfig, moduleName: string): JsonObject {
  const connections = [...config.connections.values()];
  const devices = unique(connections.flatMap((one) => (one.transport === "serial" ? [one.path] : [])));
  const files = unique(connections.flatMap(filesOf));
  const { metricsPort = METRICS_PORT } = config.module;
  return {
    ...(metricsPort === 0 ? {} : { ExposedPorts: { [`${metricsPort}/tcp`]: {} } }),
    HostConfig: {
      ...(devices.length === 0
        ? {}
        : {
            Devices: devices.map((path) => ({ PathOnHost: path, PathInContainer: path, CgroupPermissions: "rwm" })),
            GroupAdd: ["dialout"],
          }),
      Binds: [`${moduleName}-data:${DATA_PATH}`, ...files.map((path) => `${path}:${path}:ro`)],
      // The module is not process 1 then: what is cannot be killed from inside, by its watchdog either.
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    },
  };
}

function filesOf(connection: ConnectionConfig): readonly string[] {
  if (connection.transport !== "tls") return [];
  const { caPath, certPath, keyPath } = connection.tls;
  return [caPath, certPath, keyPath].filter((path) => path !== undefined);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** As a manifest wants them: one text, or several where it is long. */
export function createOptionsTexts(options: JsonObject): JsonObject {
  const text = JSON.stringify(options);
  const chunks = text.match(new RegExp(`[\\s\\S]{1,${CHUNK_CHARACTERS}}`, "g")) ?? [""];
  return Object.fromEntries(
    chunks.map((chunk, index) => [
      index === 0 ? "createOptions" : `createOptions${String(index).padStart(2, "0")}`,
      chunk,
    ]),
  );
}
