import { isReference } from "../core/config/address";
import { resolveDocument } from "../core/config/resolve";
import { needsLength } from "../core/points/dataType";
import { DATA_TYPES, type DataType, type Point } from "../core/points/point";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";

/** Names in the document that is made of a line. */
const POINT = "pointOfTheLine";
const SCALE = "scalePointValue";

/** What a line says beside the keys of its point. */
export interface LineParts {
  /** Registers that the line gives, or bits; absent: neither. */
  readonly given?: { readonly kind: "registers" | "bits"; readonly count: number };
  /** The line has a power of ten, or names where it stands. */
  readonly isScaled: boolean;
}

/** Made once for all lines that say the same. */
const MOST_KEPT = 1000;
const known = new Map<string, Result<Point, string>>();

/** The one point that the keys describe. The error says what is wrong, key by key. */
export function pointOfLine(keys: JsonObject, parts: LineParts): Result<Point, string> {
  const identity = JSON.stringify([keys, parts]);
  const before = known.get(identity);
  if (before !== undefined) return before;
  if (known.size >= MOST_KEPT) known.clear();
  const point = resolved(keys, parts);
  known.set(identity, point);
  return point;
}

function resolved(keys: JsonObject, parts: LineParts): Result<Point, string> {
  const { parameters, ...own } = keys;
  const scalePoint = typeof own["scalePoint"] === "string" ? own["scalePoint"] : SCALE;
  const scaled = parts.isScaled ? { scalePoint } : {};
  const exponent = { table: "holding", address: 0, type: "int16" };
  const document = {
    connections: { c: { transport: "tcp", host: "none" } },
    devices: {
      d: {
        ...{ connection: "c", unitId: 1 },
        ...(parameters === undefined ? {} : { parameters }),
        points: {
          [POINT]: { ...place(own, parts), ...size(own, parts), access: "read", ...own, ...scaled },
          ...(parts.isScaled ? { [scalePoint]: exponent } : {}),
        },
      },
    },
  };
  const { problems, devices } = resolveDocument(document, () => undefined);
  if (problems.length > 0) return err(problems.map(({ path, text }) => `${keyOf(path)}${text}`).join("; "));
  const device = devices.get("d");
  const points = device?.ok === true ? device.value.points.filter(({ name }) => name !== scalePoint) : [];
  const [point, ...more] = points;
  if (point === undefined) return err("the line has no point");
  return more.length === 0 ? ok(point) : err("the line has several points: one value a line, such as that of one bit");
}

/** `scale: `, by the place of the problem. */
function keyOf(path: string): string {
  const steps = path.split("/").slice(4);
  return steps[0] === POINT && steps.length > 1 ? `${steps.slice(1).join("/")}: ` : "";
}

/** Where it stands does not matter; that it stands among bits or registers does. */
function place({ type, bit, table, address }: JsonObject, { given }: LineParts): JsonObject {
  const isBit = given === undefined ? type === "bool" && bit === undefined : given.kind === "bits";
  const refersToTable = typeof address === "string" && isReference(address);
  return {
    ...(table === undefined && !refersToTable ? { table: isBit ? "coil" : "holding" } : {}),
    ...(address === undefined ? { address: 0 } : {}),
  };
}

/** Without a length, registers that are given are the length. */
function size({ type, length }: JsonObject, { given }: LineParts): JsonObject {
  const isKnown = (name: Json | undefined): name is DataType => DATA_TYPES.some((one) => one === name);
  const open = length === undefined && isKnown(type) && needsLength(type) && given?.kind === "registers";
  return open ? { length: given.count } : {};
}
