import type { Client } from "./client";
import type { Outcome, OutcomeSink } from "./transactor";

/** What a session wants to know of a request before the one that asked hears of it. */
export type Observe = (client: Client, unitId: number, outcome: Outcome) => void;

/** Requests of a session that are under way. What is kept of one is used again for the next. */
export class UnderWay {
  private readonly free: Request[] = [];

  constructor(private readonly observe: Observe) {}

  /** Where the client is to hand the outcome to. */
  begin(client: Client, unitId: number, sink: OutcomeSink): OutcomeSink {
    const request = this.free.pop() ?? new Request(this.observe, this.free);
    return request.begin(client, unitId, sink);
  }
}

class Request implements OutcomeSink {
  private client: Client | undefined;
  private unitId = 0;
  private sink: OutcomeSink | undefined;

  constructor(
    private readonly observe: Observe,
    private readonly free: Request[],
  ) {}

  begin(client: Client, unitId: number, sink: OutcomeSink): this {
    this.client = client;
    this.unitId = unitId;
    this.sink = sink;
    return this;
  }

  settled(outcome: Outcome): void {
    const { client, sink } = this;
    if (client === undefined || sink === undefined) return;
    this.client = undefined;
    this.sink = undefined;
    this.free.push(this);
    this.observe(client, this.unitId, outcome);
    sink.settled(outcome);
  }
}
