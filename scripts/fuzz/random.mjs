/** Random numbers that depend on the seed alone, and what is done to bytes with them. */

/** mulberry32: every draw of one input comes from its own state, so that any input can be made again by itself. */
export class Random {
  constructor(seed) {
    this.state = seed | 0;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit) {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  }

  /** An integer from `low` to `high`; one in four is one of the ends. */
  between(low, high) {
    const edge = this.below(8);
    if (edge < 2) return edge === 0 ? low : high;
    return low + this.below(high - low + 1);
  }

  oneIn(times) {
    return this.below(times) === 0;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  word() {
    return this.below(0x10000);
  }

  bytes(length) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.below(256);
    return bytes;
  }
}

/** The seed of one input. */
export function inputSeed(seed, target, index) {
  return (
    (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(target + 1, 0xc2b2ae35) ^ Math.imul(index, 0x27d4eb2f)) | 0
  );
}

export function concat(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const MUTATIONS = [
  /** One bit. */
  (bytes, random) => {
    const copy = bytes.slice();
    copy[random.below(copy.length)] ^= 1 << random.below(8);
    return copy;
  },
  /** One byte: any value, or one that means something somewhere. */
  (bytes, random) => {
    const copy = bytes.slice();
    copy[random.below(copy.length)] = random.oneIn(2)
      ? random.below(256)
      : random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xfe, 0xff]);
    return copy;
  },
  /** Cut off behind, or in front. */
  (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  (bytes, random) => bytes.slice(1 + random.below(bytes.length)),
  /** A piece too much, a piece too few, a piece twice. */
  (bytes, random) => {
    const at = random.below(bytes.length + 1);
    return concat(bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at));
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8)));
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    return concat(bytes.subarray(0, at + 1), bytes.subarray(at));
  },
];

/** Changed in one to three places; what is empty stays so. */
export function mutate(bytes, random) {
  let changed = bytes;
  for (let times = 1 + random.below(3); times > 0 && changed.length > 0; times--) {
    changed = random.pick(MUTATIONS)(changed, random);
  }
  return changed;
}

/** The same bytes in pieces: whole, byte by byte, or anything between. */
export function pieces(bytes, random) {
  if (random.oneIn(3)) return [bytes];
  const most = random.pick([1, 3, 20, 200]);
  const parts = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(most);
    parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts;
}

export function hex(bytes) {
  return Buffer.from(bytes).toString("hex");
}
