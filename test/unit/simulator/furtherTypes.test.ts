import { bytesOf, registersOf } from "../../../src/core/points/dataType";
import { orderBySwitches, parseSwitches, SWITCH_ORDERS } from "../../../src/core/points/order";
import { DATA_TYPES, type DataType, type Point } from "../../../src/core/points/point";
import { PointList } from "../../../src/core/points/pointList";
import { withScalingPoints } from "../../../src/core/points/scaledBy";
import { decodePoint } from "../../../src/core/points/transform";
import { valueToJsonText } from "../../../src/core/points/valueText";
import { samplesOf } from "../../../src/core/telemetry/sample";
import { runOf, settledRuns } from "../../../src/core/telemetry/scaledRuns";
import { epochMs } from "../../../src/kernel/units";
import { rawAt } from "../../../src/simulator/movement";
import { writeRaw } from "../../../src/simulator/registers";
import { createSparseTable } from "../../../src/simulator/sparseTable";
import { truthOf } from "../../../src/simulator/truth";
import { createUnitImage } from "../../../src/simulator/unitImage";
import { deviceOf, pointOf } from "../../support/simulatorConfig";

const IN_REGISTERS = DATA_TYPES.filter((type) => type !== "bool");

function pointsOf(type: DataType): readonly Point[] {
  const count = registersOf(type, type === "mod10k" ? 3 : 8);
  return SWITCH_ORDERS.flatMap((letters) => {
    const switches = parseSwitches(letters);
    const order = switches.ok ? orderBySwitches(type, switches.value, count) : undefined;
    const plain = pointOf({ name: `p${letters}`, address: 50, type, count, ...(order === undefined ? {} : { order }) });
    const scaled = { ...plain, scale: { coefficient: 25n, scale: 3 } };
    const isDate = /ti081|ymdhms|unix/.test(type);
    return isDate ? [plain, { ...plain, zone: "Asia/Kolkata" }, { ...plain, zone: "-03:30" }] : [plain, scaled];
  });
}

// Simulator and codec share no code: where they agree, both are right or both misunderstand the same sentence.
test.each(IN_REGISTERS)("%s: what the simulator serves is what the module reads", (type) => {
  const values = new Set<string>();
  for (const point of pointsOf(type)) {
    for (let seconds = 0; seconds < 60; seconds += 7) {
      const table = createSparseTable();
      writeRaw(table, point, rawAt("device", point, seconds));
      const registers = Uint16Array.from({ length: point.count }, (_, i) => table.get(50 + i));
      const reading = decodePoint(point, registers, 0);
      const truth = truthOf(table, point);
      expect(reading).toHaveProperty("value");
      if (!("value" in reading)) return;
      const text = valueToJsonText(reading.value);
      expect(text).toBe("digits" in truth ? truth.digits : JSON.stringify("value" in truth ? truth.value : truth.bad));
      values.add(text);
    }
  }
  expect(bytesOf(type)).toBeGreaterThan(0);
  expect(values.size).toBeGreaterThan(type.startsWith("string") ? 1 : 5);
});

test("scaled points and ranges: what the simulator says is what a cycle of the module makes of its registers", () => {
  const sf = pointOf({ name: "sf", address: 10, type: "int16" });
  const ratio = pointOf({
    name: "ratio",
    table: "input",
    address: 11,
    type: "uint16",
    scale: { coefficient: 5n, scale: 1 },
  });
  const scaledBy = [
    { as: "power", point: { ...sf, kind: "none" } },
    { as: "factor", point: ratio },
  ] as const;
  const points = [
    pointOf({ name: "power", address: 20, type: "int32", count: 2, order: [0, 1, 2, 3], scaledBy: [scaledBy[0]] }),
    pointOf({ name: "energy", address: 22, type: "uint16", offset: { coefficient: 3n, scale: 0 }, scaledBy }),
    pointOf({ name: "flow", address: 24, type: "float32", count: 2, order: [0, 1, 2, 3], scaledBy: [scaledBy[1]] }),
    pointOf({ name: "level", address: 26, type: "int16", divisor: 27n, scale: { coefficient: 9_765_625n, scale: 8 } }),
  ];
  let seconds = 0;
  const time = { seconds: () => seconds, epoch: () => epochMs(0) };
  const image = createUnitImage([deviceOf("meter", "hall", 1, [...points, sf])], time, 10);
  for (; seconds < 300; seconds += 11) {
    const runs = withScalingPoints(points).map((point) => {
      const read = image.read(point.table, point.address, point.count);
      const data = read.ok ? read.value : new Uint16Array(point.count);
      return runOf(new PointList([point]), data, point.address, epochMs(0));
    });
    const settled = samplesOf(settledRuns(runs));
    expect(settled).toHaveLength(points.length);
    for (const { point, reading } of settled) {
      const truth = image.truth("meter", point.name);
      expect("value" in reading ? { digits: valueToJsonText(reading.value) } : reading).toEqual(truth);
      expect(truth).toHaveProperty("digits");
    }
  }
});
