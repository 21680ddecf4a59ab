/** SHA-256 (FIPS 180-4) for fingerprints: the core may not import Node's. */

const ROUNDS = 64;
const BLOCK_BYTES = 64;

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && isPrime(n));

/** The first 32 bits of the fraction (section 4.2.2). */
function fraction(value: number): number {
  return ((value - Math.floor(value)) * 2 ** 32) >>> 0;
}

const K = Int32Array.from(PRIMES.slice(0, ROUNDS), (prime) => fraction(Math.cbrt(prime)));
const H = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

/** Of the block that is being compressed, and of the text so far: one digest is made at a time. */
const w = new Int32Array(ROUNDS);
const state = new Int32Array(8);

const encoder = new TextEncoder();
/** Most texts are short: room of their own for each would take longer than the digest. */
const SHORT = new DataView(new ArrayBuffer(4096));

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer as ArrayBuffer);
}

const SHORT_BYTES = bytesOf(SHORT);

interface Blocks {
  readonly view: DataView;
  /** A multiple of 64. */
  readonly length: number;
}

/** UTF-8, padded to whole blocks (section 5.1.1). */
function padded(text: string): Blocks {
  // A unit of UTF-16 takes at most three bytes, the padding at most 72.
  const most = text.length * 3 + 72;
  const isShort = most <= SHORT_BYTES.length;
  const view = isShort ? SHORT : new DataView(new ArrayBuffer(most));
  const bytes = isShort ? SHORT_BYTES : bytesOf(view);
  const { written } = encoder.encodeInto(text, bytes);
  const length = Math.ceil((written + 9) / BLOCK_BYTES) * BLOCK_BYTES;
  bytes.fill(0, written, length);
  bytes[written] = 0x80;
  view.setUint32(length - 8, Math.floor(written / 2 ** 29));
  view.setUint32(length - 4, (written * 8) >>> 0);
  return { view, length };
}

/** The words of a block's rounds (section 6.2.2, step 1). */
function expand(view: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = view.getInt32(at + t * 4);
  for (let t = 16; t < ROUNDS; t++) {
    const a = w[t - 15] as number;
    const b = w[t - 2] as number;
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3);
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10);
    w[t] = ((w[t - 16] as number) + s0 + (w[t - 7] as number) + s1) | 0;
  }
}

function word(at: number): number {
  return state[at] as number;
}

function add(at: number, more: number): void {
  state[at] = word(at) + more;
}

/** Section 6.2.2, steps 2 to 4. Eight names and no lists: this is where the time goes. */
function compress(): void {
  let a = word(0);
  let b = word(1);
  let c = word(2);
  let d = word(3);
  let e = word(4);
  let f = word(5);
  let g = word(6);
  let h = word(7);
  for (let t = 0; t < ROUNDS; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[t] as number) + (w[t] as number)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  add(0, a);
  add(1, b);
  add(2, c);
  add(3, d);
  add(4, e);
  add(5, f);
  add(6, g);
  add(7, h);
}

/** The digest of the text's UTF-8, in hexadecimal. */
export function sha256(text: string): string {
  const { view, length } = padded(text);
  state.set(H);
  for (let at = 0; at < length; at += BLOCK_BYTES) {
    expand(view, at);
    compress();
  }
  // Joined, not added up: digests are kept by the thousand, and what is added up stays a tree of its pieces.
  return Array.from(state, (_, at) => (word(at) >>> 0).toString(16).padStart(8, "0")).join("");
}
