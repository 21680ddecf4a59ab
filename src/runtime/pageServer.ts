import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Clock, Timer } from "../kernel/clock";
import type { Log } from "../kernel/log";

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface PageServerPorts {
  readonly clock: Pick<Clock, "setTimer">;
  readonly log: Pick<Log, "info" | "warn">;
  /** Address to listen on; absent: every one of the machine (of the container). */
  readonly host?: string | undefined;
  /** The page at a path, as it is now; `undefined`: there is none. */
  page(path: string): Page | undefined;
}

/** A small HTTP server for probes and collectors: GET and HEAD, no bodies, bounded in connections and in time. */
export interface PageServer {
  /** Listens on this port from now on, and no more on another; 0: not at all. A port that is taken is tried again. */
  listen(port: number): void;
  /** The port it listens on; `undefined` while it does not. */
  readonly port: number | undefined;
  /** Ends what is under way. Memoised. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 16;
/** A whole request must be there by then, and whoever does not take its answer is left. */
const REQUEST_MS = 5000;
const RETRY_MS = 30_000;
const MAX_HEADER_BYTES = 8192;

export function createPageServer(ports: PageServerPorts): PageServer {
  return new HttpPages(ports);
}

const HOST = "MODBUS_EDGE_METRICS_HOST is no address of this machine";
const TROUBLES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has it: module.metricsPort sets another, 0 serves none",
  EACCES: "ports below 1024 need privileges: module.metricsPort sets another, 0 serves none",
  EADDRNOTAVAIL: HOST,
  ENOTFOUND: HOST,
};

class HttpPages implements PageServer {
  private server: Server | undefined;
  private wanted = 0;
  private retry: Timer | undefined;
  private complained = false;
  private closing: Promise<void> | undefined;
  private leaving: Promise<void> = Promise.resolve();

  constructor(private readonly ports: PageServerPorts) {}

  get port(): number | undefined {
    const address = this.server?.address();
    return typeof address === "object" && address !== null ? address.port : undefined;
  }

  listen(port: number): void {
    if (this.closing !== undefined || port === this.wanted) return;
    this.wanted = port;
    this.complained = false;
    this.leave();
    if (port !== 0) this.open();
  }

  close(): Promise<void> {
    this.closing ??= Promise.resolve().then(() => this.leaving);
    this.leave();
    return this.closing;
  }

  private open(): void {
    const { ports } = this;
    const server = createServer(
      {
        headersTimeout: REQUEST_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: REQUEST_MS,
        connectionsCheckingInterval: REQUEST_MS / 5,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (request, response) => answer(request, response, (path) => ports.page(path)),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.setTimeout(REQUEST_MS);
    server.on("error", (error) => this.failed(server, error));
    const { host } = ports;
    server.listen({ port: this.wanted, ...(host === undefined ? {} : { host }) }, () => {
      ports.log.info(`metrics, /healthz and /readyz on ${host ?? "*"}:${this.wanted}`);
    });
    this.server = server;
  }

  private failed(server: Server, error: Error): void {
    if (this.server !== server) return;
    if (!this.complained) {
      const reason = TROUBLES[(error as NodeJS.ErrnoException).code ?? ""] ?? error.message;
      this.ports.log.warn(`no metrics on port ${this.wanted}; it is tried again`, { reason });
    }
    this.complained = true;
    this.server = undefined;
    this.retry = this.ports.clock.setTimer(RETRY_MS, () => this.open());
  }

  private leave(): void {
    this.retry?.cancel();
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    this.leaving = new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, pageAt: (path: string) => Page | undefined): void {
  const { method = "", url = "" } = request;
  const path = url.split("?", 1)[0] ?? "";
  const isRead = method === "GET" || method === "HEAD";
  const found = isRead ? (pageAt(path) ?? plain(404, "there is nothing here: /metrics, /healthz, /readyz")) : undefined;
  const page = found ?? plain(405, "GET or HEAD");
  const body = Buffer.from(page.body);
  response.writeHead(page.status, {
    "content-type": page.contentType,
    "content-length": body.length,
    "cache-control": "no-store",
    ...(isRead ? {} : { allow: "GET, HEAD", connection: "close" }),
  });
  response.end(method === "HEAD" ? undefined : body);
  // Nobody reads the body of a request: whoever sends one is not kept.
  if (Number(request.headers["content-length"] ?? 0) > 0 || "transfer-encoding" in request.headers) {
    response.on("finish", () => request.destroy());
  }
}

/** A text for people. */
export function plain(status: number, text: string): Page {
  return { status, contentType: "text/plain; charset=utf-8", body: `${text}\n` };
}
