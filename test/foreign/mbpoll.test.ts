import { execFile } from "node:child_process";
import { openerFor } from "../../src/bus/openerFor";
import { createSession, type Session } from "../../src/bus/session";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import type { ModbusRequest } from "../../src/core/modbus/pdu";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair } from "../../src/simulator/pty";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import { deviceOf, gatewayOf, pointOf, serialConnection, tcpConnection } from "../support/simulatorConfig";

/**
 * mbpoll (libmodbus, C) and our own bus meet at the registers of one simulated device: what one writes, the other
 * reads. The line is a pair of pseudo terminals held by socat.
 */
const clock = createSystemClock();
const register = pointOf({ name: "setpoint", address: 200, type: "uint16", access: "readWrite" });
const level = pointOf({ name: "level", address: 210, type: "float32", count: 2, access: "readWrite" });
const lamp = pointOf({ name: "lamp", table: "coil", address: 8, type: "bool", access: "readWrite" });
const points = [register, level, lamp];
const UNIT = 7;

interface Site {
  readonly simulator: Simulator;
  readonly connection: ConnectionConfig;
  /** Arguments that lead mbpoll to the device. */
  readonly reach: readonly string[];
  /** The argument that names its host or line. */
  readonly target: string;
}

async function simulate(connection: ConnectionConfig): Promise<Simulator> {
  const config = gatewayOf([connection], [deviceOf("boiler", connection.name, UNIT, points)]);
  const openPty = (): ReturnType<typeof openPtyPair> => openPtyPair({ clock, ways: ["socat"] });
  const created = await createSimulator(config, { clock, log: silentLog }, { openPty });
  if (!created.ok) return Promise.reject(new Error(created.error));
  return created.value;
}

async function tcpSite(): Promise<Site> {
  const simulator = await simulate(tcpConnection("plant"));
  const endpoint = simulator.served.get("plant");
  if (endpoint?.kind !== "tcp") return Promise.reject(new Error("not served on TCP"));
  const connection = { ...tcpConnection("plant", endpoint.port), host: endpoint.host };
  return { simulator, connection, reach: ["-m", "tcp", "-p", String(endpoint.port)], target: endpoint.host };
}

async function serialSite(): Promise<Site> {
  const simulator = await simulate(serialConnection("hall"));
  const endpoint = simulator.served.get("hall");
  if (endpoint?.kind !== "serial") return Promise.reject(new Error("not served on a terminal"));
  const connection = { ...serialConnection("hall"), path: endpoint.path };
  return { simulator, connection, reach: ["-m", "rtu", "-b", "19200", "-P", "none"], target: endpoint.path };
}

interface Said {
  readonly code: number;
  readonly text: string;
}

function mbpoll(site: Site, options: readonly string[], values: readonly string[] = []): Promise<Said> {
  const args = ["-1", "-0", "-o", "2", "-a", String(UNIT), ...site.reach, ...options, site.target, ...values];
  return new Promise((resolve) => {
    execFile("mbpoll", args, { timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), text: `${stdout}${stderr}` });
    });
  });
}

/** One request over our own bus, on a connection that is opened and closed for it: a line has one user at a time. */
async function ours<R extends ModbusRequest>(site: Site, request: R): Promise<unknown> {
  const session: Session = createSession(site.connection, {
    clock,
    log: silentLog,
    openLink: openerFor(site.connection, { clock }),
    onState: () => undefined,
  });
  try {
    await session.whenOpen(AbortSignal.timeout(10_000));
    const answer = await session.transact(UNIT, request);
    return answer.ok ? answer.value.response : answer.error;
  } finally {
    await session.close();
  }
}

describe.each<[string, () => Promise<Site>]>([
  ["TCP", tcpSite],
  ["RTU on a line of socat", serialSite],
])("mbpoll over %s", (_name, open) => {
  let site: Site;
  beforeEach(async () => {
    site = await open();
  });
  afterEach(async () => {
    expect(await site.simulator.close()).toEqual([]);
  });

  test("a register that mbpoll writes is read by our bus", async () => {
    expect(await mbpoll(site, ["-t", "4", "-r", "200"], ["4660"])).toMatchObject({ code: 0 });
    const read = await ours(site, { kind: "readRegisters", table: "holding", address: 200, count: 1 });
    expect(read).toEqual({ registers: Uint16Array.of(0x1234) });
  });

  test("a float of mbpoll arrives as its two registers, high word first", async () => {
    expect(await mbpoll(site, ["-t", "4:float", "-B", "-r", "210"], ["230.1"])).toMatchObject({ code: 0 });
    const read = await ours(site, { kind: "readRegisters", table: "holding", address: 210, count: 2 });
    expect(read).toEqual({ registers: Uint16Array.of(0x4366, 0x199a) });
  });

  test("registers and a coil that our bus writes are read by mbpoll", async () => {
    await ours(site, { kind: "writeRegisters", address: 210, values: [0xc2f6, 0xe979] });
    await ours(site, { kind: "writeSingleCoil", address: 8, value: true });
    expect((await mbpoll(site, ["-t", "4:float", "-B", "-r", "210"])).text).toMatch(/\[210\]:\s+-123\.456/);
    expect((await mbpoll(site, ["-t", "0", "-r", "8"])).text).toMatch(/\[8\]:\s+1\b/);
  });

  test("an address that the device does not have is refused to both in the same words", async () => {
    expect((await mbpoll(site, ["-t", "4", "-r", "5000"])).text).toMatch(/Illegal data address/i);
    const read = await ours(site, { kind: "readRegisters", table: "holding", address: 5000, count: 1 });
    expect(read).toMatchObject({ kind: "exception", code: 2 });
  });
});
