import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, ListenOptions, Server } from "node:net";
import { err, ok, type Result } from "../kernel/result";
import type { Scope } from "../kernel/scope";

const MAX_BODY_BYTES = 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  /** Decoded steps of the path, without empty ones. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** `text` is sent as it is with its type, `json` as `application/json`. */
export type HttpAnswer =
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly text: string; readonly type: string };

export function refusal(status: number, message: string): HttpAnswer {
  return { status, json: { error: { code: status, message } } };
}

/** Serves HTTP/1.1 on loopback or a unix socket until the scope closes. The value is the port (0 for a socket). */
export async function serveHttp(
  where: Pick<ListenOptions, "port" | "path">,
  handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
  scope: Scope,
): Promise<Result<number, string>> {
  const server = createServer((request, response) => {
    void serve(request, response, handle);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const listening = await listen(server, where.path === undefined ? { ...where, host: "127.0.0.1" } : where);
  if (listening.ok) {
    scope.defer(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
  }
  return listening;
}

/** Starts a server; the error says why it could not. */
export function listen(
  server: Pick<Server, "listen" | "once" | "off" | "address">,
  where: ListenOptions,
): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(err(listenProblem(where, error)));
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(ok(address !== null && typeof address === "object" ? (address as AddressInfo).port : 0));
    });
  });
}

function listenProblem({ port, path }: ListenOptions, error: NodeJS.ErrnoException): string {
  const place = path ?? `port ${port}`;
  if (error.code === "EADDRINUSE") return `${place} is in use: choose another, or 0 for any free port`;
  if (error.code === "EACCES") return `${place} needs rights that this process does not have: choose a port above 1023`;
  return `cannot listen on ${place}: ${error.message}`;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
): Promise<void> {
  const parsed = await parseRequest(request);
  const answer = parsed.ok ? await handle(parsed.value) : refusal(400, parsed.error);
  // The line break is for people with a terminal.
  const text = "json" in answer ? `${JSON.stringify(answer.json)}\n` : answer.text;
  const type = "json" in answer ? "application/json" : answer.type;
  response.writeHead(answer.status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

async function parseRequest(request: IncomingMessage): Promise<Result<HttpRequest, string>> {
  try {
    const url = new URL(request.url ?? "/", "http://loopback");
    const path = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES) return err(`the body has more than ${MAX_BODY_BYTES} bytes`);
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    return ok({
      method: request.method ?? "GET",
      path,
      query: url.searchParams,
      body: bytes.toString(),
      bytes,
    });
  } catch (error) {
    return err(`unreadable request: ${error instanceof Error ? error.message : String(error)}`);
  }
}
