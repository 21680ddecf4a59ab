import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server of somebody else, as a process of its own. */
export interface ForeignServer {
  close(): Promise<void>;
}

const SERVERS = join(__dirname, "../foreign/servers");

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** pymodbus of Debian (the system's python: others do not have its packages). */
export function startPymodbus(
  mode: string,
  place: string | number,
  more: readonly string[] = [],
): Promise<ForeignServer> {
  return start("/usr/bin/python3", [join(SERVERS, "pymodbus_server.py"), mode, String(place), ...more]);
}

/** A server on libmodbus, compiled here. */
export async function startLibmodbus(mode: "tcp" | "rtu", place: string | number): Promise<ForeignServer> {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-libmodbus-"));
  const program = join(folder, "server");
  const source = join(SERVERS, "libmodbus_server.c");
  execFileSync("gcc", ["-O1", "-Wall", "-o", program, source, "-I/usr/include/modbus", "-lmodbus"]);
  const server = await start(program, [mode, String(place)]);
  return {
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the program has printed "ready". */
function start(program: string, args: readonly string[]): Promise<ForeignServer> {
  const child: ChildProcess = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  const gone = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      if (!chunk.toString().includes("ready")) return;
      resolve({
        async close() {
          child.kill("SIGKILL");
          await gone;
        },
      });
    });
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`${program} ended with ${code} before it was ready: ${said}`)));
  });
}
