import { verbatimJson } from "../kernel/jsonText";

/** A message that the hub has acknowledged. */
export interface HubMessage {
  /** 1 for the first message since the hub started. */
  readonly number: number;
  /** When the hub received it, ISO 8601 with `Z`. */
  readonly hubTime: string;
  readonly deviceId: string;
  /** Absent for a leaf device. */
  readonly moduleId?: string;
  /** `$.on`; empty where the client named none. */
  readonly output: string;
  /** `$.mid` */
  readonly messageId?: string;
  /** `$.ct` */
  readonly contentType?: string;
  /** `$.ce` */
  readonly contentEncoding?: string;
  /** The application properties and `$.sub` (the component), decoded. */
  readonly properties: Readonly<Record<string, string>>;
  /** UTF-8 text as it came. */
  readonly body: string;
  /** The client marked it as a repetition (MQTT DUP). */
  readonly duplicate: boolean;
}

/** The last messages, and how many there were. */
export interface MessageLog {
  add(message: Omit<HubMessage, "number">): HubMessage;
  /** What is still held, oldest first. */
  list(): readonly HubMessage[];
  /** All messages since the start. */
  readonly total: number;
  /** Those no longer held. */
  readonly dropped: number;
  /** Called with each message as it comes. Returns the end of the subscription. */
  subscribe(listener: (message: HubMessage) => void): () => void;
}

/** @param capacity messages held, at least 1; the oldest goes first. */
export function createMessageLog(capacity: number): MessageLog {
  const ring: HubMessage[] = [];
  const listeners = new Set<(message: HubMessage) => void>();
  let total = 0;
  return {
    add(message) {
      const numbered = { number: total + 1, ...message };
      ring[total % capacity] = numbered;
      total += 1;
      for (const listener of listeners) listener(numbered);
      return numbered;
    },
    list() {
      const oldest = total % capacity;
      return total <= capacity ? ring.slice() : [...ring.slice(oldest), ...ring.slice(0, oldest)];
    },
    get total() {
      return total;
    },
    get dropped() {
      return Math.max(0, total - capacity);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `{"output","properties","body","hubTime"}` on one line: the lines of `demo --json`. The body keeps every digit. */
export function messageLine({ output, properties, body, hubTime }: HubMessage): string {
  return `{"output":${JSON.stringify(output)},"properties":${JSON.stringify(properties)},"body":${verbatimJson(body)},"hubTime":${JSON.stringify(hubTime)}}`;
}
