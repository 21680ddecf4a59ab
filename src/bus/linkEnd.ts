import { failure, type ModbusFailure } from "../core/modbus/failure";
import { deferred } from "../kernel/wait";
import type { Link } from "./link";

/** How the life of a link ends, for a client on it: who decided, why, and who is told. */
export class LinkEnd {
  private readonly gone = deferred<string>();
  private why: string | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly link: Link) {}

  get closed(): Promise<string> {
    return this.gone.promise;
  }

  /** Why nothing can be sent any more. */
  get refusal(): ModbusFailure | undefined {
    return this.why === undefined ? undefined : failure("offline", this.why);
  }

  /** The link reports its end, or its stream can't be trusted any more. The first reason counts. */
  begin(reason: string): void {
    this.why ??= reason;
  }

  /** The link is gone. */
  reached(reason: string): void {
    this.begin(reason);
    this.gone.resolve(this.why ?? reason);
  }

  close(): Promise<void> {
    this.closing ??= this.link.close();
    return this.closing;
  }
}
