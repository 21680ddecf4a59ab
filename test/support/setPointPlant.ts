import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import ModbusRTU from "modbus-serial";
import { createTranslator, type Translator, type TranslatorPorts } from "../../src/app";
import { openerFor } from "../../src/bus/openerFor";
import { createAzureEdgeHub } from "../../src/cloud/azureEdgeHub";
import { applyDocument } from "../../src/core/config/apply";
import { builtInProfiles } from "../../src/core/config/profiles";
import { createDevHub, type DevHub } from "../../src/devhub/devHub";
import { isJsonObject, type Json, type JsonObject } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../../src/simulator/simulator";
import type { DataFolder } from "../../src/store/dataFolder";
import { createMemoryFolder, quietLog } from "./memoryTranslator";
import { eventually } from "./moduleProcess";

const clock = createSystemClock();
const HOST = "127.0.0.1";

/** What the registers of the boiler are called, by address: how writes are told. */
const NAMES = new Map([
  [200, "setpoint"],
  [201, "mode"],
  [202, "enable"],
  [210, "counter"],
]);

export type PointKeys = Readonly<Record<string, JsonObject>>;

/** A boiler behind a relay that can be cut; its set point in halves, a mode, an enable that is applied at each connect. */
function documentOf(more: PointKeys): JsonObject {
  const points: Record<string, JsonObject> = {
    setpoint: { address: 200, scale: 0.5, writeMin: 10, writeMax: 80 },
    mode: { address: 201 },
    enable: { address: 202, apply: "connect" },
    counter: { address: 210, type: "uint64" },
    serialNumber: { address: 300, access: "read", kind: "property" },
    temperature: { address: 301, access: "read" },
  };
  const entries = Object.entries(points).map(([name, keys]): [string, JsonObject] => [
    name,
    { table: "holding", type: "uint16", access: "readWrite", ...keys, ...more[name] },
  ]);
  return {
    schemaVersion: 1,
    connections: {
      plant: { transport: "tcp", host: HOST, connectTimeoutMs: 500, responseTimeoutMs: 500, readRetries: 0 },
    },
    devices: {
      boiler: {
        connection: "plant",
        unitId: 7,
        groups: { default: { intervalMs: 200 } },
        points: Object.fromEntries(entries),
      },
    },
  };
}

/** The module in this process, Azure's SDK over TLS to the development hub, a device served by modbus-serial. */
export interface SetPointPlant {
  readonly hub: DevHub;
  readonly simulator: Simulator;
  /** What survives restarts. `frozen`: from now on nothing that is written to it does, as when the process is killed. */
  readonly data: DataFolder & { frozen: boolean };
  readonly configuration: JsonObject;
  start(ports?: Partial<TranslatorPorts>): Promise<Translator>;
  /** Patches the desired values of the boiler. */
  desire(values: JsonObject): void;
  /** The reported property of the boiler as the hub holds it. */
  reported(point: string): JsonObject | undefined;
  /** Waits until the acknowledgement has this code (and version). */
  acknowledged(point: string, ac: number, av?: number): Promise<JsonObject>;
  /**
   * Desires a new mode and waits until it has been carried out: by then everything before it in the document has been
   * looked at. Its own writes are left out of `writes`.
   */
  everythingLookedAt(): Promise<void>;
  /** Writes that the device has carried out, `setpoint=44` (raw), without those of the mode. */
  writes(): string[];
  /** Somebody at the panel of the device, by a connection of his own. */
  panel(address: number, raw: number): Promise<void>;
  /** The device is gone from the network, or back. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

export async function openPlant(more: PointKeys = {}): Promise<SetPointPlant> {
  const document = documentOf(more);
  const { config, problems } = applyDocument(undefined, document, builtInProfiles);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const served = await createSimulator(config, { clock, log: quietLog });
  if (!served.ok) throw new Error(served.error);
  const simulator = served.value;
  const endpoint = simulator.served.get("plant");
  if (endpoint?.kind !== "tcp") throw new Error("the plant is not served");
  const relay = await startRelay(endpoint.port);
  const [plant] = Object.values(document["connections"] as JsonObject) as JsonObject[];
  const configuration = { ...document, connections: { plant: { ...plant, port: relay.port } } };
  const opened = await createDevHub({ desired: { modbus: { configuration } } }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  const hub = opened.value;
  const data = freezable();
  const running: Translator[] = [];
  let mode = 1000;

  const self: SetPointPlant = {
    hub,
    simulator,
    data,
    configuration,
    async start(ports = {}) {
      const translator = createTranslator({
        clock,
        log: quietLog,
        hub: createAzureEdgeHub({ environment: hub.environmentFor("modbus") }, { clock, log: silentLog }),
        data,
        openerFor: (connection) => openerFor(connection, { clock }),
        profiles: async () => builtInProfiles,
        writes: "declared",
        logLevel: "info",
        version: "0.0.0-test",
        bootId: `test${running.length}`,
        ...ports,
      });
      running.push(translator);
      await translator.start();
      return translator;
    },
    desire(values) {
      const pushed = hub.setDesired("modbus", { boiler: { __t: "c", ...values } });
      if (!pushed.ok) throw new Error(pushed.error);
    },
    reported(point) {
      const component = hub.reported("modbus")["boiler"];
      const value: Json | undefined = isJsonObject(component) ? component[point] : undefined;
      return isJsonObject(value) ? value : undefined;
    },
    acknowledged: (point, ac, av) =>
      eventually(
        `${point} is answered ${ac}`,
        () => {
          const ack = self.reported(point);
          return ack?.["ac"] === ac && (av === undefined || ack["av"] === av) ? ack : undefined;
        },
        () => JSON.stringify(hub.reported("modbus")),
      ),
    async everythingLookedAt() {
      mode += 1;
      self.desire({ mode });
      const wanted = mode;
      await eventually("the mode is acknowledged", () => {
        const ack = self.reported("mode");
        return ack?.["value"] === wanted && ack["ac"] === 200;
      });
    },
    writes: () =>
      simulator.writes
        .entries()
        .map(({ address, values }) => `${NAMES.get(address) ?? address}=${values.join(",")}`)
        .filter((text) => !text.startsWith("mode=")),
    async panel(address, raw) {
      const client = new ModbusRTU();
      await client.connectTCP(HOST, { port: endpoint.port });
      client.setID(7);
      await client.writeRegister(address, raw);
      await new Promise<void>((resolve) => client.close(() => resolve()));
    },
    cut: relay.cut,
    mend: relay.mend,
    async close() {
      for (const translator of running) await translator.close();
      await hub.close();
      await relay.close();
      await simulator.close();
    },
  };
  return self;
}

function freezable(): SetPointPlant["data"] {
  const folder = createMemoryFolder();
  const self = {
    ...folder,
    frozen: false,
    async write(name: string, document: Json) {
      if (!self.frozen) await folder.write(name, document);
    },
  };
  return self;
}

interface Relay {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Leads every connection to `port`, unless it is cut: then those that are open end, and new ones too. */
async function startRelay(port: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const follow = (socket: Socket, other: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const device = connect(port, HOST);
    follow(socket, device);
    follow(device, socket);
    socket.pipe(device).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      endAll();
    },
    mend() {
      isCut = false;
    },
    close() {
      endAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
