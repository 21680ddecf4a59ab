/** What is used again and again. */
export interface Spare<T> {
  /** The next on the pile, while it lies there. */
  nextSpare: T | undefined;
}

/** What is kept of things that have ended, for the next. A chain: nearly always of one, and an array has room for more. */
export class Spares<T extends Spare<T>> {
  private top: T | undefined;

  take(): T | undefined {
    const { top } = this;
    if (top === undefined) return undefined;
    this.top = top.nextSpare;
    top.nextSpare = undefined;
    return top;
  }

  /** Never twice: it would be given to two at once. */
  keep(thing: T): void {
    thing.nextSpare = this.top;
    this.top = thing;
  }
}
