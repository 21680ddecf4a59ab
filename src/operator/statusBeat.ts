import type { Clock } from "../kernel/clock";
import type { Scope } from "../kernel/scope";

/** By then connections and devices have had time to show what they are. */
const FIRST_MS = 3000;

/** Takes the status on its own slow beat, until the scope closes. @param take returns how long to the next time, ms. */
export function repeatStatus(clock: Pick<Clock, "setTimer">, scope: Pick<Scope, "defer">, take: () => number): void {
  let timer = clock.setTimer(FIRST_MS, function beat() {
    timer = clock.setTimer(take(), beat);
  });
  scope.defer(() => timer.cancel());
}
