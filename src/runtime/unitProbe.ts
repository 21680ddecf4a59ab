import type { Transactor } from "../bus/transactor";
import type { Clock } from "../kernel/clock";
import type { PollUnit } from "./pollUnit";

/**
 * Asks a unit that is given up the least that it can be asked; true when it is there again. However it ends, another
 * probe may follow.
 */
export async function probeUnit(
  unit: PollUnit,
  bus: Pick<Transactor, "transact">,
  clock: Pick<Clock, "monotonic">,
): Promise<boolean> {
  const { breaker } = unit;
  const read = unit.probe();
  breaker.probing();
  const from = clock.monotonic();
  try {
    // Without anything that may be read there is nothing to find out.
    const answer = read === undefined ? undefined : await bus.transact(unit.unitId, read.request, read.options);
    if (read === undefined || answer === undefined) breaker.answered();
    else if (answer.ok) unit.readAnswered(read, answer.value.elapsedMs);
    else unit.readFailed(read, answer.error, from);
  } finally {
    if (breaker.open) breaker.probed(clock.monotonic());
  }
  return !breaker.open;
}
