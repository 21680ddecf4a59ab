import { err, ok, type Result } from "../../kernel/result";
import { failure, type ModbusFailure } from "../modbus/failure";
import type { ModelPlace } from "../modbus/modelAddress";
import { exceptionText } from "../modbus/spec";

/** "SunS": two registers before the first model (SunSpec Device Information Model Specification). */
export const SUNSPEC_MARKER = [0x5375, 0x6e53] as const;
/** Where the marker may stand, 0-based. */
export const SUNSPEC_BASES = [40_000, 0, 50_000] as const;
export const SUNSPEC_END = 0xffff;

const HEADER = 2;
const ADDRESSES = 65_536;
/** More models than a device has; the walk ends. */
const MOST_MODELS = 256;

/** A model that was looked for and found. `start`: the register of its id; `length`: registers after id and length. */
export interface FoundModel {
  readonly start: number;
  readonly length: number;
}

/** Walks the chain of models of one device, two holding registers at a time; sans-IO. */
export interface ModelChain {
  /** 0-based address of the two registers to be read next; `undefined`: the walk is over. */
  readonly next: number | undefined;
  answered(registers: ArrayLike<number>): void;
  /** The device answered with an exception that means "not here". */
  refused(): void;
  /** By the number of the list that was looked for; what is not in it, is not there. */
  readonly found: ReadonlyMap<number, FoundModel>;
  /** Whether the marker was found. */
  readonly hasMarker: boolean;
}

/** `wanted`: lists of model ids by their number; of each list the first model in the chain is found. */
export function createModelChain(wanted: ReadonlyMap<number, readonly number[]>): ModelChain {
  return new ChainWalk(wanted);
}

class ChainWalk implements ModelChain {
  readonly found = new Map<number, FoundModel>();
  hasMarker = false;
  private base = 0;
  private models = 0;
  private at: number | undefined = SUNSPEC_BASES[0];

  constructor(private readonly wanted: ReadonlyMap<number, readonly number[]>) {
    if (wanted.size === 0) this.at = undefined;
  }

  get next(): number | undefined {
    return this.at;
  }

  answered(registers: ArrayLike<number>): void {
    const [first = 0, second = 0] = [registers[0], registers[1]];
    if (this.hasMarker) this.header(first, second);
    else if (first === SUNSPEC_MARKER[0] && second === SUNSPEC_MARKER[1]) {
      this.hasMarker = true;
      this.goTo((this.at ?? 0) + HEADER);
    } else this.refused();
  }

  /** Before the marker: it may stand elsewhere. Behind it: a chain without its end. */
  refused(): void {
    this.base += 1;
    this.at = this.hasMarker ? undefined : SUNSPEC_BASES[this.base];
  }

  private header(id: number, length: number): void {
    const start = this.at;
    // Id 0 is no model: memory that nobody has filled.
    if (start === undefined || id === SUNSPEC_END || id === 0) {
      this.at = undefined;
      return;
    }
    for (const [number, ids] of this.wanted) {
      if (ids.includes(id) && !this.found.has(number)) this.found.set(number, { start, length });
    }
    this.models += 1;
    const isOver = this.found.size === this.wanted.size || this.models === MOST_MODELS;
    if (isOver) this.at = undefined;
    else this.goTo(start + HEADER + length);
  }

  private goTo(address: number): void {
    this.at = address + HEADER <= ADDRESSES ? address : undefined;
  }
}

/** Exceptions that say "not here", and not "not now". */
export function isNotHere(code: number): boolean {
  return code >= 1 && code <= 4;
}

/** The first of `count` registers at a place in a model, once the walk is over; or why the device has none there. */
export function placeInChain(
  { found, hasMarker }: ModelChain,
  ids: readonly number[],
  { number, offset }: ModelPlace,
  count: number,
  unitId: number,
): Result<number, ModbusFailure> {
  const model = found.get(number);
  const names = ids.join(" or ");
  if (model === undefined) {
    const detail = hasMarker
      ? `unit ${unitId} has no SunSpec model ${names}`
      : `unit ${unitId} has no SunSpec marker at holding ${SUNSPEC_BASES.join(", ")}`;
    return err(failure("absent", detail));
  }
  const first = model.start + offset;
  if (offset + count <= model.length + HEADER && first + count <= ADDRESSES) return ok(first);
  // What lies behind the model is another one: its registers are not these points'.
  const detail = `${exceptionText(2)}: behind the end of SunSpec model ${names} (length ${model.length})`;
  return err({ kind: "exception", code: 2, detail });
}
