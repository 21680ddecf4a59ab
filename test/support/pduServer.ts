import { createServer, type Socket } from "node:net";

/** A MODBUS/TCP server whose answers the test decides PDU by PDU; frames are cut and made by code of the test alone. */
export interface PduServer {
  readonly port: number;
  /** Requests as they came: `unit:hex`. */
  readonly requests: string[];
  /** The PDU to answer with (hex), or nothing. Default: `image`. */
  answer: (unitId: number, pdu: Buffer) => string | undefined;
  /** The unit id that answers bear; default: that of the request. */
  answersAs: number | undefined;
  /** Connections that are open. */
  readonly connections: number;
  /** Connections taken so far. */
  readonly accepted: number;
  /** Cuts every connection. */
  cut(): void;
  close(): Promise<void>;
}

export interface Image {
  /** By PDU address; holding and input are the same here. */
  readonly registers: Map<number, number>;
  readonly coils: Map<number, boolean>;
}

const hex = (values: readonly number[]): string => values.map((value) => value.toString(16).padStart(4, "0")).join("");

/** Answers functions 1 to 6, 15 and 16 from an image; an address that it does not have is exception 2. */
export function imageAnswer({ registers, coils }: Image, pdu: Buffer): string {
  const functionCode = pdu.readUInt8(0);
  const refused = (functionCode | 0x80).toString(16).padStart(2, "0");
  if (![1, 2, 3, 4, 5, 6, 15, 16].includes(functionCode)) return `${refused}01`;
  const address = pdu.readUInt16BE(1);
  const second = pdu.readUInt16BE(3);
  const count = functionCode === 5 || functionCode === 6 ? 1 : second;
  const bitwise = [1, 2, 5, 15].includes(functionCode);
  const addresses = Array.from({ length: count }, (_, index) => address + index);
  if (!addresses.every((at) => (bitwise ? coils : registers).has(at))) return `${refused}02`;
  if (functionCode <= 2) return bitsAnswer(functionCode, addresses, coils);
  if (functionCode <= 4)
    return `0${functionCode}${(2 * count).toString(16).padStart(2, "0")}${hex(addresses.map((at) => registers.get(at) ?? 0))}`;
  for (const [index, at] of addresses.entries()) store({ registers, coils }, pdu, index, at);
  return pdu.subarray(0, 5).toString("hex");
}

function bitsAnswer(functionCode: number, addresses: readonly number[], coils: ReadonlyMap<number, boolean>): string {
  const bytes = Buffer.alloc(Math.ceil(addresses.length / 8));
  for (const [index, at] of addresses.entries())
    if (coils.get(at) === true) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  return Buffer.concat([Buffer.of(functionCode, bytes.length), bytes]).toString("hex");
}

function store({ registers, coils }: Image, pdu: Buffer, index: number, at: number): void {
  const functionCode = pdu.readUInt8(0);
  const second = pdu.readUInt16BE(3);
  if (functionCode === 5) coils.set(at, second === 0xff00);
  else if (functionCode === 6) registers.set(at, second);
  else if (functionCode === 15) coils.set(at, ((pdu[6 + (index >> 3)] ?? 0) & (1 << (index & 7))) !== 0);
  else registers.set(at, pdu.readUInt16BE(6 + 2 * index));
}

export async function startPduServer(image: Image): Promise<PduServer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 6 && waiting.length >= 6 + waiting.readUInt16BE(4)) {
        const size = 6 + waiting.readUInt16BE(4);
        serve(socket, waiting.subarray(0, size));
        waiting = waiting.subarray(size);
      }
    });
  });

  function serve(socket: Socket, adu: Buffer): void {
    const unitId = adu.readUInt8(6);
    const pdu = adu.subarray(7);
    self.requests.push(`${unitId}:${pdu.toString("hex")}`);
    const answer = self.answer(unitId, pdu);
    if (answer === undefined) return;
    const body = Buffer.from(answer, "hex");
    const header = Buffer.from(adu.subarray(0, 7));
    header.writeUInt16BE(body.length + 1, 4);
    header.writeUInt8(self.answersAs ?? unitId, 6);
    socket.write(Buffer.concat([header, body]));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const self: PduServer = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests: [],
    answersAs: undefined,
    answer: (_unitId, pdu) => imageAnswer(image, pdu),
    get connections() {
      return sockets.size;
    },
    get accepted() {
      return accepted;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      self.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}
