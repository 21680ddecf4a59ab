import { spawn } from "node:child_process";
import { startLoopGuard } from "../../src/cli/loopGuard";
import { silentLog } from "../../src/kernel/log";
import { eventually } from "../support/moduleProcess";

/** A process that does nothing, as something to be ended. */
function victim() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000)"], { stdio: "ignore" });
  const state = { signal: undefined as string | undefined };
  child.on("exit", (_code, signal) => {
    state.signal = signal ?? "none";
  });
  return { child, state };
}

it("ends a process that gives no beat, and leaves one alone that does", async () => {
  const silent = victim();
  const alive = victim();
  const guards = [
    startLoopGuard(silent.child.pid ?? 0, silentLog, 3, 1),
    startLoopGuard(alive.child.pid ?? 0, silentLog, 3, 1),
  ];
  const beats = setInterval(() => guards[1]?.beat(), 300);
  await eventually("the silent one is ended", () => silent.state.signal);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  clearInterval(beats);
  for (const guard of guards) guard.close();
  expect(silent.state.signal).toBe("SIGKILL");
  expect(alive.state.signal).toBeUndefined();
  alive.child.kill("SIGKILL");
});
