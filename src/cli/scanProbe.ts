import type { SerialReader } from "../bus/serialDevice";
import type { ModbusClient, RequestOptions } from "../client/modbusClient";
import { openConnection } from "../client/openConnection";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import { modbusErrorOf } from "./fieldRead";

/** What an address on a line says when it is spoken to. */
export type Sign =
  /** An answer, be it an exception: there is somebody. `readable`: where one register or bit was read. */
  | {
      readonly kind: "here";
      readonly said: string;
      readonly ms: number;
      readonly readable?: Readable;
      /** More came in than this answer: one to an earlier question was late. */
      readonly crowded?: boolean;
    }
  /** A gateway's own exceptions, 0A and 0B: nobody. */
  | { readonly kind: "nobody"; readonly code: number }
  | { readonly kind: "silent" }
  /** Something answers, but not in a way that can be trusted, or not to this question. */
  | { readonly kind: "damaged"; readonly detail: string }
  | { readonly kind: "lost"; readonly detail: string }
  | { readonly kind: "aborted" };

export type Readable = "holding" | "input" | "coil";

/** Speaks to the units of one connection, with one setting of its line. */
export interface Prober {
  /** @param patience the time limit, as a multiple of the usual one. */
  probe(unitId: number, patience: number): Promise<Sign>;
  /** Absent where there is none, as in tests. */
  readonly client?: ModbusClient;
  close(): Promise<void>;
}

export interface ProbeOptions {
  readonly timeoutMs: number;
  /** Where function 3 gets no answer, 4, 1 and 43 are tried as well. */
  readonly thorough: boolean;
  readonly signal: AbortSignal;
  readonly serialReader?: SerialReader | undefined;
}

const GATEWAY = [10, 11];
/** Between losing a connection and opening it again. */
const REST_MS = 200;

/** Opens the connection, or says why it can't be. */
export async function openProber(
  config: ConnectionConfig,
  options: ProbeOptions,
  clock: Pick<Clock, "setTimer" | "monotonic">,
): Promise<Result<Prober, string>> {
  const ear = createEar();
  try {
    const client = await openConnection(config, { ...options, heard: ear.hear });
    return ok(new ClientProber(config, client, ear, options, clock));
  } catch (error) {
    return err(modbusErrorOf(error).detail);
  }
}

/** Counts what comes in. */
interface Ear {
  readonly hear: (bytes: number) => void;
  /** Since the last question. */
  bytes: number;
}

function createEar(): Ear {
  const ear: Ear = {
    bytes: 0,
    hear(bytes) {
      ear.bytes += bytes;
    },
  };
  return ear;
}

/** An answer to a probe is at most so long, by framing: one register, or an exception. */
const ANSWER_BYTES = { mbap: 11, rtu: 7, ascii: 15 } as const;

class ClientProber implements Prober {
  constructor(
    private readonly config: ConnectionConfig,
    private current: ModbusClient,
    private readonly ear: Ear,
    private readonly options: ProbeOptions,
    private readonly clock: Pick<Clock, "setTimer" | "monotonic">,
  ) {}

  get client(): ModbusClient {
    return this.current;
  }

  close(): Promise<void> {
    return this.current.close();
  }

  async probe(unitId: number, patience: number): Promise<Sign> {
    const request = { signal: this.options.signal, timeoutMs: this.options.timeoutMs * patience };
    // Some servers hang up on a unit id that they do not have; others hung up before, and hear the second question.
    this.ear.bytes = 0;
    let sign = await this.first(unitId, request);
    for (let left = 1; sign.kind === "lost"; left--) {
      const reopened = await this.reopen();
      if (!reopened.ok) return { kind: "lost", detail: reopened.error };
      if (left === 0) return sign;
      sign = await this.first(unitId, request);
    }
    return this.overheard(sign);
  }

  /** What the client keeps to itself: the answer of somebody who was asked before. */
  private overheard(sign: Sign): Sign {
    const echoes = this.config.transport === "serial" && this.config.echo === true;
    if (echoes || this.ear.bytes === 0) return sign;
    if (sign.kind === "silent") return { kind: "damaged", detail: "an answer to another question" };
    const crowded = this.ear.bytes > ANSWER_BYTES[this.config.framing];
    return sign.kind === "here" && sign.readable !== undefined && crowded ? { ...sign, crowded } : sign;
  }

  /** The first function that gets an answer. Only reads, of one register or bit. */
  private async first(unitId: number, request: RequestOptions): Promise<Sign> {
    const tables = this.options.thorough ? (["holding", "input", "coil"] as const) : (["holding"] as const);
    let sign: Sign = { kind: "silent" };
    for (const table of tables) {
      sign = await this.sign(() => this.read(unitId, table, request), table);
      if (sign.kind !== "silent") return sign;
    }
    if (!this.options.thorough) return sign;
    const page = { kind: "readDeviceIdentification", category: "basic", objectId: 0 } as const;
    return this.sign(() => this.current.request(unitId, page, request));
  }

  private async read(unitId: number, table: Readable, request: RequestOptions): Promise<unknown> {
    if (table === "coil") return this.current.read(unitId, table, 0, 1, request);
    return this.current.read(unitId, table, 0, 1, request);
  }

  private async sign(ask: () => Promise<unknown>, table?: Readable): Promise<Sign> {
    const started = this.clock.monotonic();
    const elapsed = (): number => Math.round(this.clock.monotonic() - started);
    try {
      await ask();
      return table === undefined
        ? { kind: "here", said: "device identification", ms: elapsed() }
        : { kind: "here", said: `${table} 0`, ms: elapsed(), readable: table };
    } catch (thrown) {
      const error = modbusErrorOf(thrown);
      const { exceptionCode: code, exceptionName, kind, detail } = error;
      if (code !== undefined && GATEWAY.includes(code)) return { kind: "nobody", code };
      if (code !== undefined) {
        const name = exceptionName === undefined ? "" : ` (${exceptionName})`;
        return { kind: "here", said: `exception ${code}${name}`, ms: elapsed() };
      }
      if (kind === "timeout") return { kind: "silent" };
      if (kind === "crc" || kind === "protocol") return { kind: "damaged", detail };
      return kind === "aborted" ? { kind: "aborted" } : { kind: "lost", detail };
    }
  }

  private async reopen(): Promise<Result<void, string>> {
    await this.current.close();
    await wait(this.clock, REST_MS, this.options.signal);
    try {
      this.current = await openConnection(this.config, { ...this.options, heard: this.ear.hear });
      return ok(undefined);
    } catch (error) {
      return err(modbusErrorOf(error).detail);
    }
  }
}
