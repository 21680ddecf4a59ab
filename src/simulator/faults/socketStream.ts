import type { Socket } from "node:net";
import { type ByteStream, MAX_WAITING_BYTES, type StreamEvents } from "./byteStream";

/** A socket (opened with `allowHalfOpen`) as a stream. A reader that lags by 1 MiB loses what follows. */
export function socketStream(socket: Socket): ByteStream {
  let ended = false;
  socket.pause();
  // Resets are what this is for; `close` follows and tells.
  socket.on("error", () => socket.destroy());
  return {
    listen(events: StreamEvents) {
      socket.on("data", (bytes: Uint8Array) => events.data(bytes));
      socket.on("end", () => events.ended());
      socket.on("close", () => events.gone());
      if (socket.destroyed) events.gone();
      else socket.resume();
    },
    write(bytes) {
      if (!ended && !socket.destroyed && socket.writableLength <= MAX_WAITING_BYTES) socket.write(bytes);
    },
    end() {
      ended = true;
      if (!socket.destroyed) socket.end();
    },
    cut() {
      ended = true;
      if (!socket.destroyed) socket.resetAndDestroy();
    },
  };
}
