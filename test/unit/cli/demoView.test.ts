import { stripVTControlCharacters } from "node:util";
import { type DemoRow, drawDemo } from "../../../src/cli/demoView";

const rows: readonly DemoRow[] = [
  { device: "boiler", point: "supplyTemperature", value: "52.5", unit: "°C", quality: "good", ageMs: 1000 },
  { device: "boiler", point: "energy", value: "12283760065393.949", unit: "kWh", quality: "good", ageMs: 2900 },
  { device: "relays", point: "input1Frequency", unit: "Hz", quality: "timeout", ageMs: 800 },
  { device: "boiler", point: "text", value: `"${"x".repeat(40)}"`, unit: "", quality: "good", ageMs: 800 },
];
const picture = { rows, connections: [], hub: "connected", acknowledged: 31, queued: 0, elapsedMs: 7000 };

function lines(width: number): readonly string[] {
  return stripVTControlCharacters(drawDemo(picture, 24, width)).split("\n");
}

test("a wide window shows all of a point", () => {
  expect(lines(120)[2]).toMatch(/^boiler +energy +12283760065393\.949 +kWh +good +2\.9 s$/);
});

test("a narrow one goes without age, quality and the ends of long words, never without the beginning of a value", () => {
  for (let width = 36; width <= 80; width++) {
    const shown = lines(width);
    for (const line of shown) expect(line.length).toBeLessThanOrEqual(width);
    expect(shown[1]).toMatch(/^boiler +supply.* 52\.5\b/);
    expect(shown[2]).toMatch(/^boiler +energy +122837600/);
    expect(shown[3]).toMatch(/^relays +input1.* timeout\b/);
  }
});
