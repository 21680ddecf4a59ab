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

/** By its port setting the dissector tells requests from answers. */
interface Dissector {
  readonly protocol: "mbtcp" | "mbrtu";
  readonly port: number;
}

function settings({ protocol, port }: Dissector): readonly string[] {
  const ports = ["-d", `tcp.port==${port},${protocol}`, "-o", `${protocol}.tcp.port:${port}`];
  return protocol === "mbrtu" ? [...ports, "-o", "mbrtu.crc_verification:TRUE"] : ports;
}

/** A row a Modbus frame: the fields asked for, by tabs. */
function dissect(file: string, by: Dissector, filter: string, fields: readonly string[]): readonly string[] {
  const wanted = fields.flatMap((field) => ["-e", field]);
  const args = ["-r", file, ...settings(by), "-Y", filter, "-T", "fields", ...wanted];
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

/** What `client` sends of all these requests, captured. */
async function captured(
  mode: "tcp" | "rtu-tcp",
  requests: readonly (readonly [number, ModbusRequest])[],
): Promise<{ readonly file: string; readonly by: Dissector; readonly sent: string }> {
  const port = await freePort();
  const server = await startPymodbus(mode, port);
  closers.push(() => server.close());
  const wire = await capture(port);
  const framing = mode === "tcp" ? "mbap" : "rtu";
  const client = await open({ transport: "tcp", framing, host: "127.0.0.1", port, responseTimeoutMs: 700 });
  closers.push(() => client.close());
  for (const [, request] of requests) await ask(client, request);
  const by = { protocol: mode === "tcp" ? "mbtcp" : "mbrtu", port } as const;
  const sent = `tcp.dstport == ${port} && modbus`;
  const enough = (): boolean => dissect(wire.file, by, sent, ["modbus.func_code"]).length >= requests.length;
  await eventually("the capture has every request", enough);
  await wire.stop();
  return { file: wire.file, by, sent };
}

const READS = ["19\t\t19", "196\t\t22", "107\t3\t", "8\t125\t"];
const READ_FIELDS = ["modbus.reference_num", "modbus.word_cnt", "modbus.bit_cnt"];

test("every function is sent well-formed on TCP", async () => {
  const { file, by, sent } = await captured("tcp", REQUESTS);
  expect(dissect(file, by, "_ws.malformed || mbtcp.prot_id != 0", ["frame.number", "_ws.col.info"])).toEqual([]);
  const codes = dissect(file, by, sent, ["mbtcp.unit_id", "modbus.func_code"]);
  expect(codes).toEqual(REQUESTS.map(([code]) => `9\t${code}`));
  expect(dissect(file, by, `${sent} && modbus.func_code <= 4`, READ_FIELDS)).toEqual(READS);
});

test("every function is sent well-formed in RTU frames, diagnostics too", async () => {
  const diagnostics: ModbusRequest = { kind: "diagnostics", subFunction: 0, data: [0xa537] };
  // A frame of four bytes, which function 17 asks by, is too short for Wireshark to look at.
  const requests = [...REQUESTS.filter(([code]) => code !== 17), [8, diagnostics]] as const;
  const { file, by, sent } = await captured("rtu-tcp", requests);
  expect(dissect(file, by, "_ws.malformed", ["frame.number", "_ws.col.info"])).toEqual([]);
  const codes = dissect(file, by, sent, ["mbrtu.unit_id", "modbus.func_code", "mbrtu.crc16.status"]);
  // 1: the CRC is right.
  expect(codes).toEqual(requests.map(([code]) => `9\t${code}\t1`));
  expect(dissect(file, by, `${sent} && modbus.func_code <= 4`, READ_FIELDS)).toEqual(READS);
});
