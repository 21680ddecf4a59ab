import { ServerSerial } from "modbus-serial";
import { scan } from "../../src/cli/scan";
import { createSystemClock } from "../../src/kernel/systemClock";
import { wait } from "../../src/kernel/wait";
import { openPtyPair } from "../../src/simulator/pty";
import { runCommand } from "../support/commandLine";

const clock = createSystemClock();
const never = new AbortController().signal;

/** A unit of modbus-serial on a pseudo terminal that takes its time. */
async function slowUnit(unitID: number, delayMs: number) {
  const pair = await openPtyPair({ clock });
  if (!pair.ok) throw new Error(pair.error);
  const line = { baudRate: 19_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const vector = {
    async getHoldingRegister(): Promise<number> {
      await wait(clock, delayMs, never);
      return 7;
    },
  };
  const server = await new Promise<ServerSerial>((resolve, reject) => {
    const openCallback = (error: Error | null): void => (error ? reject(error) : resolve(made));
    const made: ServerSerial = new ServerSerial(vector, { path: pair.value.a, ...line, unitID, openCallback });
  });
  return {
    path: pair.value.b,
    async close() {
      await new Promise<void>((done) => server.close(() => done()));
      await pair.value.close();
    },
  };
}

test("a unit that answers while the next one is asked for is found all the same", async () => {
  const unit = await slowUnit(2, 350);
  try {
    const args = [unit.path, "--line", "19200 8N1", "--units", "1-4", "--timeout", "250", "--json"];
    const { code, out } = await runCommand(scan, args);
    expect(code).toBe(0);
    expect(JSON.parse(out).connections[0].units).toMatchObject([{ unitId: 2 }]);
  } finally {
    await unit.close();
  }
}, 60_000);
