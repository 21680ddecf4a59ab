import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ExactDecimal } from "../core/points/decimal";
import type { Point, Scaling } from "../core/points/point";
import type { ServedPoint } from "./clusters";
import { hashOf, rawAt, rawOfValue } from "./movement";
import type { RawValue } from "./registers";
import { multiplied } from "./truth";

/** Points that others are scaled by hold still: everything that hangs on them would jump. */

/** 0, -1 or -2: what devices mostly have. */
function steadyPower(owner: string, { name }: Point): number {
  return -(hashOf(`${owner}/${name}`) % 3);
}

/** A small whole number, as of a transformer ratio; itself scaled, it is that too. */
function steadyFactor(owner: string, point: Point): number {
  return 1 + (hashOf(`${owner}/${point.name}`) % 4);
}

/** The point as it is with what it is scaled by holding still. */
function steadily(owner: string, point: Point): Point {
  const { scaledBy = [], ...own } = point;
  return scaledBy.reduce<Point>((now, scaling) => multiplied(now, steadyPart(owner, scaling)), own);
}

function steadyPart(owner: string, { as, point }: Scaling): ExactDecimal {
  if (as === "factor") return { coefficient: BigInt(steadyFactor(owner, point)), scale: 0 };
  return { coefficient: 1n, scale: -steadyPower(owner, point) };
}

/** The raw value of a served point `seconds` after the start. */
export function servedRaw({ device, point, role }: ServedPoint, seconds: number): RawValue {
  if (role === "power") return BigInt(steadyPower(device, point));
  const now = steadily(device, point);
  return role === "factor" ? rawOfValue(now, steadyFactor(device, point)) : rawAt(device, now, seconds);
}

/** All points of a device, those included that are only read for others. */
export function servedPoints({ name: device, points }: DeviceConfig): readonly ServedPoint[] {
  const roles = new Map<string, Scaling>();
  const open = points.flatMap(({ scaledBy }) => scaledBy ?? []);
  for (let scaling = open.pop(); scaling !== undefined; scaling = open.pop()) {
    roles.set(scaling.point.name, scaling);
    open.push(...(scaling.point.scaledBy ?? []));
  }
  const named = new Set(points.map(({ name }) => name));
  const hidden = [...roles.values()].filter(({ point }) => !named.has(point.name)).map(({ point }) => point);
  return [...points, ...hidden].map((point) => {
    const role = roles.get(point.name)?.as;
    return role === undefined ? { device, point } : { device, point, role };
  });
}
