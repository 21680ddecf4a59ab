import type { Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Result } from "../kernel/result";
import type { Scope } from "../kernel/scope";
import type { HubCertificates } from "./certificates";
import { listen } from "./httpJson";

/** The listening side of the hub: TLS on a fixed port of loopback, which may go away and come back. */
export interface MqttServer {
  readonly port: number;
  /** Cuts every connection and listens no more. */
  down(): Promise<void>;
  /** Listens again on the same port; the error says why it cannot. */
  up(): Promise<Result<number, string>>;
  /** Cuts every connection, with a TCP reset. */
  reset(): void;
  cut(): void;
  /** For the connections to come. */
  replaceCertificates(certificates: HubCertificates): void;
}

/** @param port 0: any free port. */
export async function createMqttServer(
  port: number,
  { certificate, key }: HubCertificates,
  serve: (socket: TLSSocket) => void,
  refused: (reason: string) => void,
  scope: Scope,
): Promise<Result<MqttServer, string>> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certificate, key }, serve);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (error) => refused(`TLS: ${error.message}`));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const down = (): Promise<void> =>
    new Promise((resolve) => {
      if (server.listening) server.close(() => resolve());
      else resolve();
      cut();
    });
  const listening = await listen(server, { port, host: "127.0.0.1" });
  if (!listening.ok) return listening;
  scope.defer(down);
  const mqtt: MqttServer = {
    port: listening.value,
    down,
    up: () =>
      server.listening ? Promise.resolve(listening) : listen(server, { port: listening.value, host: "127.0.0.1" }),
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    cut,
    replaceCertificates: (next) => server.setSecureContext({ cert: next.certificate, key: next.key }),
  };
  return { ok: true, value: mqtt };
}
