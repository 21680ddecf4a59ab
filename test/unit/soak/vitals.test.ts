import { fewestFiles, slopeOf } from "../../../soak/vitals";

const MINUTE = 60_000;
const vital = (minute: number, rssKb: number, files = 30) => ({ at: 1e12 + minute * MINUTE, rssKb, files });

test("the slope is in KB a minute, whatever swings around it", () => {
  expect(slopeOf([0, 1, 2, 3].map((minute) => vital(minute, 80_000)))).toBe(0);
  expect(slopeOf([0, 1, 2, 3].map((minute) => vital(minute, 80_000 + 500 * minute)))).toBeCloseTo(500);
  const swinging = Array.from({ length: 100 }, (_, i) => vital(i / 10, 80_000 + 300 * (i / 10) + (i % 2) * 2000));
  expect(slopeOf(swinging)).toBeGreaterThan(290);
  expect(slopeOf(swinging)).toBeLessThan(330);
});

test("one look has no slope", () => {
  expect(slopeOf([vital(0, 80_000)])).toBe(0);
});

test("files that come and go are none too many", () => {
  expect(fewestFiles([vital(0, 1, 31), vital(1, 1, 29), vital(2, 1, 40)])).toBe(29);
});
