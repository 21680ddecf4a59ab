/** A message routed to an input of a module. */
export interface InputMessage {
  readonly topic: string;
  readonly body: string;
}

/** Messages for the inputs of one module: one under way at a time, as edgeHub does it; bounded, the oldest goes first. */
export interface InputQueue {
  add(message: InputMessage): void;
  /** The module acknowledged the message with this packet id. */
  acknowledged(messageId: number): void;
  /** The module subscribed: the message under way is sent again, or the next one begins. */
  resume(): void;
  readonly waiting: number;
  readonly dropped: number;
}

/** @param send publishes with QoS 1; false when the module cannot be reached now. */
export function createInputQueue(
  capacity: number,
  send: (message: InputMessage, messageId: number, repeated: boolean) => boolean,
): InputQueue {
  const queue: InputMessage[] = [];
  let current: { readonly message: InputMessage; readonly messageId: number } | undefined;
  let lastId = 0;
  let dropped = 0;

  function next(): void {
    const message = queue[0];
    if (current !== undefined || message === undefined) return;
    const messageId = (lastId % 65_535) + 1;
    if (!send(message, messageId, false)) return;
    lastId = messageId;
    queue.shift();
    current = { message, messageId };
  }

  return {
    add(message) {
      if (queue.length >= capacity) {
        queue.shift();
        dropped += 1;
      }
      queue.push(message);
      next();
    },
    acknowledged(messageId) {
      if (current?.messageId !== messageId) return;
      current = undefined;
      next();
    },
    resume() {
      if (current !== undefined) send(current.message, current.messageId, true);
      else next();
    },
    get waiting() {
      return queue.length + (current === undefined ? 0 : 1);
    },
    get dropped() {
      return dropped;
    },
  };
}
