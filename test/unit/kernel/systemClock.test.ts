import { createSystemClock } from "../../../src/kernel/systemClock";

afterEach(() => void jest.restoreAllMocks());

/** A machine whose two clocks the test sets. */
function machine(wall: number, running: number) {
  const now = { wall, running };
  jest.spyOn(Date, "now").mockImplementation(() => now.wall);
  jest.spyOn(performance, "now").mockImplementation(() => now.running);
  return now;
}

describe("the wall clock", () => {
  test("runs on the monotonic one: small corrections of the machine do not show", () => {
    const now = machine(1_000_000, 500.25);
    const clock = createSystemClock();
    expect(clock.epoch()).toBe(1_000_000);
    now.running += 1000;
    now.wall += 1000 - 1999;
    expect(clock.epoch()).toBe(1_001_000);
  });

  test("adopts a step of more than two seconds, forwards and back", () => {
    const now = machine(0, 10);
    const clock = createSystemClock();
    now.running += 60_000;
    now.wall = Date.UTC(2026, 10, 23);
    expect(clock.epoch()).toBe(1_795_392_000_000);
    now.wall -= 3_600_000;
    expect(clock.epoch()).toBe(1_795_388_400_000);
    expect(clock.monotonic()).toBe(60_010);
  });

  test("is whole milliseconds", () => {
    const now = machine(1000, 0.4);
    const clock = createSystemClock();
    now.running = 3.9;
    expect(clock.epoch()).toBe(1004);
  });
});

describe("a timer", () => {
  test("runs once, also for a time that has passed", async () => {
    const clock = createSystemClock();
    await new Promise<void>((resolve) => clock.setTimer(-5, resolve));
  });

  test("never runs when it was cancelled, however often", async () => {
    const clock = createSystemClock();
    let ran = false;
    const timer = clock.setTimer(0, () => {
      ran = true;
    });
    timer.cancel();
    timer.cancel();
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    expect(ran).toBe(false);
  });

  test("beyond what Node can count is kept inside it, not run at once", () => {
    const set = jest.spyOn(globalThis, "setTimeout");
    createSystemClock()
      .setTimer(2 ** 40, () => undefined)
      .cancel();
    expect(set).toHaveBeenLastCalledWith(expect.anything(), 2_147_483_647);
  });
});

test("the steps that the wall clock has been followed by are summed up, whether or not anybody asked for the time", () => {
  const now = machine(0, 10);
  const clock = createSystemClock();
  expect(clock.shift()).toBe(0);
  now.wall = 1_000_000;
  expect(clock.shift()).toBe(1_000_000);
  now.wall -= 400_000;
  expect(clock.epoch()).toBe(600_000);
  expect(clock.shift()).toBe(600_000);
  now.wall += 1500;
  expect(clock.shift()).toBe(600_000);
});
