import { epochMs } from "../../../src/kernel/units";
import { createUnitImage, type UnitImage } from "../../../src/simulator/unitImage";
import { deviceOf, pointOf } from "../../support/simulatorConfig";

let seconds = 0;
const time = { seconds: () => seconds, epoch: () => epochMs(1_000_000 + seconds * 1000) };

const setpoint = pointOf({
  name: "setpoint",
  address: 200,
  type: "uint16",
  access: "readWrite",
  scale: { coefficient: 5n, scale: 1 },
  write: { verify: "readBack", min: { coefficient: 10n, scale: 0 }, max: { coefficient: 80n, scale: 0 } },
});
const alarms = pointOf({ name: "alarms", address: 210, type: "uint16" });
const doorOpen = pointOf({ name: "doorOpen", address: 210, type: "uint16", bit: 0 });
const power = pointOf({ name: "power", address: 220, type: "int32", count: 2, order: [0, 1, 2, 3] });
const reset = pointOf({ name: "reset", table: "coil", address: 8, type: "bool", access: "write" });

function image(historyLimit = 10): UnitImage {
  seconds = 0;
  const limits = { neverRead: [[230, 235]] as const, maxReadRegisters: 40 };
  return createUnitImage(
    [deviceOf("boiler", "hall", 7, [setpoint, alarms, doorOpen, power, reset], limits)],
    time,
    historyLimit,
  );
}

describe("unit image", () => {
  test("holes between points answer 0; what lies far outside is exception 2", () => {
    const unit = image();
    expect(unit.read("holding", 201, 9)).toEqual({ ok: true, value: new Uint16Array(9) });
    expect(unit.read("holding", 199, 2)).toEqual({ ok: false, error: 2 });
    expect(unit.read("holding", 221, 2)).toEqual({ ok: false, error: 2 });
    expect(unit.read("input", 200, 1)).toEqual({ ok: false, error: 2 });
  });

  test("keeps to the device's own limits", () => {
    const far = pointOf({ name: "far", address: 260, type: "uint16" });
    const limits = { neverRead: [[230, 235]] as const, maxReadRegisters: 40 };
    const unit = createUnitImage([deviceOf("boiler", "hall", 7, [power, far], limits)], time, 10);
    expect(unit.read("holding", 220, 41)).toEqual({ ok: false, error: 3 });
    expect(unit.read("holding", 222, 9)).toEqual({ ok: false, error: 2 });
    expect(unit.read("holding", 236, 25).ok).toBe(true);
  });

  test("a word and its bits never contradict each other", () => {
    const unit = image();
    for (seconds = 0; seconds < 60; seconds++) {
      const word = unit.read("holding", 210, 1);
      const bit = word.ok && ((word.value[0] ?? 0) & 1) === 1;
      expect(unit.truth("boiler", "doorOpen")).toEqual({ value: bit });
      expect(unit.truth("boiler", "alarms")).toEqual({ digits: word.ok ? String(word.value[0]) : "" });
    }
  });

  test("a writable point keeps what was written; the others refuse", () => {
    const unit = image();
    expect(unit.write("holding", 200, [43])).toEqual({ ok: true, value: undefined });
    seconds = 1000;
    expect(unit.read("holding", 200, 1)).toEqual({ ok: true, value: Uint16Array.of(43) });
    expect(unit.truth("boiler", "setpoint")).toEqual({ digits: "21.5" });
    expect(unit.write("holding", 200, [44, 1])).toEqual({ ok: false, error: 2 });
    expect(unit.truth("boiler", "setpoint")).toEqual({ digits: "21.5" });
    expect(unit.write("holding", 220, [0, 0])).toEqual({ ok: false, error: 2 });
    expect(unit.truth("boiler", "reset")).toEqual({ value: false });
    expect(unit.write("coil", 8, [1]).ok).toBe(true);
    expect(unit.truth("boiler", "reset")).toEqual({ value: true });
  });

  test("a set point starts inside its write limits", () => {
    const truth = image().truth("boiler", "setpoint");
    const value = truth !== undefined && "digits" in truth ? Number(truth.digits) : Number.NaN;
    expect(value).toBeGreaterThanOrEqual(10);
    expect(value).toBeLessThanOrEqual(80);
  });

  test("remembers what was served: only points read whole, only changes, only the last ones", () => {
    const unit = image(3);
    unit.read("holding", 221, 1);
    expect(unit.served("boiler", "power")).toEqual([]);
    for (seconds = 0; seconds < 20; seconds += 2) unit.read("holding", 220, 2);
    const values = unit.served("boiler", "power");
    expect(values).toHaveLength(3);
    expect(values.at(-1)).toMatchObject({ from: 1_018_000, to: 1_018_000 });
    unit.write("holding", 200, [50]);
    seconds = 30;
    unit.read("holding", 200, 1);
    seconds = 40;
    unit.read("holding", 200, 1);
    expect(unit.served("boiler", "setpoint")).toEqual([{ from: 1_030_000, to: 1_040_000, truth: { digits: "25" } }]);
  });

  test("knows only its own points, whatever they are called", () => {
    expect(image().truth("boiler", "constructor")).toBeUndefined();
    expect(image().served("toString", "constructor")).toEqual([]);
  });
});
