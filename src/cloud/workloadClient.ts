import { type IncomingMessage, request } from "node:http";
import type { Clock, Timer } from "../kernel/clock";
import { isJsonObject, type Json } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { utf8Text } from "../kernel/utf8";
import type { EdgeEnvironment } from "./azureConnection";

const API_VERSION = "2018-06-28";
const ANSWER_MS = 10_000;
/** A trust bundle of some certificates has a few KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The two calls of the IoT Edge workload API that a module makes. Never rejects; the error is for people. */
export interface WorkloadClient {
  /** The certificates, PEM, that the gateway's server certificate is signed with. */
  trustBundle(): Promise<Result<string, string>>;
  /** HMAC-SHA256 of `data` by the module's key, base64. */
  sign(data: string): Promise<Result<string, string>>;
}

/**
 * Our own client, because the SDK's ends the process where an answer is not what it expects (empty, no JSON, cut
 * short), has no deadline, and gives renewal up after one failure (edge runtime, defect 4).
 */
export function createWorkloadClient(edge: EdgeEnvironment, clock: Pick<Clock, "setTimer">): WorkloadClient {
  const module = `/modules/${encodeURIComponent(edge.moduleId)}/genid/${encodeURIComponent(edge.generationId)}`;
  return {
    trustBundle: () => ask(edge.workloadUri, clock, "GET", "/trust-bundle", undefined, "certificate"),
    sign: (data) => {
      const wish = { keyId: "primary", algo: "HMACSHA256", data: Buffer.from(data).toString("base64") };
      return ask(edge.workloadUri, clock, "POST", `${module}/sign`, wish, "digest");
    },
  };
}

/** One call; the value is the text under `key` of the JSON object that answers. */
function ask(
  workloadUri: string,
  clock: Pick<Clock, "setTimer">,
  method: "GET" | "POST",
  path: string,
  wish: Json | undefined,
  key: string,
): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const target = targetOf(workloadUri);
    if (target === undefined) {
      resolve(err(`IOTEDGE_WORKLOADURI is "${workloadUri}"; expected unix:///path or http://host:port`));
      return;
    }
    const body = wish === undefined ? "" : JSON.stringify(wish);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    // A connection for each call, closed after it: there are two an hour.
    const call = request({ ...target, method, path: `${path}?api-version=${API_VERSION}`, headers, agent: false });
    const timer: Timer = clock.setTimer(ANSWER_MS, () => end(err(`no answer within ${ANSWER_MS} ms`)));
    const end = (outcome: Result<string, string>): void => {
      timer.cancel();
      call.destroy();
      resolve(outcome.ok ? outcome : err(`workload API, ${method} ${path}: ${outcome.error}`));
    };
    call.on("error", (error: Error) => end(err(error.message)));
    call.on("response", (response) => void read(response).then((answer) => end(textUnder(key, response, answer))));
    call.end(body);
  });
}

function targetOf(workloadUri: string): { socketPath: string } | { host: string; port: string } | undefined {
  if (!URL.canParse(workloadUri)) return undefined;
  const { protocol, hostname, port, pathname } = new URL(workloadUri);
  if (protocol === "unix:") return { socketPath: decodeURIComponent(pathname) };
  return protocol === "http:" ? { host: hostname, port: port === "" ? "80" : port } : undefined;
}

async function read(response: IncomingMessage): Promise<Result<Buffer, string>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) return err(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    return ok(Buffer.concat(chunks));
  } catch (error) {
    return err(`the answer was cut short: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function textUnder(key: string, { statusCode = 0 }: IncomingMessage, answer: Result<Buffer, string>) {
  if (!answer.ok) return answer;
  if (statusCode !== 200) return err(`the answer is ${statusCode}: ${answer.value.toString().slice(0, 200)}`);
  const value = parsed(answer.value);
  const text = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof text === "string" && text !== "" ? ok(text) : err(`the answer has no "${key}"`);
}

function parsed(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(utf8Text(bytes) ?? "") as Json;
  } catch {
    return undefined;
  }
}
