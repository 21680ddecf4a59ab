const PAGE = 256;

/** 65,536 cells of 16 bits, allocated in pages of 256 when they are first written. Cells never written hold 0. */
export interface SparseTable {
  get(address: number): number;
  set(address: number, value: number): void;
}

export function createSparseTable(): SparseTable {
  const pages = new Map<number, Uint16Array>();
  return {
    get: (address) => pages.get(address >> 8)?.[address & (PAGE - 1)] ?? 0,
    set(address, value) {
      let page = pages.get(address >> 8);
      if (page === undefined) {
        page = new Uint16Array(PAGE);
        pages.set(address >> 8, page);
      }
      page[address & (PAGE - 1)] = value;
    },
  };
}
