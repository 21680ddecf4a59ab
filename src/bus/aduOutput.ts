import { fillTcpAdu, tcpAduBytes } from "../core/modbus/tcpFrame";
import type { Call } from "./call";
import type { Link } from "./link";

/** Writes requests to a link: each at once, or those of one turn of the event loop together, for one system call. */
export class AduOutput {
  /** There while something waits. */
  private waiting: Uint8Array[] | undefined;
  private disposed = false;

  constructor(
    private readonly link: Link,
    private readonly together: boolean,
  ) {}

  send(id: number, call: Call): void {
    // Node cuts it out of a pool. An array of its own would have to leave the heap for the operating system first.
    const adu = fillTcpAdu(Buffer.allocUnsafe(tcpAduBytes(call.pdu)), id, call.unitId, call.pdu);
    if (!this.together) {
      this.link.write(adu);
      return;
    }
    // The answers of one read wake their callers one after another: what these ask next goes out behind the last.
    if (this.waiting !== undefined) {
      this.waiting.push(adu);
      return;
    }
    this.waiting = [adu];
    queueMicrotask(() => this.flush());
  }

  /** What has not been written yet never is. */
  dispose(): void {
    this.disposed = true;
    this.waiting = undefined;
  }

  private flush(): void {
    const { waiting } = this;
    if (this.disposed || waiting === undefined) return;
    this.waiting = undefined;
    this.link.write(waiting.length === 1 ? (waiting[0] as Uint8Array) : Buffer.concat(waiting));
  }
}
