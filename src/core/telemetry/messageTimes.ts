/** Length of an instant as messages write it: `2026-11-23T10:15:30.123Z`. */
export const INSTANT_LENGTH = 24;

/** The property that bears the time of a message (IoT Plug and Play). */
export const CREATION_TIME = "iothub-creation-time-utc";

/** By which clock the instants of a message were taken, and where they stand. Plain data: it may be stored. */
export interface MessageTimes {
  /** The start of the process that took them: only its own clock can correct them. */
  readonly boot: string;
  /** How far the wall clock had been stepped in all since that start, ms. */
  readonly shift: number;
  /** Where in the body (UTF-16 code units) an instant of `INSTANT_LENGTH` begins, in ascending order. */
  readonly places: readonly number[];
}

/** What of a message bears instants. */
export interface TimedMessage {
  readonly body: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly times?: MessageTimes;
}

/**
 * The message as the wall clock says it now: gateways without a clock chip wake up in 1970, and what they have read
 * until the clock is set would bear times of 1970 for ever. Messages of an earlier start stay as they are.
 */
export function withCurrentTimes<M extends TimedMessage>(message: M, boot: string, shift: number): M {
  const { times } = message;
  if (times === undefined || times.boot !== boot || times.shift === shift) return message;
  const by = shift - times.shift;
  const created = message.properties[CREATION_TIME];
  return {
    ...message,
    body: shiftBody(message.body, times.places, by),
    properties:
      created === undefined
        ? message.properties
        : { ...message.properties, [CREATION_TIME]: shiftInstant(created, by) },
    times: { ...times, shift },
  };
}

function shiftBody(body: string, places: readonly number[], by: number): string {
  const pieces: string[] = [];
  let from = 0;
  for (const place of places) {
    const end = place + INSTANT_LENGTH;
    pieces.push(body.slice(from, place), shiftInstant(body.slice(place, end), by));
    from = end;
  }
  pieces.push(body.slice(from));
  return pieces.join("");
}

/** An instant that is none, or would leave the years of four digits, stays as it is. */
function shiftInstant(text: string, by: number): string {
  const at = Date.parse(text) + by;
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return text;
  const shifted = new Date(at).toISOString();
  return shifted.length === INSTANT_LENGTH ? shifted : text;
}
