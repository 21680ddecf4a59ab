import { bytesOf, registersOf } from "../../../src/core/points/dataType";
import { orderBySwitches, parseSwitches, SWITCH_ORDERS } from "../../../src/core/points/order";
import { DATA_TYPES, type DataType, type Point } from "../../../src/core/points/point";
import { decodePoint } from "../../../src/core/points/transform";
import { valueToJsonText } from "../../../src/core/points/valueText";
import { rawAt } from "../../../src/simulator/movement";
import { writeRaw } from "../../../src/simulator/registers";
import { createSparseTable } from "../../../src/simulator/sparseTable";
import { truthOf } from "../../../src/simulator/truth";
import { pointOf } from "../../support/simulatorConfig";

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
