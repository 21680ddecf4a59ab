import type { Point } from "../points/point";
import type { CommandStep } from "./deviceCommand";

/**
 * How long the steps of a command rest at most, ms: what they wait for, the rest between writing and reading back, and
 * what `minWriteIntervalMs` asks for where a point is written more than once. Requests come on top.
 */
export function commandRestMs(steps: readonly CommandStep[], pointOf: (name: string) => Point | undefined): number {
  /** Without what conditions may take: they may be met at once. */
  let surelyMs = 0;
  let waitsMs = 0;
  const written = new Map<string, number>();
  for (const step of steps) {
    if (step.kind === "wait") surelyMs += step.waitMs;
    else if (step.kind === "until") waitsMs += step.timeoutMs;
    else {
      const points = step.items.flatMap(({ point }) => pointOf(point) ?? []);
      const early = points.map(({ name, write }) => {
        const before = written.get(name);
        return before === undefined ? 0 : before + (write?.minIntervalMs ?? 0) - surelyMs;
      });
      surelyMs += Math.max(0, ...early);
      for (const { name } of points) written.set(name, surelyMs);
      surelyMs += points.reduce((sum, { write }) => sum + (write?.verifyDelayMs ?? 0), 0);
    }
  }
  return surelyMs + waitsMs;
}
