import type { Endpoint } from "../../../src/simulator/endpoint";
import { redirectDocument } from "../../../src/simulator/endpoint";

const document = {
  connections: {
    hall: { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8E1", responseTimeoutMs: 500 },
    plant: { transport: "tcp", host: "plc.local" },
    yard: { transport: "tcp", host: "10.0.0.1", port: 1502 },
  },
  devices: { boiler: { connection: "hall", unitId: 7 } },
};

const tcp: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 40001 };

test("leads the connections that are served to the simulator and changes nothing else", () => {
  const served = new Map<string, Endpoint>([
    ["hall", { kind: "serial", path: "/dev/pts/5", peerPath: "/dev/pts/4" }],
    ["plant", tcp],
    ["yard", { kind: "unavailable", reason: "no" }],
  ]);
  const before = structuredClone(document);
  expect(redirectDocument({ configuration: document }, served)).toEqual({
    configuration: {
      connections: {
        hall: { transport: "serial", path: "/dev/pts/5", line: "19200 8E1", responseTimeoutMs: 500 },
        plant: { transport: "tcp", host: "127.0.0.1", port: 40001 },
        yard: { transport: "tcp", host: "10.0.0.1", port: 1502 },
      },
      devices: { boiler: { connection: "hall", unitId: 7 } },
    },
  });
  expect(document).toEqual(before);
});

test("a serial line served as Modbus TCP becomes a TCP connection", () => {
  const served = new Map<string, Endpoint>([["hall", { ...tcp, insteadOfSerial: "no terminals" }]]);
  expect(redirectDocument(document, served)).toMatchObject({
    connections: { hall: { transport: "tcp", host: "127.0.0.1", port: 40001, responseTimeoutMs: 500 } },
  });
  const hall = (redirectDocument(document, served) as typeof document).connections.hall;
  expect(Object.keys(hall)).not.toEqual(expect.arrayContaining(["line"]));
});

test("instances of a template are led to the simulator one by one", () => {
  const many = {
    connections: { "gw{c}": { transport: "tcp", host: "10.0.0.{c}", for: { c: "1-2" } } },
    devices: { "rtu{c}": { connection: "gw{c}", unitId: "{c}", for: { c: "1-2" } } },
  };
  const served = new Map<string, Endpoint>([["gw2", tcp]]);
  expect(redirectDocument(many, served)).toEqual({
    connections: {
      gw1: { transport: "tcp", host: "10.0.0.1" },
      gw2: { transport: "tcp", host: "127.0.0.1", port: 40001 },
    },
    devices: { rtu1: { connection: "gw1", unitId: 1 }, rtu2: { connection: "gw2", unitId: 2 } },
  });
});
