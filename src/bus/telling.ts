/** Who has an outcome to hand over. */
export interface Telling {
  tell(): void;
}

const READY = Promise.resolve();
/** Settled in this turn; emptied before anything else of the event loop runs. */
let waiting: Telling[] = [];

/**
 * Outcomes are handed over when the code that settled them has come to its end, as the continuation of a promise would
 * be: who asks again at once does not find a client in the middle of judging the rest of what has come.
 */
export function tellSoon(call: Telling): void {
  if (waiting.push(call) === 1) void READY.then(tellAll);
}

function tellAll(): void {
  const calls = waiting;
  waiting = [];
  for (const call of calls) call.tell();
}
