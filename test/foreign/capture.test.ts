import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asciiFrame } from "../../src/core/modbus/asciiFrame";
import { type CaptureCarrier, captureFile } from "../../src/core/modbus/captureFile";
import { rtuFrame } from "../../src/core/modbus/rtuFrame";
import { tcpAdu } from "../../src/core/modbus/tcpFrame";
import { type WireEvent, type WireFraming, wireFrames } from "../../src/core/modbus/wireFrames";

/** Captures of `getTrace`, opened by tshark as it is installed: no option, no "decode as". */
const READ = Uint8Array.of(3, 0, 199, 0, 2);
const ANSWER = Uint8Array.of(3, 4, 0, 230, 0, 1);
const REFUSAL = Uint8Array.of(0x83, 2);
const T = Date.UTC(2026, 10, 23, 10, 15, 30, 123);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function exchange(frame: (pdu: Uint8Array, id: number) => Uint8Array): WireEvent[] {
  return [
    { kind: "sent", at: T, bytes: frame(READ, 1) },
    { kind: "received", at: T + 12.5, bytes: frame(ANSWER, 1) },
    { kind: "sent", at: T + 20, bytes: frame(READ, 2) },
    { kind: "received", at: T + 30, bytes: frame(REFUSAL, 2) },
    { kind: "closed", at: T + 40, text: "lost" },
    { kind: "opened", at: T + 50, text: "opened" },
    { kind: "sent", at: T + 60, bytes: frame(READ, 3) },
    { kind: "received", at: T + 70, bytes: frame(ANSWER, 3) },
  ];
}

function tshark(
  events: readonly WireEvent[],
  framing: WireFraming,
  carrier: CaptureCarrier,
  ...args: string[]
): string[] {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-trace-"));
  folders.push(folder);
  const file = join(folder, "trace.pcap");
  writeFileSync(file, captureFile(wireFrames(events, framing), carrier));
  const text = execFileSync("tshark", ["-r", file, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return text.replace(/\n$/, "").split("\n");
}

const fields = (...names: string[]): string[] => ["-T", "fields", ...names.flatMap((name) => ["-e", name])];

test.each<[CaptureCarrier, string]>([
  ["tcp", "mbtcp"],
  ["udp", "mbudp"],
])("mbap over %s: requests and answers, their times, nothing malformed, checksums right", (carrier, protocol) => {
  const events = exchange((pdu, id) => tcpAdu(id, 7, pdu));
  const of = (...names: string[]) => tshark(events, "mbap", carrier, ...fields(...names));
  expect(of("mbtcp.trans_id", "mbtcp.unit_id", "modbus.func_code")).toEqual(
    [1, 1, 2, 2, 3, 3].map((id) => `${id}\t7\t3`),
  );
  expect(of("modbus.regval_uint16", "modbus.exception_code")[1]).toBe("230,1\t");
  expect(of("modbus.exception_code")[3]).toBe("2");
  expect(of("frame.time_epoch")[1]).toBe(`${Math.floor(T / 1000)}.135500000`);
  expect(of("frame.protocols")[0]).toContain(protocol);
  const checked = ["-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  const filter =
    "_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags";
  expect(tshark(events, "mbap", carrier, ...checked, "-Y", filter)).toEqual([""]);
});

test.each<[WireFraming, (pdu: Uint8Array) => Uint8Array]>([
  ["rtu", (pdu) => rtuFrame(7, pdu)],
  ["ascii", (pdu) => asciiFrame(7, pdu)],
])("%s: as Modbus RTU, the CRC right", (framing, frame) => {
  const events = exchange(frame);
  const crc = ["-o", "mbrtu.crc_verification:TRUE"];
  const wanted = fields("mbrtu.unit_id", "modbus.func_code", "modbus.regval_uint16", "mbrtu.crc16.status");
  expect(tshark(events, framing, "rtu", ...crc, ...wanted)).toEqual([
    "7\t3\t\t1",
    "7\t3\t230,1\t1",
    "7\t3\t\t1",
    "7\t3\t\t1",
    "7\t3\t\t1",
    "7\t3\t230,1\t1",
  ]);
  expect(tshark(events, framing, "rtu", ...fields("ip.src", "ip.dst"))).toHaveLength(6);
});

test("what was no frame is there as bytes", () => {
  const noise: WireEvent[] = [{ kind: "received", at: T, bytes: Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 0x01) }];
  expect(tshark(noise, "rtu", "rtu", ...fields("data.data"))).toEqual(["deadbeef01"]);
});
