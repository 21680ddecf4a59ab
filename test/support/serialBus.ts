import { rtuFrame } from "../../src/core/modbus/rtuFrame";
import type { Clock } from "../../src/kernel/clock";
import type { FakeLink } from "./fakeLink";

/** What a unit holds at an address: nothing that another unit or address holds. */
export function registerAt(unitId: number, address: number): number {
  return ((unitId << 12) | (address & 0xfff)) & 0xffff;
}

export interface BusHabits {
  /** ms that a unit takes for a request; undefined: it never answers. Units do one thing after another. */
  delayMs(): number | undefined;
  /** What becomes of an answer on its way. */
  spoil(frame: Buffer): Buffer;
  /** The line gives back what is sent. */
  readonly echoes: boolean;
  /** Bytes a piece, ms between pieces. */
  piece(): { readonly bytes: number; readonly everyMs: number };
  /** The request reaches nobody. */
  isLost(): boolean;
}

/** Units on a line behind `link`: each answers in order, at its own pace, and talks into what others say. */
export class SerialBus {
  /** Calm: answers come after 2 ms, whole. */
  habits: BusHabits | undefined;
  /** Requests that units have got and that are no reads, as hex. */
  readonly carriedOut = new Set<string>();
  private readonly freeAt = new Map<number, number>();

  constructor(
    private readonly link: FakeLink,
    private readonly clock: Clock,
  ) {
    link.onWrite = (hex) => this.hear(Buffer.from(hex, "hex"));
  }

  private hear(request: Buffer): void {
    const { habits } = this;
    if (habits?.echoes === true) this.link.arrive(request.toString("hex"));
    const [unitId = 0, functionCode = 0] = request;
    if (unitId === 0 || habits?.isLost() === true) return;
    if (functionCode !== 3 && functionCode !== 4) this.carriedOut.add(request.toString("hex"));
    const now = this.clock.monotonic();
    const delayMs = habits === undefined ? 2 : habits.delayMs();
    if (delayMs === undefined) return;
    const at = Math.max(now, this.freeAt.get(unitId) ?? 0) + delayMs;
    this.freeAt.set(unitId, at);
    const answer = Buffer.from(rtuFrame(unitId, answerTo(unitId, functionCode, request)));
    this.clock.setTimer(at - now, () => this.say(habits === undefined ? answer : habits.spoil(answer)));
  }

  /** In pieces, into whatever others say meanwhile. */
  private say(bytes: Buffer): void {
    const { bytes: size, everyMs } = this.habits?.piece() ?? { bytes: bytes.length, everyMs: 0 };
    this.link.arrive(bytes.subarray(0, size).toString("hex"));
    const rest = bytes.subarray(size);
    if (rest.length > 0) this.clock.setTimer(everyMs, () => this.say(rest));
  }
}

function answerTo(unitId: number, functionCode: number, request: Buffer): Buffer {
  if (functionCode !== 3 && functionCode !== 4) return request.subarray(1, 6);
  const [address, count] = [request.readUInt16BE(2), request.readUInt16BE(4)];
  const words = Array.from({ length: count }, (_, index) => registerAt(unitId, address + index));
  return Buffer.from([functionCode, 2 * count, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
}
