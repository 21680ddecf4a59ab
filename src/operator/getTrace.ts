import type { MethodAnswer } from "../cloud/edgeHub";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import { nearest, show } from "../core/config/nearest";
import { type CaptureCarrier, captureFile } from "../core/modbus/captureFile";
import { frameLines } from "../core/modbus/frameText";
import { wireFrames } from "../core/modbus/wireFrames";
import type { Json, JsonObject } from "../kernel/json";
import type { Trace } from "../runtime/traces";
import { answerError, type CommandPorts, duration, refusal, unknownKey } from "./methodError";

const SECONDS = { least: 1, most: 25, otherwise: 10 };
const FORMATS = ["text", "pcap"];
/** Of base64, and of lines: an answer stays below 100 KB. */
const PAGE = 96_000;

/** A trace in pieces: the next ones are asked for by `cursor`. */
interface Pages {
  readonly id: string;
  readonly head: JsonObject;
  readonly key: "frames" | "pcap";
  readonly pieces: readonly Json[];
}

/** The one that was taken last, of each module. */
const lastTraces = new WeakMap<CommandPorts["traces"], Pages>();

/**
 * `getTrace` `{connection, seconds? 10 (at most 25), format? "text" | "pcap"}` → `{connection, from, to, count, truncated,
 * frames: [line]}` or `{…, pcap: base64}`, in pages by `cursor`; the pieces of a capture file are to be joined. The last
 * trace alone is kept for its further pages.
 */
export async function getTrace(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["connection", "seconds", "format", "cursor"]);
  if (unknown !== undefined) return answerError(unknown);
  const { connection, format = "text", cursor } = payload;
  if (cursor !== undefined) return laterPage(lastTraces.get(ports.traces), cursor);
  const config = typeof connection === "string" ? ports.config().connections.get(connection) : undefined;
  if (config === undefined) return noConnection(connection, ports);
  if (typeof format !== "string" || !FORMATS.includes(format)) {
    return answerError(refusal(400, `"format" is ${show(format)}; it must be text or pcap`, "/format"));
  }
  const seconds = duration(payload, "seconds", SECONDS);
  if (!seconds.ok) return answerError(seconds.error);
  const from = ports.clock.epoch();
  const trace = await ports.traces.take(config.name, seconds.value * 1000, ports.signal);
  if (trace === undefined)
    return answerError(refusal(409, `the connection "${config.name}" is not in use`, "/connection"));
  if (trace === "busy") return answerError(refusal(429, `a trace of "${config.name}" is being taken`, "/connection"));
  const time = { from, to: ports.clock.epoch() };
  const pages = pagesOf(String(from), config, trace, format, time);
  lastTraces.set(ports.traces, pages);
  return page(pages, 0);
}

function noConnection(connection: Json | undefined, ports: CommandPorts): MethodAnswer {
  if (typeof connection !== "string")
    return answerError(refusal(400, `"connection" must name a connection`, "/connection"));
  const guess = nearest(connection, ports.config().connections.keys());
  const advice = guess === undefined ? "" : `; did you mean "${guess}"?`;
  return answerError(refusal(404, `there is no connection ${show(connection)}${advice}`, "/connection"));
}

function pagesOf(
  id: string,
  config: ConnectionConfig,
  { events, truncated }: Trace,
  format: string,
  time: { readonly from: number; readonly to: number },
): Pages {
  const items = wireFrames(events, config.framing);
  const head = {
    connection: config.name,
    from: new Date(time.from).toISOString(),
    to: new Date(time.to).toISOString(),
    count: items.length,
    truncated,
  };
  if (format === "text") return { id, head, key: "frames", pieces: linePieces(frameLines(items)) };
  const text = Buffer.from(captureFile(items, carrierOf(config))).toString("base64");
  const pieces = Array.from({ length: Math.max(Math.ceil(text.length / PAGE), 1) }, (_, at) =>
    text.slice(at * PAGE, (at + 1) * PAGE),
  );
  return { id, head, key: "pcap", pieces };
}

function carrierOf({ transport, framing }: ConnectionConfig): CaptureCarrier {
  if (framing !== "mbap") return "rtu";
  return transport === "udp" ? "udp" : "tcp";
}

function linePieces(lines: readonly string[]): readonly Json[] {
  const pieces: string[][] = [[]];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    if (bytes + size > PAGE) {
      pieces.push([]);
      bytes = 0;
    }
    bytes += size;
    pieces.at(-1)?.push(line);
  }
  return pieces;
}

function laterPage(kept: Pages | undefined, cursor: Json): MethodAnswer {
  const [id, number] = typeof cursor === "string" ? cursor.split(".") : [];
  const at = Number(number);
  if (kept === undefined || id !== kept.id || !Number.isSafeInteger(at) || at < 1 || at >= kept.pieces.length) {
    const message = `the trace of this "cursor" is not kept any more: take another`;
    return answerError(refusal(400, message, "/cursor"));
  }
  return page(kept, at);
}

function page({ id, head, key, pieces }: Pages, at: number): MethodAnswer {
  const cursor = at + 1 < pieces.length ? { cursor: `${id}.${at + 1}` } : {};
  return { status: 200, payload: { ...head, [key]: pieces[at] ?? "", ...cursor } };
}
