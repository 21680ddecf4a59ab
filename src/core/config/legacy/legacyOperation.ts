import type { Json, JsonObject } from "../../../kernel/json";
import { isBitTable, LIMITS } from "../../modbus/spec";
import { needsLength, registersOf } from "../../points/dataType";
import { DATA_TYPES, type DataType } from "../../points/point";
import { nameFault, RESERVED_FOR_POINTS } from "../names";
import { didYouMean, show } from "../nearest";
import { type LegacyStart, legacyAddress, parseStartAddress } from "./legacyAddress";
import { knownKeys, type LegacyObject } from "./legacyObject";

/** The keys of an operation: those of the archived module, then those that its users may add on their way here. */
export const OPERATION_KEYS = knownKeys(
  ...["PollingInterval", "UnitId", "StartAddress", "Count", "DisplayName", "CorrelationId"],
  ...["DataType", "Order", "Scale", "Offset", "Unit", "Point"],
);

/** An operation of the archived module: so many values from an address on. */
export interface LegacyOperation {
  readonly name: string;
  readonly place: LegacyObject;
  readonly unitId: number;
  readonly start: LegacyStart;
  /** Registers (or bits) of a value. */
  readonly width: number;
  readonly values: number;
  readonly intervalMs: number;
  readonly displayName: string | null;
  readonly correlationId: string;
  /** The name that `Point` asks for. */
  readonly point: string | undefined;
  /** Keys of the native point beside its address. */
  readonly keys: JsonObject;
}

const INTERVAL = { fallback: 1000, least: 10, most: 86_400_000 };
/** As many bits as one request reads. More than 125 registers are read in several, which the archived module could not. */
const MOST_VALUES = LIMITS.readBits;
export const DEFAULT_CORRELATION_ID = "DefaultCorrelationId";

/** An operation; `undefined` after noting what is wrong. `isSerial`: of a slave on a serial line. */
export function legacyOperation(place: LegacyObject, name: string, isSerial: boolean): LegacyOperation | undefined {
  const unitId = unitOf(place, isSerial);
  const start = startOf(place);
  const count = countOf(place);
  const intervalMs = intervalOf(place);
  const displayName = place.text("DisplayName") ?? null;
  const correlationId = place.text("CorrelationId") ?? DEFAULT_CORRELATION_ID;
  const point = pointOf(place);
  if (start === undefined || count === undefined || unitId === undefined) return undefined;
  const shape = shapeOf(place, start, count);
  if (shape === undefined) return undefined;
  const keys = { ...shape.keys, ...meaningOf(place) };
  const { width, values } = shape;
  return { name, place, unitId, start, width, values, intervalMs, displayName, correlationId, point, keys };
}

function pointOf(place: LegacyObject): string | undefined {
  const name = place.text("Point")?.trim();
  const wrong = name === undefined ? undefined : nameFault(name, "a point", RESERVED_FOR_POINTS);
  return wrong === undefined ? name : place.fault("Point", wrong);
}

function unitOf(place: LegacyObject, isSerial: boolean): number | undefined {
  if (place.has("UnitId"))
    return place.whole("UnitId", "a unit id", { least: isSerial ? 1 : 0, most: isSerial ? 247 : 255 });
  if (isSerial) return place.fault("UnitId", '"UnitId" is missing: on a serial line the unit that is asked, 1 to 247');
  place.warn("UnitId", '"UnitId" is missing: unit 0 is asked, as the archived module did');
  return 0;
}

function startOf(place: LegacyObject): LegacyStart | undefined {
  const text = place.required("StartAddress", 'the table and the address in one, such as "40001" or "400001"');
  if (text === undefined) return undefined;
  const start = parseStartAddress(text);
  return start.ok ? start.value : place.fault("StartAddress", start.error);
}

function countOf(place: LegacyObject): number | undefined {
  if (!place.has("Count")) return place.fault("Count", '"Count" is missing: how many registers or bits are read');
  return place.whole("Count", "a count", { least: 1, most: MOST_VALUES });
}

function intervalOf(place: LegacyObject): number {
  const { fallback, least, most } = INTERVAL;
  const asked = place.whole("PollingInterval", "an interval in ms", { least: 0, most });
  if (asked === undefined || asked >= least) return asked ?? fallback;
  place.warn("PollingInterval", `${asked} ms is shorter than any line allows: it is polled every ${least} ms`);
  return least;
}

interface Shape {
  readonly width: number;
  readonly values: number;
  readonly keys: JsonObject;
}

/** What one value takes of the registers that are read. */
function shapeOf(place: LegacyObject, { table, address, digits }: LegacyStart, count: number): Shape | undefined {
  if (address + count - 1 > LIMITS.address) {
    const from = legacyAddress(table, address, digits);
    return place.fault("Count", `${count} from ${from} on go beyond the last address, 65536`);
  }
  const type = typeOf(place);
  if (type === undefined) return place.has("DataType") ? undefined : { width: 1, values: count, keys: {} };
  if (isBitTable(table)) {
    return type === "bool"
      ? { width: 1, values: count, keys: {} }
      : place.fault("DataType", "a coil or discrete input is one bit: leave it out");
  }
  if (needsLength(type)) return { width: count, values: 1, keys: { type, length: count } };
  const width = registersOf(type);
  if (count % width === 0) return { width, values: count / width, keys: { type } };
  return place.fault("Count", `${count} registers do not hold a whole number of ${type}, which has ${width} each`);
}

function typeOf(place: LegacyObject): DataType | undefined {
  const text = place.text("DataType");
  if (text === undefined) return undefined;
  const type = DATA_TYPES.find((known) => known.toLowerCase() === text.trim().toLowerCase());
  return (
    type ??
    place.fault(
      "DataType",
      `${show(text)} is not a type${didYouMean(text, DATA_TYPES) || `: one of ${DATA_TYPES.join(", ")}`}`,
    )
  );
}

/** The further keys as they are: the native format says what is wrong with them. */
function meaningOf(place: LegacyObject): JsonObject {
  const texts: readonly (readonly [string, string])[] = [
    ["Order", "order"],
    ["Scale", "scale"],
    ["Offset", "offset"],
    ["Unit", "unit"],
  ];
  const found = texts.flatMap(([key, native]): [string, Json][] => {
    const text = place.text(key);
    return text === undefined ? [] : [[native, native === "order" ? text.trim().toUpperCase() : text]];
  });
  return Object.fromEntries(found);
}
