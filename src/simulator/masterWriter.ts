import { writeSync } from "node:fs";
import type { Clock, Timer } from "../kernel/clock";

/** More than this waiting (beyond the kernel's buffer) is dropped, as a line without a reader drops it. */
const MAX_WAITING = 65_536;
const RETRY_MS = 2;

/** Writes to a non-blocking descriptor without ever stopping the process. */
export interface MasterWriter {
  write(bytes: Uint8Array): void;
  readonly droppedBytes: number;
  /** Nothing is written after this. */
  close(): void;
}

/**
 * A stream of Node's is no good here: libuv writes to the master of a terminal "blocking", by trying again without
 * end while the kernel's buffer is full. A reader in the same process then never gets its turn.
 */
export function createMasterWriter(fd: number, clock: Pick<Clock, "setTimer">): MasterWriter {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let timer: Timer | undefined;
  let closed = false;

  function flush(): void {
    timer = undefined;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const taken = tryWrite(fd, next);
      waitingBytes -= taken;
      if (taken === next.length) continue;
      waiting.unshift(next.subarray(taken));
      timer = clock.setTimer(RETRY_MS, flush);
      return;
    }
  }

  return {
    write(bytes) {
      if (closed || waitingBytes + bytes.length > MAX_WAITING) {
        dropped += bytes.length;
        return;
      }
      // The reader reuses its buffer.
      waiting.push(Uint8Array.from(bytes));
      waitingBytes += bytes.length;
      if (timer === undefined) flush();
    },
    get droppedBytes() {
      return dropped;
    },
    close() {
      closed = true;
      timer?.cancel();
      waiting.length = 0;
    },
  };
}

/** How many bytes the kernel took; 0 while its buffer is full. A terminal that has been hung up takes everything. */
function tryWrite(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : bytes.length;
  }
}
