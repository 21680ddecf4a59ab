import { addressText } from "../../../../src/core/modbus/address";
import { frameGapMs, wireTimeMs } from "../../../../src/core/modbus/serialTiming";

test("characters on the wire", () => {
  expect(wireTimeMs({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 }, 96)).toBe(100);
  expect(wireTimeMs({ baudRate: 1100, dataBits: 8, parity: "even", stopBits: 1 }, 1)).toBe(10);
  expect(wireTimeMs({ baudRate: 1000, dataBits: 7, parity: "odd", stopBits: 2 }, 1)).toBe(11);
});

test("t3.5", () => {
  expect(frameGapMs(9600)).toBeCloseTo(4.0104, 4);
  expect(frameGapMs(19_200)).toBeCloseTo(2.0052, 4);
  expect(frameGapMs(38_400)).toBe(1.75);
});

test("addresses for people", () => {
  expect(addressText("holding", 199)).toBe("holding 199 (400200)");
  expect(addressText("coil", 0)).toBe("coil 0 (000001)");
  expect(addressText("input", 65_535)).toBe("input 65535 (365536)");
});
