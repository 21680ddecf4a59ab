import { connectionLog } from "../../../src/runtime/connectionLog";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";

function setUp() {
  const clock = createManualClock();
  const log = createMemoryLog();
  const passed: string[] = [];
  const changed = connectionLog(log, clock, (name, state) => void passed.push(`${name} ${state}`));
  const told = () => log.lines.splice(0).filter((line) => !line.startsWith("debug"));
  return { clock, changed, told, passed };
}

test("opened, lost, refused: a line each, and everything is passed on", () => {
  const { changed, told, passed } = setUp();
  changed("hall", "connecting", "");
  changed("hall", "open", "");
  changed("plant", "closed", "refused");
  changed("hall", "closed", "the connection was lost: unplugged");
  changed("hall", "closed", "does not exist");
  changed("hall", "open", "");
  expect(told()).toEqual([
    "info: connection hall is open",
    "warn: connection plant is down: refused",
    "warn: connection hall is down: the connection was lost: unplugged",
    "warn: connection hall is down: does not exist",
    "info: connection hall is open",
  ]);
  expect(passed).toHaveLength(6);
});

test("one that comes and goes for one reason is told every ten minutes, and when it stays away", async () => {
  const { clock, changed, told } = setUp();
  for (let seconds = 0; seconds < 1200; seconds += 6) {
    changed("plant", "open", "");
    changed("plant", "closed", "opened anew");
    await clock.advance(6000);
  }
  expect(told()).toEqual([
    "info: connection plant is open",
    "warn: connection plant is down: opened anew",
    "info: connection plant is open",
    "warn: connection plant is down: opened anew",
    "info: connection plant is open",
  ]);
  changed("plant", "closed", "refused");
  expect(told()).toEqual(["warn: connection plant is down: refused"]);
});
