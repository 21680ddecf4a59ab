import { rtuFrame } from "./rtuFrame";
import type { WireFrame, WireItem } from "./wireFrames";

/** What carries the frames in a capture file: TCP or UDP with a port that Wireshark knows, or Modbus RTU as it is. */
export type CaptureCarrier = "tcp" | "udp" | "rtu";

/** Raw IPv4 and IPv6; PDUs exported with the name of their dissector. */
const LINK_RAW_IP = 101;
const LINK_UPPER_PDU = 252;
const PORT = 502;
/** Addresses for documentation (RFC 5737): a link does not tell its own. */
const CLIENT = [192, 0, 2, 1];
const SERVER = [192, 0, 2, 2];
const FIRST_CLIENT_PORT = 50_000;
const TAG = { dissector: 12, ipv4Source: 20, ipv4Target: 21, portType: 24, sourcePort: 25, targetPort: 26 };
const PORT_TYPE_TCP = 2;

/**
 * A capture file (pcap) that Wireshark opens and decodes without a setting. Frames of mbap travel in IP packets made for
 * them, between documentation addresses, each connection from a port of its own; frames of a line are named Modbus RTU.
 * What was no frame stands in it too, as bytes.
 */
export function captureFile(items: readonly WireItem[], carrier: CaptureCarrier): Uint8Array {
  const linkType = carrier === "rtu" ? LINK_UPPER_PDU : LINK_RAW_IP;
  const packets: Uint8Array[] = [fileHeader(linkType)];
  const streams = { client: 1, server: 1, port: FIRST_CLIENT_PORT };
  for (const item of items) {
    if ("note" in item) {
      Object.assign(streams, { client: 1, server: 1, port: streams.port + 1 });
      continue;
    }
    const data = carrier === "rtu" ? upperPdu(item) : ipPacket(item, carrier, streams);
    packets.push(record(item.at, data));
    if (item.direction === "sent") streams.client += item.raw.length;
    else streams.server += item.raw.length;
  }
  return joined(packets);
}

interface Streams {
  readonly client: number;
  readonly server: number;
  readonly port: number;
}

function fileHeader(linkType: number): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 65_535);
  header.setUint32(20, linkType);
  return new Uint8Array(header.buffer);
}

function record(at: number, data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(16));
  const micros = Math.round(at * 1000);
  header.setUint32(0, Math.floor(micros / 1e6));
  header.setUint32(4, micros % 1e6);
  header.setUint32(8, data.length);
  header.setUint32(12, data.length);
  return joined([new Uint8Array(header.buffer), data]);
}

function upperPdu({ direction, raw, unitId, pdu }: WireFrame): Uint8Array {
  const [from, to] = direction === "sent" ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [source, target] = direction === "sent" ? [FIRST_CLIENT_PORT, PORT] : [PORT, FIRST_CLIENT_PORT];
  // Frames in ASCII are shown as the RTU frames of the same meaning.
  const frame = unitId === undefined || pdu === undefined ? raw : rtuFrame(unitId, pdu);
  return joined([
    tag(
      TAG.dissector,
      [...(pdu === undefined ? "data" : "mbrtu")].map((letter) => letter.charCodeAt(0)),
    ),
    tag(TAG.ipv4Source, from),
    tag(TAG.ipv4Target, to),
    tag(TAG.portType, [0, 0, 0, PORT_TYPE_TCP]),
    tag(TAG.sourcePort, [0, 0, source >>> 8, source & 0xff]),
    tag(TAG.targetPort, [0, 0, target >>> 8, target & 0xff]),
    Uint8Array.of(0, 0, 0, 0),
    frame,
  ]);
}

/** Type and length in front, filled up to four bytes. */
function tag(type: number, value: readonly number[]): Uint8Array {
  const length = Math.ceil(value.length / 4) * 4;
  const bytes = new Uint8Array(4 + length);
  bytes.set([type >>> 8, type & 0xff, length >>> 8, length & 0xff]);
  bytes.set(value, 4);
  return bytes;
}

function ipPacket({ direction, raw }: WireFrame, carrier: "tcp" | "udp", streams: Streams): Uint8Array {
  const isSent = direction === "sent";
  const [from, to] = isSent ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [source, target] = isSent ? [streams.port, PORT] : [PORT, streams.port];
  const [sequence, acknowledged] = isSent ? [streams.client, streams.server] : [streams.server, streams.client];
  const segment =
    carrier === "tcp" ? tcpSegment(source, target, sequence, acknowledged, raw) : udpDatagram(source, target, raw);
  const protocol = carrier === "tcp" ? 6 : 17;
  const pseudo = joined([
    Uint8Array.from([...from, ...to, 0, protocol, segment.length >>> 8, segment.length & 0xff]),
    segment,
  ]);
  new DataView(segment.buffer).setUint16(carrier === "tcp" ? 16 : 6, checksum(pseudo));
  const header = new DataView(new ArrayBuffer(20));
  header.setUint16(0, 0x4500);
  header.setUint16(2, 20 + segment.length);
  header.setUint16(6, 0x4000);
  header.setUint16(8, 0x4000 | protocol);
  const bytes = new Uint8Array(header.buffer);
  bytes.set([...from, ...to], 12);
  header.setUint16(10, checksum(bytes));
  return joined([bytes, segment]);
}

function tcpSegment(
  source: number,
  target: number,
  sequence: number,
  acknowledged: number,
  data: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const segment = new DataView(new ArrayBuffer(20 + data.length));
  segment.setUint16(0, source);
  segment.setUint16(2, target);
  segment.setUint32(4, sequence);
  segment.setUint32(8, acknowledged);
  // Header of five words; PSH and ACK.
  segment.setUint16(12, 0x5018);
  segment.setUint16(14, 65_535);
  const bytes = new Uint8Array(segment.buffer);
  bytes.set(data, 20);
  return bytes;
}

function udpDatagram(source: number, target: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const datagram = new DataView(new ArrayBuffer(8 + data.length));
  datagram.setUint16(0, source);
  datagram.setUint16(2, target);
  datagram.setUint16(4, 8 + data.length);
  const bytes = new Uint8Array(datagram.buffer);
  bytes.set(data, 8);
  return bytes;
}

/** Of IP, TCP and UDP (RFC 1071): ones' complement of the sum of the words. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
