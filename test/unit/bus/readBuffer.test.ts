import { ReadBuffer } from "../../../src/bus/readBuffer";

describe("read buffer", () => {
  it("gives what has been read, whatever lengths come in turn", () => {
    const buffer = new ReadBuffer(4096);
    for (const [count, byte] of [
      [209, 1],
      [11, 2],
      [209, 3],
      [0, 4],
      [1024, 5],
      [1025, 6],
      [4096, 7],
    ] as const) {
      buffer.bytes.fill(byte, 0, count);
      expect(buffer.first(count)).toEqual(Buffer.alloc(count, byte));
    }
  });

  it("keeps the views of short reads alone", () => {
    const buffer = new ReadBuffer(4096);
    expect(buffer.first(209)).toBe(buffer.first(209));
    expect(buffer.first(3000)).not.toBe(buffer.first(3000));
  });
});
