import { createServer, type Server } from "node:net";
import { server as jsmodbus } from "jsmodbus";
import { type IServiceVector, ServerSerial, ServerTCP } from "modbus-serial";
import { SerialPort } from "serialport";
import type { ForeignServer } from "./foreignServer";
import { reference, SIZE } from "./referenceDevice";

/** The servers of modbus-serial and jsmodbus, with the values of the reference device; unit 1 on a serial line. */
const LINE = { baudRate: 19_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
const ILLEGAL_ADDRESS = { modbusErrorCode: 2, message: "no such address" };

function vector(): IServiceVector {
  const coils = Array.from({ length: SIZE }, (_, i) => reference.coil(i));
  const holdings = Array.from({ length: SIZE }, (_, i) => reference.holding(i));
  const within = (address: number): number => {
    if (address < SIZE) return address;
    throw ILLEGAL_ADDRESS;
  };
  return {
    getCoil: (address: number) => coils[within(address)] ?? false,
    getDiscreteInput: (address: number) => reference.discrete(within(address)),
    getInputRegister: (address: number) => reference.input(within(address)),
    getHoldingRegister: (address: number) => holdings[within(address)] ?? 0,
    async setCoil(address: number, value: boolean) {
      coils[within(address)] = value;
    },
    async setRegister(address: number, value: number) {
      holdings[within(address)] = value;
    },
  };
}

export function startModbusSerial(mode: "tcp" | "rtu", place: string | number): Promise<ForeignServer> {
  return new Promise((resolve, reject) => {
    if (mode === "tcp") {
      const server = new ServerTCP(vector(), { host: "127.0.0.1", port: Number(place), unitID: 1 });
      server.on("initialized", () => resolve({ close: () => new Promise((done) => server.close(() => done())) }));
      server.on("serverError", reject);
      return;
    }
    const openCallback = (error: Error | null): void => {
      if (error) reject(error);
      else resolve({ close: () => new Promise((done) => server.close(() => done())) });
    };
    const server = new ServerSerial(vector(), { path: String(place), ...LINE, unitID: 1, openCallback });
  });
}

const words = (value: (i: number) => number): Buffer => {
  const bytes = Buffer.alloc(2 * SIZE);
  for (let i = 0; i < SIZE; i++) bytes.writeUInt16BE(value(i), 2 * i);
  return bytes;
};

const bits = (value: (i: number) => boolean): Buffer => {
  const bytes = Buffer.alloc(Math.ceil(SIZE / 8));
  for (let i = 0; i < SIZE; i++) if (value(i)) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (1 << (i & 7));
  return bytes;
};

/**
 * It answers every unit, and knows no end of its tables: what lies behind them it answers as it can. On a line it loses
 * a request that arrives in two reads, as long ones do.
 */
export async function startJsmodbus(mode: "tcp" | "rtu", place: string | number): Promise<ForeignServer> {
  const tables = {
    coils: bits(reference.coil),
    discrete: bits(reference.discrete),
    input: words(reference.input),
    holding: words(reference.holding),
  };
  if (mode === "tcp") {
    const listening: Server = createServer();
    new jsmodbus.TCP(listening, tables);
    await new Promise<void>((resolve) => listening.listen(Number(place), "127.0.0.1", resolve));
    return { close: () => new Promise((done) => listening.close(() => done())) };
  }
  const port = new SerialPort({ path: String(place), ...LINE, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  new jsmodbus.RTU(port, tables);
  return { close: () => new Promise((done) => port.close(() => done())) };
}
