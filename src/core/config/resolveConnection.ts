import { invariant } from "../../kernel/invariant";
import { fingerprintOf, type Without } from "./fingerprint";
import type { ConnectionConfig, SerialConnection, SerialLine, TcpConnection } from "./gatewayConfig";
import { CONNECTION_DEFAULTS, type ConnectionKeys, LINE } from "./schemaConnection";

const PARITIES = { N: "none", E: "even", O: "odd" } as const;

/** `"19200 8E1"`, in the form that the schema has checked. */
export function parseLine(line: string): SerialLine {
  const [, baud, , parity, stop] = LINE.exec(line) ?? [];
  invariant(baud !== undefined && parity !== undefined, "the schema lets only lines of this form through");
  return {
    baudRate: Number(baud),
    dataBits: 8,
    parity: PARITIES[parity as keyof typeof PARITIES],
    stopBits: stop === "2" ? 2 : 1,
  };
}

type Definition = Without<ConnectionConfig, "fingerprint">;

/** A connection with every default filled in. */
export function resolveConnection(name: string, keys: ConnectionKeys): ConnectionConfig {
  const common = {
    name,
    responseTimeoutMs: keys.responseTimeoutMs ?? CONNECTION_DEFAULTS.responseTimeoutMs,
    requestGapMs: keys.requestGapMs ?? CONNECTION_DEFAULTS.requestGapMs,
    connectDelayMs: keys.connectDelayMs ?? CONNECTION_DEFAULTS.connectDelayMs,
    readRetries: keys.readRetries ?? CONNECTION_DEFAULTS.readRetries,
    failuresBeforeReopen: keys.failuresBeforeReopen ?? CONNECTION_DEFAULTS.failuresBeforeReopen,
  };
  const definition: Definition =
    keys.transport === "tcp"
      ? ({
          ...common,
          transport: "tcp",
          framing: "mbap",
          host: keys.host,
          port: keys.port ?? CONNECTION_DEFAULTS.port,
          connectTimeoutMs: keys.connectTimeoutMs ?? CONNECTION_DEFAULTS.connectTimeoutMs,
        } satisfies Without<TcpConnection, "fingerprint">)
      : ({
          ...common,
          transport: "serial",
          framing: "rtu",
          path: keys.path,
          line: parseLine(keys.line),
        } satisfies Without<SerialConnection, "fingerprint">);
  return { ...definition, fingerprint: fingerprintOf(definition) };
}

/** What two connections must not share: only one can have a serial port open. */
export function exclusiveResource(connection: ConnectionConfig): string | undefined {
  return connection.transport === "serial" ? connection.path : undefined;
}

/** Whether a unit id exists on this kind of connection (MODBUS over Serial Line V1.02, section 2.2). */
export function hasUnit(connection: ConnectionConfig, unitId: number): boolean {
  return connection.transport === "tcp" || (unitId >= 1 && unitId <= 247);
}
