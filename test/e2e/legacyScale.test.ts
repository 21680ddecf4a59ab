import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../src/kernel/json";
import { startIdleServers } from "../support/idleServers";
import { eventually, startModule } from "../support/moduleProcess";

/**
 * What froze the archived module: 100 slaves with 50 operations each, answers that take 50 to 600 ms, and connections
 * that are dropped after 3 s without a request. Here ten times faster, so that a run is short; `LEGACY_SCALE=1` runs it as
 * it was.
 */
const FASTER = 10 / Number(process.env["LEGACY_SCALE"] === "1" ? 10 : 1);
const SLAVES = 100;
const OPERATIONS = 50;
const INTERVAL_MS = 30_000 / FASTER;
const CYCLES = 2;

/** Every other register: nothing lies side by side, so each operation is a request of its own. */
function document(hosts: readonly string[], port: number): JsonObject {
  const operations = Array.from({ length: OPERATIONS }, (_, at) => [
    `Op${at}`,
    { PollingInterval: INTERVAL_MS, UnitId: 1, StartAddress: `4${String(1 + 2 * at).padStart(4, "0")}`, Count: 1 },
  ]);
  const slaves = hosts.map((host, at) => [
    `Slave${at}`,
    {
      SlaveConnection: host,
      TcpPort: port,
      HwId: `H${at}`,
      RetryCount: 100,
      Operations: Object.fromEntries(operations),
    },
  ]);
  return { PublishInterval: 5000 / FASTER, Version: 1, SlaveConfigs: Object.fromEntries(slaves) };
}

interface Value {
  readonly HwId: string;
  readonly Address: string;
  readonly Value: string;
}

/** How often each register of each slave has arrived; wrong values under `wrong`. */
function counted(out: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of out.split("\n").slice(0, -1)) {
    const { output, body } = JSON.parse(line) as { output?: string; body?: readonly Value[] };
    if (output !== "modbusOutput") continue;
    for (const { HwId, Address, Value } of body ?? []) {
      const right = (Number(HwId.slice(1)) * 256 + Number(Address.slice(1)) - 1) & 0xffff;
      const key = Number(Value) === right ? `${HwId} ${Address}` : "wrong";
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

test("5000 operations on slow devices that drop idle connections: every value of every cycle arrives", async () => {
  const hosts = Array.from({ length: SLAVES }, (_, at) => `127.0.1.${at + 1}`);
  const servers = await startIdleServers(hosts, { latencyMs: [50 / FASTER, 600 / FASTER], idleMs: 3000 / FASTER });
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-legacy-"));
  const file = join(folder, "legacy.json");
  writeFileSync(file, JSON.stringify(document(hosts, servers.port)));
  const gateway = startModule(["run", "--config", file, "--hub", "stdout"]);
  try {
    const end = Date.now() + 4 * CYCLES * INTERVAL_MS + 30_000;
    const complete = (): boolean => {
      const counts = counted(gateway.out());
      return counts.size === SLAVES * OPERATIONS && [...counts.values()].every((count) => count >= CYCLES);
    };
    while (!complete() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 1000));
    const counts = counted(gateway.out());
    expect(counts.get("wrong") ?? 0).toBe(0);
    expect(counts.size).toBe(SLAVES * OPERATIONS);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(CYCLES);
    expect(servers.dropped).toBeGreaterThan(0);
    const memory = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, "utf8"))?.[1];
    process.stdout.write(
      `${servers.requests} requests, ${servers.dropped} dropped, ${Number(memory) / 1024} MB at most\n`,
    );
  } finally {
    gateway.kill("SIGTERM");
    await eventually("the module ends", () => !gateway.running, gateway.err);
    await servers.close();
    rmSync(folder, { recursive: true, force: true });
  }
}, 400_000);
