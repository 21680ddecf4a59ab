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
    return ok(tapped(opened.value, place));
  };
}

function tapped(link: Link, place: TapPlace): Link {
  return {
    name: link.name,
    ...(link.datagrams === undefined ? {} : { datagrams: link.datagrams }),
    get pending() {
      return link.pending;
    },
    listen(events: LinkEvents) {
      link.listen({
        data(bytes) {
          place.tap?.received(bytes);
          events.data(bytes);
        },
        closed(reason) {
          place.tap?.closed(reason);
          events.closed(reason);
        },
      });
    },
    write(bytes) {
      place.tap?.sent(bytes);
      link.write(bytes);
    },
    close: () => link.close(),
  };
}
