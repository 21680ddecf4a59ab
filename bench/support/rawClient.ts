import { connect, type Socket } from "node:net";

const RESPONSE_TIMEOUT_MS = 1000;

interface Waiting {
  readonly resolve: (registers: readonly number[]) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * The floor: what a promise-based reader of holding registers on `node:net` costs that checks nothing. One write, one
 * timer, one promise a request; every answer is believed to arrive in one piece and to be the right one.
 */
export class RawClient {
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (bytes) => this.receive(bytes));
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => resolve(new RawClient(socket)));
      socket.on("error", reject);
    });
  }

  read(first: number, count: number): Promise<readonly number[]> {
    const id = (this.lastId + 1) & 0xffff;
    this.lastId = id;
    const request = Buffer.allocUnsafe(12);
    request.writeUInt16BE(id, 0);
    request.writeUInt32BE(6, 2);
    request.writeUInt16BE(0x0103, 6);
    request.writeUInt16BE(first, 8);
    request.writeUInt16BE(count, 10);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("timeout")), RESPONSE_TIMEOUT_MS);
      this.waiting.set(id, { resolve, timer });
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  /** Whole frames only; several may come at once. */
  private receive(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += 6 + bytes.readUInt16BE(at + 4)) {
      const id = bytes.readUInt16BE(at);
      const waiting = this.waiting.get(id);
      if (waiting === undefined) continue;
      this.waiting.delete(id);
      clearTimeout(waiting.timer);
      // A plain array: a typed one of this length would cost more.
      const count = (bytes[at + 8] as number) >> 1;
      const registers = new Array<number>(count);
      for (let index = 0, from = at + 9; index < count; index++, from += 2) {
        registers[index] = ((bytes[from] as number) << 8) | (bytes[from + 1] as number);
      }
      waiting.resolve(registers);
    }
  }
}
