import type { Clock } from "../../kernel/clock";
import type { ByteStream } from "./byteStream";
import { type ContentFault, spoil } from "./contentFault";
import { plainImage, type ServerImage } from "./plainImage";
import { type Reply, type ReplyFraming, replyBytes } from "./reply";
import { RequestCutter, type ServerRequest } from "./requestCutter";

/** A request, and everything a server may do with it. */
export interface Turn {
  readonly request: ServerRequest;
  /** The right answer. */
  readonly good: Reply;
  readonly stream: ByteStream;
  /** Answers rightly, but for the changes. */
  reply(changes?: Partial<Reply>): void;
  /** Answers with faults of content. */
  spoilt(...faults: readonly ContentFault[]): void;
  /** The frame of the right answer, but for the changes. */
  frame(changes?: Partial<Reply>): Buffer;
  send(bytes: Uint8Array): void;
  /** Later, unless the server has been closed by then. */
  after(delayMs: number, act: () => void): void;
}

export type Reaction = (turn: Turn) => void;

export interface MisbehavingServerOptions {
  readonly framing: ReplyFraming;
  readonly clock: Pick<Clock, "setTimer">;
  /** What it answers where nothing is wrong. Default: `plainImage`. */
  readonly image?: ServerImage;
}

/**
 * A Modbus server that answers as it is told, right or wrong, on whatever carries bytes: sockets (MBAP or RTU) and
 * terminals. Answers requests that nobody gave a reaction for as they should be.
 */
export class MisbehavingServer {
  /** How requests are answered that have no reaction of their own. */
  usual: Reaction = (turn) => turn.reply();
  /** Requests so far. */
  requests = 0;
  /** Requests that came while another one was unanswered (a serial line has room for one). */
  overlaps = 0;
  /** Transaction id of the last request. */
  lastTransactionId = 0;
  private readonly reactions: Reaction[] = [];
  private readonly streams = new Set<ByteStream>();
  private readonly timers = new Set<{ cancel(): void }>();
  private readonly image: ServerImage;
  private unanswered = 0;

  constructor(private readonly options: MisbehavingServerOptions) {
    this.image = options.image ?? plainImage;
  }

  /** The next request that has no reaction yet gets this one. */
  once(reaction: Reaction): void {
    this.reactions.push(reaction);
  }

  /** Serves a client. */
  attach(stream: ByteStream): void {
    const cutter = new RequestCutter(this.options.framing);
    this.streams.add(stream);
    stream.listen({
      data: (bytes) => {
        for (const request of cutter.push(bytes)) this.take(stream, request);
      },
      ended: () => stream.end(),
      gone: () => void this.streams.delete(stream),
    });
  }

  /** Bytes that answer nothing, to every client. */
  say(bytes: Uint8Array): void {
    for (const stream of this.streams) stream.write(bytes);
  }

  close(): void {
    for (const timer of this.timers) timer.cancel();
    for (const stream of this.streams) stream.cut();
    this.streams.clear();
  }

  private take(stream: ByteStream, request: ServerRequest): void {
    this.requests++;
    this.lastTransactionId = request.transactionId;
    if (this.unanswered > 0) this.overlaps++;
    this.unanswered++;
    const react = this.reactions.shift() ?? this.usual;
    react(this.turn(stream, request));
  }

  private turn(stream: ByteStream, request: ServerRequest): Turn {
    const { framing } = this.options;
    const { transactionId, unitId } = request;
    const good: Reply = { transactionId, protocolId: 0, unitId, pdu: this.image(unitId, request.pdu) };
    const frame = (changes?: Partial<Reply>): Buffer => replyBytes(framing, { ...good, ...changes });
    let open = true;
    const send = (bytes: Uint8Array): void => {
      if (open) this.unanswered--;
      open = false;
      stream.write(bytes);
    };
    return {
      request,
      good,
      stream,
      frame,
      send,
      // Nobody answers a broadcast on a serial line.
      reply: (changes) => (unitId === 0 && framing !== "mbap" ? this.broadcast() : send(frame(changes))),
      spoilt: (...faults) => send(replyBytes(framing, faults.reduce(spoil, good))),
      after: (delayMs, act) => this.after(delayMs, act),
    };
  }

  private broadcast(): void {
    this.unanswered--;
  }

  private after(delayMs: number, act: () => void): void {
    const timer = this.options.clock.setTimer(delayMs, () => {
      this.timers.delete(timer);
      act();
    });
    this.timers.add(timer);
  }
}
