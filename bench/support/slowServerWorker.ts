/**
 * A MODBUS/TCP server as a process of its own: function 3, register N holds N. Unit U answers after a time of its own,
 * and a connection on which nothing happens for `idleMs` is dropped: `slowServerWorker UNITS LEAST_MS MOST_MS IDLE_MS`.
 * Tells its port by IPC; asked anything it tells how many connections it has dropped.
 */
import { createServer, type Socket } from "node:net";
import { latencyOf } from "./latency";

const [units = 1, least = 0, most = 0, idleMs = 0] = process.argv.slice(2).map(Number);
let dropped = 0;

function answer(socket: Socket, request: Buffer): void {
  const unitId = request[6] as number;
  const first = request.readUInt16BE(8);
  const count = request.readUInt16BE(10);
  const response = Buffer.alloc(9 + 2 * count);
  request.copy(response, 0, 0, 8);
  response.writeUInt16BE(3 + 2 * count, 4);
  response[8] = 2 * count;
  for (let index = 0; index < count; index++) response.writeUInt16BE(first + index, 9 + 2 * index);
  setTimeout(() => !socket.destroyed && socket.write(response), latencyOf(unitId, { units, least, most }));
}

const server = createServer((socket) => {
  socket.setTimeout(idleMs, () => {
    dropped += 1;
    socket.destroy();
  });
  socket.on("error", () => socket.destroy());
  // One request at a time: they come whole.
  socket.on("data", (bytes) => answer(socket, Buffer.from(bytes)));
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
process.on("message", () => process.send?.({ dropped }));
process.on("disconnect", () => process.exit());
