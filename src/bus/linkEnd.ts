import { failure, type ModbusFailure } from "../core/modbus/failure";
import { type Deferred, deferred } from "../kernel/wait";
import type { Link, LinkEvents } from "./link";
import { type Telling, tellSoon } from "./telling";

/** A client on a link. */
export interface LinkUser {
  receive(bytes: Uint8Array): void;
  /** The link is gone: what is under way will not be answered. */
  lost(reason: string): void;
}

/** Hears once that the link of a client is gone; after those whose requests failed by that. */
export interface EndListener {
  linkEnded(reason: string): void;
}

/**
 * How the life of a link ends, for a client on it: who decided, why, and who is told. While the link stands nothing waits
 * for that: a promise would be kept for each of a thousand links.
 */
export class LinkEnd implements LinkEvents, Telling {
  private isGone = false;
  private listener: EndListener | undefined;
  /** There when somebody has asked for it. */
  private gone: Deferred<string> | undefined;
  private why: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly link: Link,
    private readonly user: LinkUser,
  ) {}

  /** Resolves with the reason when the link is gone. */
  whenGone(): Promise<string> {
    this.gone ??= deferred();
    if (this.isGone) this.gone.resolve(this.why ?? "");
    return this.gone.promise;
  }

  /** The same told to one listener; soon, where it has happened already. */
  listen(listener: EndListener): void {
    this.listener = listener;
    if (this.isGone) tellSoon(this);
  }

  /** Why nothing can be sent any more. */
  get refusal(): ModbusFailure | undefined {
    return this.why === undefined ? undefined : failure("offline", this.why);
  }

  /** The link reports its end, or its stream can't be trusted any more. The first reason counts. */
  begin(reason: string): void {
    this.why ??= reason;
  }

  data(bytes: Uint8Array): void {
    this.user.receive(bytes);
  }

  closed(reason: string): void {
    // Told twice, the connection would be opened twice.
    if (this.isGone) return;
    this.begin(reason);
    this.user.lost(reason);
    this.isGone = true;
    this.gone?.resolve(this.why ?? reason);
    if (this.listener !== undefined) tellSoon(this);
  }

  tell(): void {
    this.listener?.linkEnded(this.why ?? "");
  }

  close(): Promise<void> {
    this.closing ??= this.link.close();
    return this.closing;
  }
}
