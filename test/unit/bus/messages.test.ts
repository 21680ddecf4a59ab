import { backoffMs } from "../../../src/bus/backoff";
import { Deadline } from "../../../src/bus/deadline";
import { serialOpenText } from "../../../src/bus/serialErrors";
import { socketErrorText } from "../../../src/bus/socketErrors";
import { monotonicMs } from "../../../src/kernel/units";
import { createManualClock } from "../../support/manualClock";

test.each([
  [
    "Error: No such file or directory, cannot open /dev/ttyUSB0",
    undefined,
    '/dev/ttyUSB0 does not exist: is the adapter plugged in? In a container the module\'s createOptions must pass it in: {"HostConfig":{"Devices":[{"PathOnHost":"/dev/ttyUSB0","PathInContainer":"/dev/ttyUSB0","CgroupPermissions":"rwm"}]}}',
  ],
  [
    "Error: Permission denied, cannot open /dev/ttyUSB0",
    { groupId: 20, group: "dialout" },
    '/dev/ttyUSB0: permission denied; the user of this process must be in the group dialout. In a container add to the module\'s createOptions: {"HostConfig":{"GroupAdd":["dialout"]}}',
  ],
  [
    "Error: Permission denied, cannot open /dev/ttyUSB0",
    { groupId: 987 },
    '/dev/ttyUSB0: permission denied; the user of this process must be in the group number 987. In a container add to the module\'s createOptions: {"HostConfig":{"GroupAdd":["987"]}}',
  ],
  [
    "Error Resource temporarily unavailable Cannot lock port",
    undefined,
    "/dev/ttyUSB0 is in use by another program (another module, ModemManager, a terminal): only one can have it",
  ],
  ["Error: odd", undefined, "/dev/ttyUSB0 does not open: Error: odd"],
])("a serial port that does not open: %s", (native, device, text) => {
  expect(serialOpenText("/dev/ttyUSB0", native, device)).toBe(text);
});

test.each([
  [
    "ENOTFOUND",
    'the name plc does not resolve: correct "host", or make it known to the name server of the gateway (ENOTFOUND)',
  ],
  ["ECONNREFUSED", "refused: nothing listens on port 502 there, or it takes no more connections (ECONNREFUSED)"],
  ["ECONNRESET", "reset by the server (ECONNRESET)"],
  ["EODD", "odd"],
])("a socket error: %s", (code, text) => {
  expect(socketErrorText(Object.assign(new Error("odd"), { code }), { host: "plc", port: 502 })).toBe(text);
});

test("back-off: quick, then doubling to 30 s, jittered", () => {
  const at = (random: number): number[] => [1, 2, 3, 4, 8, 100].map((failures) => backoffMs(failures, () => random));
  expect(at(0)).toEqual([0, 500, 1000, 2000, 15_000, 15_000]);
  expect(at(1)).toEqual([200, 1000, 2000, 4000, 30_000, 30_000]);
});

test("a deadline set later keeps its timer, set earlier fires earlier, cleared stays silent", async () => {
  const clock = createManualClock();
  const fired: number[] = [];
  const deadline = new Deadline(clock, { ring: () => fired.push(clock.monotonic()) });
  deadline.set(monotonicMs(100));
  deadline.set(monotonicMs(250));
  expect(clock.pendingTimers).toBe(1);
  await clock.advance(260);
  deadline.set(monotonicMs(500));
  deadline.set(monotonicMs(300));
  await clock.advance(100);
  deadline.set(monotonicMs(400));
  deadline.clear();
  await clock.advance(1000);
  expect(fired).toEqual([250, 300]);
});
