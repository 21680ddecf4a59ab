import type { Client } from "./client";
import { keepSpare, type Pile, type Spare, takeSpare } from "./spares";
import type { Outcome, OutcomeSink } from "./transactor";

/** Hears of a request before the one that asked does. */
export interface RequestObserver {
  requestEnded(client: Client, unitId: number, outcome: Outcome): void;
}

/** Requests of a session that are under way. What is kept of one is used again for the next. */
export class UnderWay implements Pile<Request> {
  topSpare: Request | undefined;

  constructor(readonly observer: RequestObserver) {}

  /** Where the client is to hand the outcome to. */
  begin(client: Client, unitId: number, sink: OutcomeSink): OutcomeSink {
    const request = takeSpare(this) ?? new Request(this);
    return request.begin(client, unitId, sink);
  }
}

class Request implements OutcomeSink, Spare<Request> {
  nextSpare: Request | undefined;
  private client: Client | undefined;
  private unitId = 0;
  private sink: OutcomeSink | undefined;

  constructor(private readonly underWay: UnderWay) {}

  begin(client: Client, unitId: number, sink: OutcomeSink): this {
    this.client = client;
    this.unitId = unitId;
    this.sink = sink;
    return this;
  }

  settled(outcome: Outcome): void {
    const { client, sink, underWay } = this;
    if (client === undefined || sink === undefined) return;
    this.client = undefined;
    this.sink = undefined;
    keepSpare(underWay, this);
    underWay.observer.requestEnded(client, this.unitId, outcome);
    sink.settled(outcome);
  }
}
