import { ok } from "../kernel/result";
import type { Link, LinkEvents, LinkOpener } from "./link";

/** Hears what goes over a link. Bytes may be kept only until the call returns. */
export interface LinkTap {
  sent(bytes: Uint8Array): void;
  received(bytes: Uint8Array): void;
  opened(): void;
  closed(reason: string): void;
}

/** Where a tap can be put while links come and go; usually there is none. */
export interface TapPlace {
  tap: LinkTap | undefined;
}

/** The same links; where there is no tap they cost one look a write and a read. */
export function tappedOpener(open: LinkOpener, place: TapPlace): LinkOpener {
  return async (signal) => {
    const opened = await open(signal);
    if (!opened.ok) {
      place.tap?.closed(opened.error.detail);
      return opened;
    }
    place.tap?.opened();
    return ok(new TappedLink(opened.value, place));
  };
}

class TappedLink implements Link, LinkEvents {
  private events: LinkEvents | undefined;

  constructor(
    private readonly link: Link,
    private readonly place: TapPlace,
  ) {}

  get name(): string {
    return this.link.name;
  }

  get datagrams(): boolean {
    return this.link.datagrams === true;
  }

  get pending(): number {
    return this.link.pending;
  }

  listen(events: LinkEvents): void {
    this.events = events;
    this.link.listen(this);
  }

  data(bytes: Uint8Array): void {
    this.place.tap?.received(bytes);
    this.events?.data(bytes);
  }

  closed(reason: string): void {
    this.place.tap?.closed(reason);
    this.events?.closed(reason);
  }

  write(bytes: Uint8Array): void {
    this.place.tap?.sent(bytes);
    this.link.write(bytes);
  }

  close(): Promise<void> {
    return this.link.close();
  }
}
