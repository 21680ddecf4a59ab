import type { Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { Clock, Timer } from "../kernel/clock";
import type { PacketFate, PacketJudge } from "./packetFate";

/** CONNECT must come within this time. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A client that does not read is cut off when this much waits for it. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/** One MQTT connection of one client: packets in, packets out. What they mean is decided by `ClientHandler`. */
export interface ClientConnection {
  /** The MQTT client id; empty before CONNECT was accepted. */
  readonly client: string;
  send(packet: Packet): void;
  /** Cuts the connection. Idempotent. */
  close(reason: string): void;
}

export interface ClientHandler {
  /** The first packet. Gives the handler of the others, or `undefined` after it has refused (and the link is closed). */
  connect(packet: IConnectPacket, connection: ClientConnection): ClientSession | undefined;
}

export interface ClientSession {
  readonly client: string;
  receive(packet: Packet): void;
  closed(reason: string): void;
}

export interface ConnectionPorts {
  readonly clock: Clock;
  readonly judge: PacketJudge;
  readonly handler: ClientHandler;
}

/** Serves a socket until it closes. */
export function serveConnection(socket: Socket, ports: ConnectionPorts): ClientConnection {
  const delayed = new Set<Timer>();
  let session: ClientSession | undefined;
  let silence = ports.clock.setTimer(CONNECT_TIMEOUT_MS, () => connection.close("no CONNECT"));
  let silenceMs = CONNECT_TIMEOUT_MS;
  let reason = "the client closed the connection";

  const connection: ClientConnection = {
    get client() {
      return session?.client ?? "";
    },
    send: (packet) => transit("toClient", packet, write),
    close(why) {
      reason = why;
      socket.destroy();
    },
  };

  function write(packet: Packet): void {
    if (socket.destroyed) return;
    socket.write(generate(packet));
    if (socket.writableLength > MAX_UNSENT_BYTES) connection.close("the client does not read");
  }

  function transit(direction: "toClient" | "fromClient", packet: Packet, go: (packet: Packet) => void): void {
    const fate: PacketFate = ports.judge({ direction, client: connection.client, packet });
    if (fate.kind === "pass") go(packet);
    else if (fate.kind === "replace") go(fate.packet);
    else if (fate.kind === "delay") {
      const timer = ports.clock.setTimer(fate.delayMs, () => {
        delayed.delete(timer);
        go(packet);
      });
      delayed.add(timer);
    }
  }

  function receive(packet: Packet): void {
    if (socket.destroyed) return;
    if (session !== undefined) session.receive(packet);
    else if (packet.cmd === "connect") {
      session = ports.handler.connect(packet, connection);
      if (session === undefined) socket.end();
      else silenceMs = (packet.keepalive ?? 0) * 1500;
    } else connection.close(`${packet.cmd} before CONNECT`);
  }

  /** MQTT 3.1.1 section 3.1.2.10: one and a half keep-alive intervals without a packet end the connection. */
  function rearm(): void {
    silence.cancel();
    if (silenceMs > 0 && !socket.destroyed) {
      silence = ports.clock.setTimer(silenceMs, () => connection.close("keep-alive expired"));
    }
  }

  const packets = parser({ protocolVersion: 4 });
  packets.on("packet", (packet) => {
    transit("fromClient", packet, receive);
    rearm();
  });
  packets.on("error", (error: Error) => connection.close(`not MQTT: ${error.message}`));
  socket.on("data", (chunk) => packets.parse(chunk));
  socket.on("error", (error) => {
    reason = error.message;
  });
  socket.on("close", () => {
    silence.cancel();
    for (const timer of delayed) timer.cancel();
    session?.closed(reason);
  });
  return connection;
}
