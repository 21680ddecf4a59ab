import type { ConnectionConfig } from "../core/config/gatewayConfig";
import { consequenceOf, failure, type ModbusFailure, unsent } from "../core/modbus/failure";
import type { ModbusRequest } from "../core/modbus/pdu";
import { err } from "../kernel/result";
import { between, type MonotonicMs } from "../kernel/units";
import { wait } from "../kernel/wait";
import { backoffMs, MIN_CONNECT_INTERVAL_MS } from "./backoff";
import { type Client, type ClientOptions, createClient } from "./client";
import { clientOptions, QUEUE_LIMIT } from "./clientOptions";
import { IdleClose, type IdleOwner } from "./idleClose";
import { type Link, SERVER_CLOSED } from "./link";
import type { EndListener } from "./linkEnd";
import { OpenSignal } from "./openSignal";
import type { Session, SessionPorts, SessionState } from "./session";
import { SilenceWatch } from "./silenceWatch";
import { tellSoon } from "./telling";
import { AskedTransactor, ask, type Outcome, type OutcomeSink, type TransactOptions, WITHDRAWN } from "./transactor";
import { type RequestObserver, UnderWay } from "./underWay";

/** While its link stands nothing waits: what is kept of it are this object and its parts. */
export class LinkSession extends AskedTransactor implements Session, IdleOwner, RequestObserver, EndListener {
  state: SessionState = "connecting";
  reason = "";
  opens = 0;
  private client: Client | undefined;
  private readonly options: ClientOptions;
  private readonly random: () => number;
  private stopped = false;
  /** Ends an attempt to open, or a rest; there while one is under way. */
  private stopping: AbortController | undefined;
  /** There as soon as somebody has waited. */
  private opened: OpenSignal | undefined;
  /** Called when nothing is opened any more; there from the closing on. */
  private left: (() => void) | undefined;
  private closing: Promise<void> | undefined;
  /** Attempts since a device answered last. */
  private attempts = 0;
  private readonly idle: IdleClose;
  private readonly silence: SilenceWatch;
  private readonly underWay = new UnderWay(this);
  private connectedAt: MonotonicMs | undefined;
  /** The link in use has settled down. */
  private isUsable = false;
  /** The link in use has brought an answer. */
  private isProven = false;
  /** Links in a row that the other end dropped while nothing was asked. */
  private idleDrops = 0;

  constructor(
    private readonly connection: ConnectionConfig,
    private readonly ports: SessionPorts,
  ) {
    super();
    this.random = ports.random ?? Math.random;
    const { suspects, clock } = ports;
    this.options = clientOptions(connection, { suspects, clock, random: this.random });
    const idleMs = connection.transport === "serial" ? 0 : (connection.idleCloseMs ?? 0);
    this.idle = new IdleClose(ports.clock, idleMs, this);
    this.silence = new SilenceWatch(ports.clock, connection.failuresBeforeReopen);
    void this.begin();
  }

  ask(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void {
    const { client } = this;
    if (this.idle.isAsleep) void this.askAwake(unitId, request, options, sink);
    else if (client === undefined || this.state !== "open") {
      const refused = err(this.offline());
      tellSoon({ tell: () => sink.settled(refused) });
    } else {
      this.idle.requestBegins();
      ask(client, unitId, request, options, this.underWay.begin(client, unitId, sink));
    }
  }

  private async askAwake(
    unitId: number,
    request: ModbusRequest,
    options: TransactOptions | undefined,
    sink: OutcomeSink,
  ): Promise<void> {
    const refused = await this.wake(options);
    if (refused === undefined) this.ask(unitId, request, options, sink);
    else sink.settled(err(refused));
  }

  closeIdle(): void {
    void this.client?.close();
  }

  requestEnded(client: Client, unitId: number, outcome: Outcome): void {
    this.idle.requestEnds();
    const reason = outcome.ok ? undefined : outcome.error;
    if (client === this.client && this.state === "open") this.observe(unitId, reason, client);
  }

  /** Has the link opened that was closed since nobody used it; or why not. */
  private async wake(options?: TransactOptions): Promise<ModbusFailure | undefined> {
    const { signal = new AbortController().signal } = options ?? {};
    if (this.idle.waiting >= QUEUE_LIMIT) {
      return unsent(failure("aborted", `not sent: ${QUEUE_LIMIT} requests wait for this connection already`));
    }
    if (await this.idle.wake(signal)) return options?.isStillWanted?.() === false ? unsent(WITHDRAWN) : undefined;
    return signal.aborted ? unsent(failure("aborted", "given up by the caller")) : this.offline();
  }

  whenOpen(signal: AbortSignal): Promise<boolean> {
    if (this.state === "open") return Promise.resolve(true);
    if (this.stopped) return Promise.resolve(false);
    this.opened ??= new OpenSignal();
    return this.opened.wait(signal);
  }

  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    this.stopped = true;
    this.stopping?.abort();
    this.idle.dispose();
    const left = new Promise<void>((resolve) => {
      this.left = resolve;
    });
    await this.client?.close();
    await left;
    this.report("closed", "the session was closed");
    this.opened?.announce(false);
  }

  private async begin(): Promise<void> {
    // The first state is told after the constructor, so that its listener knows the session.
    await Promise.resolve();
    if (!this.stopped) this.ports.onState("connecting", "");
    await this.open();
  }

