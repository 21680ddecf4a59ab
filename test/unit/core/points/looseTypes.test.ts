import type { Point } from "../../../../src/core/points/point";
import { holdsWritten } from "../../../../src/core/points/writeField";
import { pointOf } from "./pointFixture";

test.each<[string, Partial<Point>, number[], number[], boolean]>([
  ["the top byte of an int24", { type: "int24", count: 2 }, [0x00ff, 0xffff], [0xffff, 0xffff], true],
  ["another int24", { type: "int24", count: 2 }, [0x00ff, 0xffff], [0x00ff, 0xfffe], false],
  ["the other bytes of a text", { type: "stringLow", count: 2 }, [0x41, 0x42], [0x2041, 0x2042], true],
  ["another text", { type: "stringLow", count: 2 }, [0x41, 0x42], [0x41, 0x43], false],
  ["the day of the week", { type: "ti081", count: 4 }, [26, 0x0b17, 0x0a0f, 0], [26, 0x0b57, 0x0a0f, 0], true],
  ["a date that is invalid", { type: "ti081", count: 4 }, [26, 0x0b17, 0x0a0f, 0], [26, 0x0b17, 0x0a8f, 0], false],
  ["a whole register", { type: "uint16" }, [1], [0x101], false],
  ["words to base 10000", { type: "mod10k", count: 2 }, [1, 2], [1, 3], false],
])("read back: %s", (_what, parts, encoded, held, same) => {
  expect(holdsWritten(pointOf(parts), { encoded }, Uint16Array.from(held))).toBe(same);
});
