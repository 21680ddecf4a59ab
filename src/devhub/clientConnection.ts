import type { Socket } from "node:net";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import type { Clock } from "../kernel/clock";
import type { PacketJudge } from "./packetFate";
import { createPacketGate } from "./packetGate";

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
export function serveConnection(socket: Socket, { clock, judge, handler }: ConnectionPorts): ClientConnection {
  const gate = createPacketGate(clock, judge);
  const silence = createSilenceWatch(clock, (reason) => connection.close(reason));
  let session: ClientSession | undefined;
  let closeReason = "the client closed the connection";
  const connection: ClientConnection = {
    get client() {
      return session?.client ?? "";
    },
    send: (packet) =>
      gate.pass({ direction: "toClient", client: connection.client, packet }, (passed) =>
        write(socket, passed, connection),
      ),
    close(reason) {
      closeReason = reason;
      socket.destroy();
    },
  };

  function receive(packet: Packet): void {
    if (socket.destroyed) return;
    if (session !== undefined) session.receive(packet);
    else if (packet.cmd === "connect") {
      session = handler.connect(packet, connection);
      if (session === undefined) socket.end();
      else silence.allow(packet.keepalive ?? 0);
    } else connection.close(`${packet.cmd} before CONNECT`);
  }

  const packets = parser({ protocolVersion: 4 });
  packets.on("packet", (packet) => {
    silence.broken();
    gate.pass({ direction: "fromClient", client: connection.client, packet }, receive);
  });
  packets.on("error", (error: Error) => connection.close(`not MQTT: ${error.message}`));
  socket.on("data", (chunk) => packets.parse(chunk));
  socket.on("error", (error) => {
    closeReason = error.message;
  });
  socket.on("close", () => {
    silence.close();
    gate.close();
    session?.closed(closeReason);
  });
  return connection;
}

function write(socket: Socket, packet: Packet, connection: ClientConnection): void {
  if (socket.destroyed) return;
  socket.write(generate(packet));
  if (socket.writableLength > MAX_UNSENT_BYTES) connection.close("the client does not read");
}

interface SilenceWatch {
  /** A packet came. */
  broken(): void;
  /** The keep-alive of CONNECT, s; 0 allows any silence. */
  allow(keepAliveS: number): void;
  close(): void;
}

/** MQTT 3.1.1 section 3.1.2.10: one and a half keep-alive intervals without a packet end the connection. */
function createSilenceWatch(clock: Pick<Clock, "setTimer">, expired: (reason: string) => void): SilenceWatch {
  let limitMs = CONNECT_TIMEOUT_MS;
  let timer = clock.setTimer(limitMs, () => expired("no CONNECT"));
  let isOpen = true;

  function broken(): void {
    timer.cancel();
    if (isOpen && limitMs > 0) timer = clock.setTimer(limitMs, () => expired("keep-alive expired"));
  }

  return {
    broken,
    allow(keepAliveS) {
      limitMs = keepAliveS * 1500;
      broken();
    },
    close() {
      isOpen = false;
      timer.cancel();
    },
  };
}
