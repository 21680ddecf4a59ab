/** Views of up to so many bytes are kept: an answer, or a few. */
const KEPT_BYTES = 1024;

/** Where sockets read into. Polling brings the same few lengths again and again: their views serve again. */
export class ReadBuffer {
  readonly bytes: Buffer;
  private readonly views: Buffer[] = [];

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** The first bytes. */
  first(count: number): Buffer {
    const known = count <= KEPT_BYTES ? this.views[count] : undefined;
    if (known !== undefined) return known;
    const view = this.bytes.subarray(0, count);
    if (count <= KEPT_BYTES) this.views[count] = view;
    return view;
  }
}
