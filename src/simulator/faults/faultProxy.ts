import type { Clock } from "../../kernel/clock";
import type { Result } from "../../kernel/result";
import type { ByteStream } from "./byteStream";
import type { Direction, FaultPlan } from "./fault";
import { FaultDice, hits, seededRandom } from "./faultDice";
import { FaultLine, type FaultLinePorts } from "./faultLine";
import type { ReplyFraming } from "./reply";
import type { Ending } from "./transmission";

export interface FaultProxyOptions {
  readonly plan: FaultPlan;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  /** For faults of content. */
  readonly framing: ReplyFraming;
  /** Bytes that come within this time of each other are one message; 0: what arrives in one piece. */
  readonly gatherMs: number;
  /** Opens the way to the server, one for each client; an error says why there is none. */
  connect(): Promise<Result<ByteStream, string>>;
}

/** What stands between a client and a server, any server, and spoils what passes. */
export interface FaultProxy {
  readonly answers: FaultDice;
  readonly requests: FaultDice;
  /** Clients that are connected. */
  readonly connections: number;
  /** Bytes dropped since too many waited (1 MiB a direction). */
  readonly droppedBytes: number;
  /** Serves a client; never rejects. */
  accept(client: ByteStream): Promise<void>;
  /** Bytes to every client, from nowhere. */
  inject(bytes: Uint8Array): void;
  /** Ends every connection now. */
  cutAll(how: Ending): void;
  /** Cuts everything, sends nothing more. */
  close(): void;
}

export function createFaultProxy(options: FaultProxyOptions): FaultProxy {
  return new PlannedProxy(options);
}

class PlannedProxy implements FaultProxy {
  readonly answers: FaultDice;
  readonly requests: FaultDice;
  private readonly random: () => number;
  private readonly joints = new Set<Joint>();
  private droppedBefore = 0;
  private attempts = 0;
  private closed = false;

  constructor(private readonly options: FaultProxyOptions) {
    this.random = seededRandom(options.plan.seed);
    this.answers = new FaultDice(options.plan, "answers", this.random);
    this.requests = new FaultDice(options.plan, "requests", this.random);
  }

  get connections(): number {
    return this.joints.size;
  }

  get droppedBytes(): number {
    let dropped = this.droppedBefore;
    for (const joint of this.joints) dropped += joint.droppedBytes;
    return dropped;
  }

  async accept(client: ByteStream): Promise<void> {
    this.attempts++;
    const { refuse } = this.options.plan;
    if (refuse !== undefined && hits(refuse, this.attempts, this.random)) {
      client.cut();
      return;
    }
    const server = await this.options.connect();
    if (!server.ok || this.closed) {
      client.cut();
      if (server.ok) server.value.cut();
      return;
    }
    const joint: Joint = new Joint(
      client,
      server.value,
      (on) => this.linePorts(on),
      () => {
        this.droppedBefore += joint.droppedBytes;
        this.joints.delete(joint);
      },
    );
    this.joints.add(joint);
    joint.begin();
  }

  inject(bytes: Uint8Array): void {
    for (const joint of this.joints) joint.inject(bytes);
  }

  cutAll(how: Ending): void {
    for (const joint of [...this.joints]) joint.fault(how);
  }

  close(): void {
    this.closed = true;
    for (const joint of [...this.joints]) joint.fault("reset");
  }

  private linePorts(on: Direction): FaultLinePorts {
    const { clock, framing, gatherMs } = this.options;
    return { clock, framing, gatherMs, dice: this[on], random: this.random };
  }
}

/** A client and its server, joined by two lines. */
class Joint {
  private readonly requests: FaultLine;
  private readonly answers: FaultLine;
  private deaf = false;
  private over = false;

  constructor(
    private readonly client: ByteStream,
    private readonly server: ByteStream,
    ports: (on: Direction) => FaultLinePorts,
    private readonly onOver: () => void,
  ) {
    const fault = (ending: Ending): void => this.fault(ending);
    this.requests = new FaultLine(ports("requests"), {
      write: (bytes) => this.toServer(bytes),
      ended: () => server.end(),
      fault,
    });
    this.answers = new FaultLine(ports("answers"), {
      write: (bytes) => this.toClient(bytes),
      ended: () => client.end(),
      fault,
    });
  }

  get droppedBytes(): number {
    return this.requests.droppedBytes + this.answers.droppedBytes;
  }

  begin(): void {
    this.client.listen({
      data: (bytes) => this.requests.push(bytes),
      ended: () => this.requests.end(),
      gone: () => this.finish(() => this.server.cut()),
    });
    this.server.listen({
      data: (bytes) => this.answers.push(bytes),
      ended: () => this.answers.end(),
      // What the server said last is still delivered.
      gone: () => this.answers.end(),
    });
  }

  inject(bytes: Uint8Array): void {
    if (!this.deaf) this.client.write(bytes);
  }

  fault(ending: Ending): void {
    if (ending === "halfOpen") {
      this.deaf = true;
      this.requests.stop();
      this.answers.stop();
      this.server.cut();
      return;
    }
    if (ending === "close") this.client.end();
    this.finish(() => {
      this.server.cut();
      if (ending === "reset") this.client.cut();
    });
  }

  private toServer(bytes: Uint8Array): void {
    if (this.deaf) return;
    // Before the server can answer: what was held for this request comes first.
    this.answers.release();
    this.server.write(bytes);
  }

  private toClient(bytes: Uint8Array): void {
    if (this.deaf) return;
    this.client.write(bytes);
    this.requests.release();
  }

  private finish(cut: () => void): void {
    if (this.over) return;
    this.over = true;
    this.requests.stop();
    this.answers.stop();
    cut();
    this.onOver();
  }
}
