import { verbatimJson } from "../kernel/jsonText";
import { err, ok } from "../kernel/result";
import type { EdgeHub, OutgoingMessage } from "./edgeHub";

/**
 * `run --hub stdout`: no hub at all. Every message becomes a line `{"output","properties","body"}`, the body as JSON
 * with every digit that the message has; every patch of the reported properties a line `{"reported":…}`.
 * The twin is empty (`$version` 1) and arrives right after `start`.
 */
export function createStdoutHub(write: (line: string) => void): EdgeHub {
  let open = false;
  const closed = err({ kind: "closed", detail: "the hub has been closed" } as const);
  return {
    start(handlers) {
      open = true;
      handlers.connection("connected", "messages go to standard output");
      handlers.twin({ desired: { $version: 1 }, reported: { $version: 1 } });
    },
    async send(message) {
      if (!open) return closed;
      write(messageLine(message));
      return ok(undefined);
    },
    async patchReported(patch) {
      if (!open) return closed;
      write(JSON.stringify({ reported: patch }));
      return ok(undefined);
    },
    refreshTwin: () => undefined,
    announce: () => undefined,
    async close() {
      open = false;
    },
  };
}

function messageLine({ output, properties, body }: OutgoingMessage): string {
  return `{"output":${JSON.stringify(output)},"properties":${JSON.stringify(properties)},"body":${verbatimJson(body)}}`;
}
