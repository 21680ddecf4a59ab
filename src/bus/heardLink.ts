import { ok } from "../kernel/result";
import type { Link, LinkOpener } from "./link";

/** The same links; `heard` is told of all that comes in, whether somebody can make something of it or not. */
export function hearing(openLink: LinkOpener, heard: (bytes: number) => void): LinkOpener {
  return async (signal) => {
    const opened = await openLink(signal);
    return opened.ok ? ok(heardLink(opened.value, heard)) : opened;
  };
}

function heardLink(link: Link, heard: (bytes: number) => void): Link {
  return {
    name: link.name,
    ...(link.datagrams === undefined ? {} : { datagrams: link.datagrams }),
    listen(events) {
      link.listen({
        data(bytes) {
          heard(bytes.length);
          events.data(bytes);
        },
        closed: (reason) => events.closed(reason),
      });
    },
    write: (bytes) => link.write(bytes),
    get pending() {
      return link.pending;
    },
    close: () => link.close(),
  };
}
