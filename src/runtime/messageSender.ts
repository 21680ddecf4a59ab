import type { OutgoingMessage } from "../cloud/edgeHub";
import type { Outbox } from "../cloud/outbox";
import { MAX_MESSAGE_BYTES, wireBytes } from "../cloud/wireSize";
import { chunksOf, ID_ROOM, messageBytes } from "../core/telemetry/messageSize";
import { CREATION_TIME } from "../core/telemetry/messageTimes";
import type { Clock } from "../kernel/clock";
import type { EpochMs } from "../kernel/units";

/** A message but for what every message has. */
export interface MessageDraft {
  readonly output: string;
  readonly body: string;
  /** Length of the body in UTF-8. */
  readonly bytes: number;
  readonly at: EpochMs;
  /** Where in the body instants stand that follow the wall clock. */
  readonly places?: readonly number[];
  /** By how much the wall clock had been stepped when the instants were taken; absent: as much as now. */
  readonly shift?: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** What has been handed over since the start: what IoT Hub will meter, if all of it goes upstream. */
export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
  /** Pieces of 4 KB, by which messages are metered. */
  readonly chunks: number;
}

export interface MessageSender {
  /** Messages of one lane stay in order. */
  send(lane: string, draft: MessageDraft): void;
  /**
   * Bytes that the body of a message with these properties may have: the whole message stays within `maxBytes` as IoT
   * Hub counts, and within what edgeHub takes as it is on the wire, which counts more beside the body.
   */
  room(maxBytes: number, properties: Readonly<Record<string, string>>): number;
  traffic(): Traffic;
}

export interface MessageSenderPorts {
  readonly outbox: Pick<Outbox, "offer">;
  readonly clock: Pick<Clock, "shift">;
  /** Unique over restarts and gateways: the stem of message ids. */
  readonly bootId: string;
}

const CONTENT = { contentType: "application/json", contentEncoding: "utf-8" } as const;
const INSTANT = "2026-01-01T00:00:00.000Z";

export function createMessageSender({ outbox, clock, bootId }: MessageSenderPorts): MessageSender {
  const traffic = { messages: 0, bytes: 0, chunks: 0 };

  return {
    send(lane, { output, body, bytes, at, places = [], shift = clock.shift(), properties }) {
      const message: OutgoingMessage = {
        output,
        messageId: `${bootId}-${traffic.messages + 1}`,
        body,
        ...CONTENT,
        properties: { ...properties, [CREATION_TIME]: new Date(at).toISOString() },
        times: { boot: bootId, shift, places },
      };
      const size = messageBytes(bytes, message);
      traffic.messages += 1;
      traffic.bytes += size;
      traffic.chunks += chunksOf(size);
      outbox.offer(lane, message);
    },
    room(maxBytes, properties) {
      const messageId = "x".repeat(bootId.length + ID_ROOM);
      const empty = { messageId, ...CONTENT, properties: { ...properties, [CREATION_TIME]: INSTANT } };
      const onTheWire = wireBytes({ ...empty, output: "", body: "" });
      return Math.min(maxBytes - messageBytes(0, empty), MAX_MESSAGE_BYTES - onTheWire);
    },
    traffic: () => ({ ...traffic }),
  };
}
