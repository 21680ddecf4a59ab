import { addressText } from "../modbus/address";
import { MODEL_END, modelPlace } from "../modbus/modelAddress";
import { LIMITS } from "../modbus/spec";
import type { Point } from "../points/point";
import type { ReadLimits } from "./gatewayConfig";
import type { Draft } from "./layers";
import { nameFault, RESERVED_FOR_POINTS } from "./names";

/** The points of a definition, as often as its `repeat` says: NAME01, NAME02 …, each further on by the stride. */
export function repeated(draft: Draft, points: readonly Point[], limits: ReadLimits): readonly Point[] {
  const repeat = draft.get("repeat");
  const [first] = points;
  if (repeat === undefined || first === undefined) return points;
  const stride = repeat.stride ?? first.count;
  const place = modelPlace(first.address);
  const [start, end] = place === undefined ? [first.address, LIMITS.address] : [place.offset, MODEL_END - 1];
  const last = start + (repeat.count - 1) * stride + first.count - 1;
  if (last > end) {
    draft.fault("repeat", `the last of ${repeat.count} would end at ${last}: addresses go to ${end}`);
    return points;
  }
  const width = Math.max(2, String(repeat.count).length);
  return Array.from({ length: repeat.count }, (_, i) => {
    const number = String(i + 1).padStart(width, "0");
    return points.map((point) => movedOn(draft, point, number, i * stride, limits));
  }).flat();
}

function movedOn(draft: Draft, point: Point, number: string, by: number, limits: ReadLimits): Point {
  const name = `${point.name}${number}`;
  const address = point.address + by;
  const wrong = nameFault(name, "a point", RESERVED_FOR_POINTS);
  if (wrong !== undefined) draft.fault("repeat", wrong);
  const forbidden = limits.neverRead.find(([from, to]) => from < address + point.count && to >= address);
  if (forbidden !== undefined && by > 0 && point.access !== "write") {
    draft.fault("repeat", `${name} at ${addressText(point.table, address)} may not be read: neverRead names it`);
  }
  return {
    ...point,
    name,
    address,
    ...(point.title === undefined ? {} : { title: `${point.title} ${Number(number)}` }),
  };
}
