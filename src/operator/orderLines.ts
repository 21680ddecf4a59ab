/** Tasks in lines: in each one after another, the lines beside one another. Bounded over all. */
export class OrderLines {
  readonly #ends = new Map<string, Promise<void>>();
  #waiting = 0;

  constructor(private readonly most: number) {}

  /** False where too many wait already. A task settles all that it can fail by itself. */
  put(line: string, task: () => Promise<void>): boolean {
    if (this.#waiting >= this.most) return false;
    this.#waiting += 1;
    const before = this.#ends.get(line) ?? Promise.resolve();
    const work = before.then(task).finally(() => {
      this.#waiting -= 1;
      if (this.#ends.get(line) === work) this.#ends.delete(line);
    });
    this.#ends.set(line, work);
    return true;
  }
}
