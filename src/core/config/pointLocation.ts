import { addressText } from "../modbus/address";
import { MODEL_END, modelAddress } from "../modbus/modelAddress";
import { isBitTable, LIMITS, type Table } from "../modbus/spec";
import { lengthsOf, needsLength, registersOf, typeSpec } from "../points/dataType";
import { type OrderSwitches, orderBySwitches, orderFor, parseSwitches } from "../points/order";
import type { DataType, Point } from "../points/point";
import { isReference, parseAddress } from "./address";
import type { Draft } from "./layers";
import { didYouMean } from "./nearest";
import type { Block } from "./resolveBlocks";

/** What the wire carries of a point. */
export type Location = Pick<Point, "table" | "address" | "count" | "type" | "order">;

/** What the device says for all its points. */
export interface WireRules {
  readonly addressBase: 0 | 1;
  /** Added to every address, after the base has been taken off. */
  readonly addressOffset: number;
  readonly blocks: ReadonlyMap<string, Block>;
  /** Of the device or, after the point's and the defaults', of the profile. */
  readonly deviceOrder: string | undefined;
  readonly profileOrder: string | undefined;
}

/** Table, address, type, size and byte order; `undefined` after noting what is wrong. */
export function resolveLocation(draft: Draft, rules: WireRules): Location | undefined {
  const start = resolveStart(draft, rules);
  if (start === undefined) return undefined;
  const type = isBitTable(start.table) ? bitType(draft) : registerType(draft);
  if (type === undefined) return undefined;
  const count = resolveCount(draft, type);
  if (count === undefined) return undefined;
  if (start.model !== undefined) {
    const end = start.model + count;
    if (end > MODEL_END) return draft.fault("address", `${start.model} is behind the end of any model (${MODEL_END})`);
  } else if (start.address + count - 1 > LIMITS.address) {
    return draft.fault(
      "address",
      `${addressText(start.table, start.address)} and ${count - 1} more go beyond the last address, 65535`,
    );
  }
  const order = resolveOrder(draft, type, count, rules);
  const { table, address } = start;
  return { table, address, type, count, ...(order === undefined ? {} : { order }) };
}

interface Start {
  readonly table: Table;
  readonly address: number;
  /** In a SunSpec model: the offset in it. */
  readonly model?: number;
}

function resolveStart(draft: Draft, rules: WireRules): Start | undefined {
  const block = draft.find("block");
  const start = block === undefined ? statedStart(draft, rules.addressBase) : startInBlock(draft, block.value, rules);
  if (start === undefined || start.model !== undefined || rules.addressOffset === 0) return start;
  const address = start.address + rules.addressOffset;
  if (address >= 0 && address <= LIMITS.address) return { ...start, address };
  const text = `${addressText(start.table, start.address)} with "addressOffset": ${rules.addressOffset} is out of range: addresses go from 0 to 65535`;
  return draft.fault("address", text);
}

function startInBlock(draft: Draft, name: string, { blocks }: WireRules): Start | undefined {
  const block = blocks.get(name);
  if (block === undefined) {
    const known = [...blocks.keys()];
    const hint = didYouMean(name, known) || (known.length === 0 ? ": the profile has none" : `: ${known.join(", ")}`);
    return draft.fault("block", `there is no block "${name}"${hint}`);
  }
  const form = draft.find("address");
  if (form === undefined) return draft.fault("address", '"address" is missing: the first register of a block is 0');
  if (isReference(form.value)) {
    return draft.fault(
      "address",
      `"${form.value}" says the table: in a block a number counts from its first register, 0`,
    );
  }
  const own = draft.find("table");
  const table = block.kind === "model" ? "holding" : block.table;
  if (own !== undefined && own.value !== table && !own.layer.isDefault) {
    return draft.fault("table", `the block "${name}" is in the table ${table}: leave "table" out`);
  }
  const offset = Number(form.value);
  if (block.kind === "model") return { table, address: modelAddress(block.number, offset), model: offset };
  const address = block.address + offset;
  if (address <= LIMITS.address) return { table, address };
  return draft.fault(
    "address",
    `${offset} from ${addressText(table, block.address)} goes beyond the last address, 65535`,
  );
}

function statedStart(draft: Draft, base: 0 | 1): Start | undefined {
  const form = draft.find("address");
  const table = draft.find("table");
  if (form === undefined) return draft.fault("address", '"address" is missing');
  const parsed = parseAddress(form.value, base);
  if (!parsed.ok) return draft.fault("address", parsed.error);
  const { address, table: named } = parsed.value;
  if (named === undefined) {
    return table === undefined
      ? draft.fault("table", '"table" is missing: one of coil, discrete, input, holding')
      : { table: table.value, address };
  }
  if (isReference(form.value) && table !== undefined && !table.layer.isDefault) {
    return draft.fault("table", `the reference "${form.value}" says the table (${named}): leave "table" out`);
  }
  return { table: named, address };
}

const ON_BITS = "a coil or discrete input is one bit: leave it out";

function bitType(draft: Draft): DataType {
  draft.suited("type", draft.get("type") === "bool", `the type of a coil or discrete input is bool: leave it out`);
  for (const key of ["bit", "bits", "mask", "length", "order", "notAvailable"] as const)
    draft.suited(key, false, ON_BITS);
  return "bool";
}

function registerType(draft: Draft): DataType | undefined {
  const type = draft.find("type");
  const takesBits = draft.get("bit") !== undefined || draft.get("bits") !== undefined;
  if (type === undefined && !takesBits) {
    return draft.fault("type", '"type" is missing: how the registers are read, such as uint16 or float32');
  }
  if (type === undefined) return "uint16";
  if (type.value !== "bool") return type.value;
  if (takesBits) return "uint16";
  return draft.fault("type", 'a bool in a register needs its "bit" (0 to 15), or "bits"');
}

function resolveCount(draft: Draft, type: DataType): number | undefined {
  if (!needsLength(type)) {
    draft.suited("length", false, `${type} has its own length: leave it out`);
    return registersOf(type);
  }
  const length = draft.get("length");
  if (length === undefined) return draft.fault("length", `"length" is missing: the registers of the ${type}`);
  const [least, most] = lengthsOf(type);
  if (length >= least && length <= most) return length;
  return draft.fault("length", `a ${type} has ${least} to ${most} registers, not ${length}`);
}

/** The point's own letters; else the switches of the device, the defaults, the profile, the first there is. */
function resolveOrder(draft: Draft, type: DataType, length: number, rules: WireRules): Point["order"] | undefined {
  const found = draft.find("order");
  if (found !== undefined && !found.layer.isDefault) return ownOrder(draft, type, found.value, length);
  const letters = rules.deviceOrder ?? found?.value ?? rules.profileOrder;
  if (letters === undefined) return plainOrder(type, length);
  const switches = parseSwitches(letters);
  return switches.ok ? orderBySwitches(type, switches.value, length) : draft.fault("order", switches.error);
}

function ownOrder(draft: Draft, type: DataType, letters: string, length: number): Point["order"] | undefined {
  if (typeSpec(type).shape === "bit") return undefined;
  const order = orderFor(type, letters, length);
  return order.ok ? order.value : draft.fault("order", order.error);
}

const PLAIN: OrderSwitches = { wordsReversed: false, bytesSwapped: false };

function plainOrder(type: DataType, length: number): Point["order"] | undefined {
  return orderBySwitches(type, PLAIN, length);
}
