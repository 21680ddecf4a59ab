import type { AggregateKind } from "../points/aggregate";
import type { Point } from "../points/point";
import type { DeviceCommand, Watchdog } from "./deviceCommand";

/**
 * The configuration after validation and resolution: every default filled in, every name looked up, nothing left to
 * decide. This is what the runtime applies; documents (contract sections 1 and 2) are what people write.
 */
export interface GatewayConfig {
  readonly connections: ReadonlyMap<string, ConnectionConfig>;
  readonly devices: ReadonlyMap<string, DeviceConfig>;
  readonly module: ModuleConfig;
  /** Outputs that the document defines. `outputOf` fills in those that exist by themselves. */
  readonly outputs?: ReadonlyMap<string, OutputConfig>;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** What may be written at all (contract section 6), from the least to the most. */
export const WRITE_POLICIES = ["off", "declared", "raw"] as const;
export type WritePolicy = (typeof WRITE_POLICIES)[number];

export interface ModuleConfig {
  /** Narrows what the gateway itself allows; never widens it. */
  readonly writes?: WritePolicy | undefined;
  readonly logLevel?: LogLevel | undefined;
  /** Messages to the input `write` are carried out. */
  readonly writeInput?: boolean | undefined;
  /** DTMI that is announced to the hub. */
  readonly modelId?: string | undefined;
  /** A document is taken back when devices that were online are not so long after it. */
  readonly confirmMs?: number | undefined;
  /** Of `/metrics`, `/healthz` and `/readyz`; 0: none. */
  readonly metricsPort?: number | undefined;
  /** Messages that wait for the hub, in bytes: all of them, and those in memory. */
  readonly spoolMaxBytes?: number | undefined;
  readonly queueMaxBytes?: number | undefined;
  /** How often the reported property `module` is renewed. */
  readonly statusIntervalMs?: number | undefined;
}

interface ConnectionCommon {
  readonly name: string;
  /** To the first byte of the answer; on serial the wire time of the expected answer is added. */
  readonly responseTimeoutMs: number;
  /** Rest between two requests. */
  readonly requestGapMs: number;
  /** Repetitions of a failed read of the poll (writes: never). */
  readonly readRetries: number;
  /** Rest after opening. */
  readonly connectDelayMs: number;
  /** Consecutive failures, while no unit answers, after which the connection is opened anew. */
  readonly failuresBeforeReopen: number;
  /** Equal text ⇔ equal definition: what `diff` compares. */
  readonly fingerprint: string;
}

/** What network endpoints have in common. */
interface NetworkConnection extends ConnectionCommon {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  /** Close after so long without a request, open again with the next; 0 or absent: never. */
  readonly idleCloseMs?: number;
  /** Requests under way at the same time; absent: 1. More than 1 only with `mbap`. */
  readonly maxInFlight?: number;
}

export interface TcpConnection extends NetworkConnection {
  readonly transport: "tcp";
  readonly framing: "mbap" | "rtu" | "ascii";
}

/** Files in PEM, read at each connect. */
export interface TlsFiles {
  /** Who may have signed the server's certificate; absent: whom the system trusts. */
  readonly caPath?: string;
  /** Ours; both or none. */
  readonly certPath?: string;
  readonly keyPath?: string;
  /** Name or address that the server's certificate must have; absent: the host. */
  readonly serverName?: string;
}

/** Modbus/TCP Security. */
export interface TlsConnection extends NetworkConnection {
  readonly transport: "tls";
  readonly framing: "mbap";
  readonly tls: TlsFiles;
}

/** One frame a datagram. */
export interface UdpConnection extends NetworkConnection {
  readonly transport: "udp";
  readonly framing: "mbap" | "rtu";
}

export interface SerialLine {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

export interface SerialConnection extends ConnectionCommon {
  readonly transport: "serial";
  readonly framing: "rtu" | "ascii";
  readonly path: string;
  readonly line: SerialLine;
  /** The adapter gives back what is sent. */
  readonly echo?: boolean;
}

export type ConnectionConfig = TcpConnection | TlsConnection | UdpConnection | SerialConnection;

export type OutputFormat = "pnp" | "records" | "legacy" | "legacyV1";

/** An output of the module: where messages leave by routes of edgeHub. */
export interface OutputConfig {
  readonly name: string;
  readonly format: OutputFormat;
  /** A message with its properties is not larger, unless one value alone is. */
  readonly maxBytes: number;
  /** Formats of many devices: what has been collected for so long is sent. */
  readonly maxDelayMs: number;
  /** Values of one device further apart do not share a message (or a record). */
  readonly maxSkewMs: number;
  /** How numbers are written whose digits a double does not keep. */
  readonly bigIntegers: "number" | "string";
}

export type Priority = "high" | "normal" | "low";

export interface Group {
  readonly name: string;
  /** Between two polls; `Infinity` where `poll` says that no time makes it due. */
  readonly intervalMs: number;
  /** `connect`: once after each connect; `onDemand`: never by itself. Absent: every `intervalMs`. */
  readonly poll?: "connect" | "onDemand";
  /** On the grid of UTC (multiples of the interval since 1970): quarter hours begin at :00, :15, :30, :45. */
  readonly align?: true;
  /** All its points come from one request; resolution has made sure that one can carry them. */
  readonly consistent?: true;
  readonly priority: Priority;
  /** Published less often than polled. Absent: with every poll. */
  readonly publish?: { readonly everyMs: number; readonly aggregate: AggregateKind };
  /** The output that its values go to. Absent: `telemetry`. */
  readonly output?: string;
}

/** What a device bears in one request (quirks of contract section 2). */
export interface ReadLimits {
  readonly maxReadRegisters: number;
  readonly maxReadBits: number;
  /** Registers (or bits) that no point needs and that a request may read over. */
  readonly maxGap: number;
  /** Inclusive address ranges that must never be part of a request. */
  readonly neverRead: readonly (readonly [first: number, last: number])[];
  /** One request a point. */
  readonly singlePointReads: boolean;
}

export interface DeviceConfig {
  readonly name: string;
  readonly connection: string;
  readonly unitId: number;
  readonly enabled: boolean;
  readonly profile?: string;
  /** `none`: only in outputs of formats other than `pnp`, not part of the model. Absent: a component of the module. */
  readonly identity?: "none";
  /** What it was in a document of the archived Modbus module; absent: its name stands for both. */
  readonly legacy?: { readonly slave: string; readonly hwId: string | null };
  /** Properties of its messages. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Enabled points only, in the order of the document. */
  readonly points: readonly Point[];
  /** Every group that a point names. */
  readonly groups: ReadonlyMap<string, Group>;
  readonly limits: ReadLimits;
  readonly maxWriteRegisters: number;
  /** By name, in the order of the document; absent: none. */
  readonly commands?: ReadonlyMap<string, DeviceCommand>;
  readonly watchdog?: Watchdog;
  /** Set where an operator has switched polling off (`setPolling`), and with it `enabled`: until when, ISO 8601. */
  readonly pausedUntil?: string;
  /** Override of the connection's. */
  readonly responseTimeoutMs?: number;
  readonly requestGapMs?: number;
  /** Rest between the opening of the connection and the first request to this device. */
  readonly connectDelayMs?: number;
  /** SunSpec models that points stand in, by the number in their addresses (`modelAddress`): the first of these ids. */
  readonly models?: ReadonlyMap<number, readonly number[]>;
  /** Answers with another unit id are taken (mbap). */
  readonly lenientUnitId?: true;
  readonly fingerprint: string;
}
