import { constants, openSync, writeSync } from "node:fs";
import type { SocketConstructorOpts } from "node:net";
import { ReadStream } from "node:tty";
import { LinuxBinding } from "@serialport/bindings-cpp";
import { crc16 } from "../../src/core/modbus/crc";
import { frameGapMs } from "../../src/core/modbus/serialTiming";
import type { SerialPeerOptions } from "./serialPeers";
import { FIRST, type Peer } from "./tcpPeers";

const HELD_MS = 1.25;
const WAKING_MS = 0.06;
const cell = new Int32Array(new SharedArrayBuffer(4));

/**
 * The floor: the least that Node can do on a line with t3.5 kept. One promise, one timer and one hold a request, one
 * function; no deadline, no queue, nothing looked at but the CRC.
 */
export async function bareSerial({ path, baudRate, count }: SerialPeerOptions): Promise<Peer> {
  const port = await LinuxBinding.open({ path, baudRate, dataBits: 8, parity: "none", stopBits: 2, lock: true });
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const request = requestOf(count);
  const gapMs = frameGapMs(baudRate);
  const input = Buffer.allocUnsafeSlow(4096);
  const answer = Buffer.allocUnsafeSlow(4096);
  const expected = 5 + 2 * count;
  let filled = 0;
  let lastAt = performance.now();
  let settle: ((registers: readonly number[]) => void) | undefined;

  function received(bytes: number): boolean {
    lastAt = performance.now();
    input.copy(answer, filled, 0, bytes);
    filled += bytes;
    if (filled < expected) return true;
    filled = 0;
    if (crc16(answer, 0, expected) !== 0) throw new Error("an answer fails the CRC");
    const registers: number[] = [];
    for (let at = 3; at < expected - 2; at += 2) registers.push(answer.readUInt16BE(at));
    settle?.(registers);
    return true;
  }

  function send(): void {
    const at = lastAt + gapMs;
    const leftMs = at - performance.now();
    if (leftMs > HELD_MS) {
      setTimeout(send, leftMs - HELD_MS);
      return;
    }
    if (leftMs > WAKING_MS) Atomics.wait(cell, 0, 0, leftMs - WAKING_MS);
    while (performance.now() < at);
    writeSync(port.fd as number, request);
  }

  const onread = { buffer: input, callback: received };
  new ReadStream(fd, { onread } as SocketConstructorOpts).resume();
  const peer: Peer<readonly number[]> = {
    ask: () =>
      new Promise((resolve) => {
        settle = resolve;
        send();
      }),
    last: (registers) => registers.at(-1),
    close: () => void port.close(),
  };
  return peer as Peer;
}

function requestOf(count: number): Buffer {
  const request = Buffer.from([1, 3, FIRST >>> 8, FIRST & 0xff, count >>> 8, count & 0xff, 0, 0]);
  request.writeUInt16LE(crc16(request, 0, 6), 6);
  return request;
}
