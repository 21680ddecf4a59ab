/** Who knows which ids wait for their answers. */
export interface IdUser {
  isInFlight(id: number): boolean;
}

/**
 * The 16-bit transaction ids of MODBUS/TCP. One sequence for all connections that a session opens one after another, so
 * that an answer to an earlier connection's request can hardly fit; it starts anywhere, so that nobody can guess.
 */
export interface TransactionIds {
  /** The next id that is not in use. */
  next(user: IdUser): number;
}

/** @param random yields numbers in [0, 1). */
export function createTransactionIds(random: () => number): TransactionIds {
  return new Sequence(Math.floor(random() * 0x1_0000));
}

class Sequence implements TransactionIds {
  constructor(private last: number) {}

  next(user: IdUser): number {
    do this.last = (this.last + 1) & 0xffff;
    while (user.isInFlight(this.last));
    return this.last;
  }
}
