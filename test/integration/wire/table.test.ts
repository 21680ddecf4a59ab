import { RTU_ROWS, TCP_ROWS } from "./rowNames";
import { RTU_TABLE, TCP_TABLE } from "./rows";

test("all 79 rows of the acceptance table are here, and no others by their names", () => {
  expect(TCP_ROWS.length + RTU_ROWS.length).toBe(79);
  expect(Object.keys(TCP_TABLE).sort()).toEqual([...TCP_ROWS].sort());
  expect(Object.keys(RTU_TABLE).sort()).toEqual([...RTU_ROWS].sort());
});