  /** Tries until a link stands, or the session is closed. It is begun anew when that link is gone. */
  private async open(): Promise<void> {
    while (!this.stopped) {
      this.attempts++;
      this.connectedAt = this.ports.clock.monotonic();
      const link = await this.ports.openLink(this.stopSignal());
      if (link.ok) {
        await this.serve(link.value);
        return;
      }
      this.notOpened(link.error.detail);
      await this.rest();
    }
    this.left?.();
  }

  private async rest(): Promise<void> {
    await this.idle.wanted();
    const restMs = this.restMs();
    if (restMs > 0) await wait(this.ports.clock, restMs, this.stopSignal());
  }

  private async openAgain(): Promise<void> {
    await this.rest();
    await this.open();
  }

  /** Signals are heavy, and a thousand sessions that just serve need none. */
  private stopSignal(): AbortSignal {
    this.stopping ??= new AbortController();
    if (this.stopped) this.stopping.abort();
    return this.stopping.signal;
  }

  private notOpened(reason: string): void {
    this.idleDrops = 0;
    if (!this.stopped) this.report("closed", reason);
    this.idle.failed();
  }

  private restMs(): number {
    const now = this.ports.clock.monotonic();
    const dueMs = MIN_CONNECT_INTERVAL_MS - between(this.connectedAt ?? now, now);
    // Somebody waits for a link that was fine when it was closed: no back-off.
    return this.idle.isAsleep ? Math.max(0, dueMs) : Math.max(backoffMs(this.attempts, this.random), dueMs);
  }

  private async serve(link: Link): Promise<void> {
    const client = createClient(link, this.options, this.ports.clock);
    this.client = client;
    this.isUsable = false;
    this.isProven = false;
    this.silence.opened();
    this.opens++;
    this.isUsable = await this.settleDown(client);
    this.stopping = undefined;
    if (this.isUsable) {
      if (this.state === "open" && this.idleDrops > 0) this.ports.onState("open", "");
      this.report("open", "");
      this.opened?.announce(true);
      this.idle.opened();
    }
    if (this.stopped) await client.close();
    client.onClosed(this);
  }

  linkEnded(reason: string): void {
    this.client = undefined;
    this.noteEnd(reason, this.isUsable);
    void this.openAgain();
  }

  private noteEnd(reason: string, usable: boolean): void {
    if (usable) this.noteIdleDrop(reason);
    // Opened again as soon as somebody wants it; what fell asleep while it was being dropped is down: nobody asks that.
    if (usable && this.idle.isAsleep && this.state === "open") {
      this.attempts = 0;
      return;
    }
    // Closed already: `observe` has said why.
    const told = usable && this.state === "closed";
    if (!this.stopped && !told) this.reportLost(reason);
    this.idle.failed();
  }

  /**
   * Many servers drop a link on which nothing was asked for seconds. That is no outage: who asks meanwhile waits for
   * the next link, which is opened at once, or, from the second time on, when somebody asks.
   */
  private noteIdleDrop(reason: string): void {
    const isIdle = this.isProven && this.state === "open" && !this.idle.isAsleep && !this.stopped;
    if (!isIdle || !reason.startsWith(SERVER_CLOSED)) return;
    this.idleDrops++;
    this.idle.dropped(this.idleDrops === 1);
  }

  /** The rest after opening that some devices need. False when the link did not live that long. */
  private async settleDown(client: Client): Promise<boolean> {
    const { connectDelayMs } = this.connection;
    if (connectDelayMs > 0) {
      const ended = new AbortController();
      void client.closed.then(() => ended.abort());
      await wait(this.ports.clock, connectDelayMs, AbortSignal.any([ended.signal, this.stopSignal()]));
    }
    return client.ended === undefined && !this.stopped;
  }

  /** Any answer, an exception too, shows that somebody is there. */
  private observe(unitId: number, reason: ModbusFailure | undefined, client: Client): void {
    if (reason === undefined || reason.kind === "exception") {
      this.silence.answered(unitId);
      this.isProven = true;
      this.attempts = 0;
      return;
    }
    // Who sees the request fail must not find the session open any more.
    if (client.ended !== undefined && !this.stopped) this.reportLost(client.ended);
    if (client.ended !== undefined || !consequenceOf(reason).reopen) return;
    const failures = this.silence.failed(unitId);
    if (failures !== undefined) this.openAnew(client, failures, reason);
  }

  private openAnew(client: Client, failures: number, last: ModbusFailure): void {
    const { name } = this.connection;
    const text = `opening ${name} anew: ${failures} requests in a row failed`;
    this.report("closed", `${text}, the last one: ${last.detail}`);
    // It could be opened: there is no reason to rest longer than between any two attempts.
    this.attempts = 0;
    void client.close();
  }

  private offline(): ModbusFailure {
    const opening = this.state === "connecting" ? "the connection is being opened" : this.reason;
    return failure("offline", `${this.connection.name}: ${this.stopped ? "the session was closed" : opening}`);
  }

  private reportLost(reason: string): void {
    this.report("closed", `the connection was lost: ${reason}`);
  }

  private report(state: SessionState, reason: string): void {
    if (this.state === state && this.reason === reason) return;
    this.state = state;
    this.reason = reason;
    this.ports.onState(state, reason);
  }
}
