import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModbusClient, type ModbusRequest, open } from "../../src/client";
import { freePort, startPymodbus } from "../support/foreignServer";
import { eventually } from "../support/moduleProcess";

/** What we send, seen by Wireshark's dissector: every function, nothing malformed, every field where it should be. */
const REQUESTS: readonly (readonly [functionCode: number, ModbusRequest])[] = [
  [1, { kind: "readBits", table: "coil", address: 19, count: 19 }],
  [2, { kind: "readBits", table: "discrete", address: 196, count: 22 }],
  [3, { kind: "readRegisters", table: "holding", address: 107, count: 3 }],
  [4, { kind: "readRegisters", table: "input", address: 8, count: 125 }],
  [5, { kind: "writeSingleCoil", address: 172, value: true }],
  [6, { kind: "writeSingleRegister", address: 1, value: 3 }],
  [15, { kind: "writeCoils", address: 19, values: [true, false, true, true, false, false, true, true, true, false] }],
  [16, { kind: "writeRegisters", address: 1, values: [10, 258] }],
  [17, { kind: "reportServerId" }],
  [20, { kind: "readFileRecord", sections: [{ file: 4, record: 1, count: 2 }] }],
  [21, { kind: "writeFileRecord", sections: [{ file: 4, record: 7, values: [1711, 1214, 4109] }] }],
  [22, { kind: "maskWriteRegister", address: 4, andMask: 0xf2, orMask: 0x25 }],
  [23, { kind: "readWriteRegisters", read: { address: 3, count: 6 }, write: { address: 14, values: [255, 255, 255] } }],
  [24, { kind: "readFifoQueue", address: 0x4de }],
  [43, { kind: "readDeviceIdentification", category: "basic", objectId: 0 }],
];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function capture(port: number): Promise<{ readonly file: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-capture-"));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "wire.pcap");
  const child: ChildProcess = spawn("tcpdump", ["-i", "lo", "-U", "-w", file, "tcp", "port", String(port)]);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await eventually(
    "tcpdump listens",
    () => said.includes("listening"),
    () => said,
  );
  return {
    file,
    async stop() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

/** A row a Modbus frame: the fields asked for, by tabs. By its port setting the dissector tells requests from answers. */
function dissect(file: string, port: number, filter: string, fields: readonly string[]): readonly string[] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const args = ["-r", file, "-o", `mbtcp.tcp.port:${port}`, "-Y", filter, "-T", "fields", ...wanted];
  const text = execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return text.split("\n").filter((line) => line !== "");
}

async function ask(client: ModbusClient, request: ModbusRequest): Promise<void> {
  try {
    await client.request(9, request);
  } catch {
    // The server may refuse a function or lack a file: what counts here is what was sent.
  }
}

test("every function is sent well-formed", async () => {
  const port = await freePort();
  const server = await startPymodbus("tcp", port);
  closers.push(() => server.close());
  const wire = await capture(port);
  const client = await open({ transport: "tcp", host: "127.0.0.1", port, responseTimeoutMs: 1500 });
  closers.push(() => client.close());
  for (const [, request] of REQUESTS) await ask(client, request);
  const sent = `tcp.dstport == ${port} && modbus`;
  const enough = (): boolean => dissect(wire.file, port, sent, ["modbus.func_code"]).length >= REQUESTS.length;
  await eventually("the capture has every request", enough);
  await wire.stop();
  expect(dissect(wire.file, port, "_ws.malformed || mbtcp.prot_id != 0", ["frame.number", "_ws.col.info"])).toEqual([]);
  const codes = dissect(wire.file, port, sent, ["mbtcp.unit_id", "modbus.func_code"]);
  expect(codes).toEqual(REQUESTS.map(([code]) => `9\t${code}`));
  const reads = dissect(wire.file, port, `${sent} && modbus.func_code <= 4`, [
    "modbus.reference_num",
    "modbus.word_cnt",
    "modbus.bit_cnt",
  ]);
  expect(reads).toEqual(["19\t\t19", "196\t\t22", "107\t3\t", "8\t125\t"]);
});
