import type { Link, LinkEvents } from "../../src/bus/link";
import type { ByteStream, StreamEvents } from "../../src/simulator/faults/byteStream";

class MemoryEnd implements ByteStream {
  peer: MemoryEnd | undefined;
  private events: StreamEvents | undefined;
  private readonly early: ((events: StreamEvents) => void)[] = [];
  private sentEnd = false;
  private over = false;

  listen(events: StreamEvents): void {
    this.events = events;
    for (const tell of this.early.splice(0)) tell(events);
  }

  write(bytes: Uint8Array): void {
    if (this.sentEnd || this.over) return;
    const copy = Uint8Array.from(bytes);
    this.post((events) => {
      events.data(copy);
      // Bytes may be kept only until the call returns: make sure that nobody does.
      copy.fill(0xee);
    });
  }

  end(): void {
    if (this.sentEnd || this.over) return;
    this.sentEnd = true;
    const { peer } = this;
    this.post((events) => events.ended());
    if (peer?.sentEnd === true) this.cut();
  }

  cut(): void {
    if (this.over) return;
    const { peer } = this;
    this.post((events) => events.gone());
    this.over = true;
    queueMicrotask(() => this.tell((events) => events.gone()));
    queueMicrotask(() => {
      if (peer !== undefined) peer.over = true;
    });
  }

  private post(tell: (events: StreamEvents) => void): void {
    const { peer } = this;
    queueMicrotask(() => {
      if (peer !== undefined && !peer.over) peer.tell(tell);
    });
  }

  private tell(tell: (events: StreamEvents) => void): void {
    if (this.events === undefined) this.early.push(tell);
    else tell(this.events);
  }
}

/** Two ends of a byte stream in memory; what is written arrives in order, never inside the call that wrote it. */
export function streamPair(): [ByteStream, ByteStream] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

/** A link of the client whose other end is a stream. */
export function memoryLink(stream: ByteStream): Link {
  let user: LinkEvents | undefined;
  let told = false;
  const closed = (reason: string): void => {
    if (told) return;
    told = true;
    user?.closed(reason);
  };
  return {
    name: "memory",
    pending: 0,
    listen(events) {
      user = events;
      stream.listen({
        data: (bytes) => {
          if (!told) events.data(bytes);
        },
        ended: () => {
          stream.end();
          closed("the server closed the connection");
        },
        gone: () => closed("reset by the server"),
      });
    },
    write: (bytes) => stream.write(bytes),
    async close() {
      stream.end();
      closed("closed by us");
    },
  };
}
