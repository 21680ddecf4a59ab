/**
 * Up to here V8 keeps the numbers inside the object, which costs next to nothing. Beyond, every array has memory of
 * its own outside the heap: 0.5 to 0.9 µs each, more than all the checks of an answer together.
 */
const INLINE_REGISTERS = 32;
const SLAB_BYTES = 8192;

let slab = new ArrayBuffer(0);
let used = 0;

/**
 * `count` (0 … 125) registers, all 0. Long ones share a piece of memory with those made before and after them, as
 * Node's buffers do: who keeps one for long keeps up to 8 KiB with it, so copy it (`slice()`).
 */
export function newRegisters(count: number): Uint16Array {
  if (count <= INLINE_REGISTERS) return new Uint16Array(count);
  const bytes = 2 * count;
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES);
    used = 0;
  }
  const registers = new Uint16Array(slab, used, count);
  used += bytes;
  return registers;
}
