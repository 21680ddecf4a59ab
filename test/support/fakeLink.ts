import type { Link, LinkEvents } from "../../src/bus/link";

/** A link whose other end is the test. */
export interface FakeLink extends Link {
  /** What was written, a hex string a write. */
  readonly written: string[];
  /** Called for every write: what a server would do. */
  onWrite: (hex: string) => void;
  /** Bytes from the other end. */
  arrive(hex: string): void;
  /** The other end goes away. */
  break(reason: string): void;
  pending: number;
  readonly isClosed: boolean;
}

class TestLink implements FakeLink {
  readonly written: string[] = [];
  readonly name = "fake";
  onWrite: (hex: string) => void = () => undefined;
  pending = 0;
  isClosed = false;
  private events: LinkEvents | undefined;

  listen(events: LinkEvents): void {
    this.events = events;
  }

  write(bytes: Uint8Array): void {
    const hex = Buffer.from(bytes).toString("hex");
    this.written.push(hex);
    this.onWrite(hex);
  }

  arrive(hex: string): void {
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    this.events?.data(bytes);
    // Bytes may be kept only until the call returns: make sure that nobody does.
    bytes.fill(0xee);
  }

  break(reason: string): void {
    this.isClosed = true;
    const { events } = this;
    this.events = undefined;
    events?.closed(reason);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.break("closed by us");
  }
}

export function createFakeLink(): FakeLink {
  return new TestLink();
}
