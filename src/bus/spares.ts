/** Has an end and can then be used again. */
export interface Spare<T> {
  /** The next on the pile, while it lies there. */
  nextSpare: T | undefined;
}

/**
 * Keeps what has ended for the next. A chain from one to the next: nearly always of a single one, and an array would have
 * room for seventeen.
 */
export interface Pile<T> {
  topSpare: T | undefined;
}

export function takeSpare<T extends Spare<T>>(pile: Pile<T>): T | undefined {
  const { topSpare } = pile;
  if (topSpare === undefined) return undefined;
  pile.topSpare = topSpare.nextSpare;
  topSpare.nextSpare = undefined;
  return topSpare;
}

/** Never the same twice: it would be given to two at once. */
export function keepSpare<T extends Spare<T>>(pile: Pile<T>, thing: T): void {
  thing.nextSpare = pile.topSpare;
  pile.topSpare = thing;
}
