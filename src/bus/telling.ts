/** Who has an outcome to hand over. */
export interface Telling {
  tell(): void;
}

const READY = Promise.resolve();
/** Settled in this turn; emptied before anything else of the event loop runs. Two lists by turns: none is made anew. */
let waiting: (Telling | undefined)[] = [];
let told: (Telling | undefined)[] = [];
/** How many entries of `waiting` count. */
let count = 0;

/**
 * Outcomes are handed over when the code that settled them has come to its end, as the continuation of a promise would
 * be: who asks again at once does not find a client in the middle of judging the rest of what has come.
 */
export function tellSoon(call: Telling): void {
  waiting[count] = call;
  count += 1;
  if (count === 1) void READY.then(tellAll);
}

function tellAll(): void {
  const calls = waiting;
  const length = count;
  waiting = told;
  told = calls;
  count = 0;
  for (let at = 0; at < length; at++) {
    const call = calls[at];
    calls[at] = undefined;
    call?.tell();
  }
}
