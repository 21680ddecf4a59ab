/**
 * The 16-bit transaction ids of MODBUS/TCP. One sequence for all connections that a session opens one after another, so
 * that an answer to an earlier connection's request can hardly fit; it starts anywhere, so that nobody can guess.
 */
export interface TransactionIds {
  /** The next id that is not in use. */
  next(inUse: (id: number) => boolean): number;
}

/** @param random yields numbers in [0, 1). */
export function createTransactionIds(random: () => number): TransactionIds {
  let last = Math.floor(random() * 0x1_0000);
  return {
    next(inUse) {
      do last = (last + 1) & 0xffff;
      while (inUse(last));
      return last;
    },
  };
}
