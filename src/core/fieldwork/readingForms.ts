import { orderBySwitches, orderText, parseSwitches, SWITCH_ORDERS } from "../points/order";
import type { DataType, Point } from "../points/point";

/** One way to read registers: a type with its order, and how unusual it is. */
export interface ReadingForm {
  readonly type: DataType;
  /** Registers. */
  readonly count: number;
  /** The `order` of a point; absent where the type has none, or it is the usual one. */
  readonly order?: string;
  /** `order` of the device, for types whose points have none (mod10k). */
  readonly deviceOrder?: string;
  /** 0: what most devices have. */
  readonly cost: number;
  /** Non-negative values mean the same to the unsigned type: only negative ones say something. */
  readonly negativeOnly: boolean;
  readonly isFloat: boolean;
  /** At address 0: decodes from an offset into registers. */
  readonly point: Point;
}

interface TypeFacts {
  readonly type: DataType;
  readonly count: number;
  readonly cost: number;
  readonly negativeOnly?: boolean;
}

/** By how often devices have them. */
const TYPES: readonly TypeFacts[] = [
  { type: "uint16", count: 1, cost: 0 },
  { type: "int16", count: 1, cost: 0.2, negativeOnly: true },
  { type: "float32", count: 2, cost: 0.1 },
  { type: "uint32", count: 2, cost: 1 },
  { type: "int32", count: 2, cost: 1.1, negativeOnly: true },
  { type: "float64", count: 4, cost: 1.5 },
  { type: "uint64", count: 4, cost: 2.5 },
  { type: "int64", count: 4, cost: 2.6, negativeOnly: true },
  { type: "bcd16", count: 1, cost: 3 },
  { type: "bcd32", count: 2, cost: 3.2 },
  { type: "uint8High", count: 1, cost: 3 },
  { type: "uint8Low", count: 1, cost: 3 },
  { type: "int8High", count: 1, cost: 3.2, negativeOnly: true },
  { type: "int8Low", count: 1, cost: 3.2, negativeOnly: true },
  { type: "signMagnitude16", count: 1, cost: 3, negativeOnly: true },
  { type: "signMagnitude32", count: 2, cost: 3.4, negativeOnly: true },
  { type: "mod10k", count: 2, cost: 4 },
  { type: "mod10k", count: 3, cost: 4.2 },
  { type: "mod10k", count: 4, cost: 4.3 },
  { type: "float16", count: 1, cost: 4 },
];

const ORDER_COST: Readonly<Record<string, number>> = { ABCD: 0, CDAB: 0.3, DCBA: 1.5, BADC: 1.8 };

/** Every way to read registers, each meaning once. */
export const READING_FORMS: readonly ReadingForm[] = TYPES.flatMap(formsOf);

function formsOf({ type, count, cost, negativeOnly = false }: TypeFacts): readonly ReadingForm[] {
  const known = new Set<string>();
  return SWITCH_ORDERS.flatMap((letters) => {
    const switches = parseSwitches(letters);
    const order = switches.ok ? orderBySwitches(type, switches.value, count) : undefined;
    const key = String(order);
    if (known.has(key)) return [];
    known.add(key);
    const point: Point = {
      ...{ name: "form", table: "holding", address: 0, count, type, group: "default", access: "read" },
      ...{ kind: "telemetry" },
      ...(order === undefined ? {} : { order }),
    } as const;
    const usual = letters === "ABCD" || order === undefined;
    const onDevice = type === "mod10k";
    return [
      {
        ...{ type, count, negativeOnly, point, isFloat: type.startsWith("float") },
        cost: cost + (usual ? 0 : (ORDER_COST[letters] ?? 2)),
        ...(usual || onDevice ? {} : { order: orderText(type, order) }),
        ...(usual || !onDevice ? {} : { deviceOrder: letters }),
      },
    ];
  });
}
