import { isModbusError, type ModbusClient, open } from "../../src/client";
import { type ForeignServer, freePort, startLibmodbus, startPymodbus } from "../support/foreignServer";

/**
 * The same random operations against two servers that we did not write: equal values, equal exceptions. Where the two
 * are known to differ from each other, the operation is not drawn (named below).
 */
const OPERATIONS = 20_000;
/** Servers have 1000 addresses a table: some operations lie across the end, some behind it. */
const EDGE = 1010;

interface Side {
  readonly name: string;
  readonly server: ForeignServer;
  readonly client: ModbusClient;
}

type Operation = (client: ModbusClient) => Promise<unknown>;

/** mulberry32: the same run for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

function draw(below: (limit: number) => number): readonly [text: string, Operation] {
  const address = below(EDGE);
  const words = Array.from({ length: 1 + below(below(8) === 0 ? 123 : 6) }, () => below(65_536));
  const bits = words.map((word) => word % 2 === 1);
  const count = 1 + below(below(8) === 0 ? 125 : 12);
  switch (below(8)) {
    case 0:
      return [`coil ${address} ${count}`, (client) => client.read(1, "coil", address, count)];
    case 1:
      return [`discrete ${address} ${count}`, (client) => client.read(1, "discrete", address, count)];
    case 2:
      return [`input ${address} ${count}`, (client) => client.read(1, "input", address, count)];
    case 3:
      return [`holding ${address} ${count}`, (client) => client.read(1, "holding", address, count)];
    case 4:
      return [`coil ${address} = ${bits[0]}`, (client) => client.write(1, "coil", address, bits[0] ?? false)];
    case 5:
      return [
        `coils ${address} = ${bits}`,
        (client) => client.write(1, "coil", address, bits, { function: "multiple" }),
      ];
    case 6:
      return [`holding ${address} = ${words[0]}`, (client) => client.write(1, "holding", address, words[0] ?? 0)];
    default:
      return [
        `holdings ${address} = ${words}`,
        (client) => client.write(1, "holding", address, words, { function: "multiple" }),
      ];
  }
}

async function outcome(operation: Operation, client: ModbusClient): Promise<unknown> {
  try {
    return (await operation(client)) ?? "written";
  } catch (error) {
    return isModbusError(error) ? `${error.kind} ${error.exceptionCode ?? error.message}` : String(error);
  }
}

async function side(name: string, start: (port: number) => Promise<ForeignServer>): Promise<Side> {
  const port = await freePort();
  const server = await start(port);
  return { name, server, client: await open({ transport: "tcp", host: "127.0.0.1", port, responseTimeoutMs: 5000 }) };
}

test(`${OPERATIONS} random operations: pymodbus and libmodbus give the same through our client`, async () => {
  const sides = [
    await side("pymodbus", (port) => startPymodbus("tcp", port)),
    await side("libmodbus", (port) => startLibmodbus("tcp", port)),
  ];
  const below = random(20_261_124);
  const differences: string[] = [];
  let exceptions = 0;
  try {
    for (let n = 0; n < OPERATIONS && differences.length < 5; n++) {
      const [text, operation] = draw(below);
      const [a, b] = await Promise.all(sides.map(({ client }) => outcome(operation, client)));
      if (JSON.stringify(a) !== JSON.stringify(b))
        differences.push(`${n}: ${text}: ${JSON.stringify(a)} / ${JSON.stringify(b)}`);
      if (typeof a === "string" && a.startsWith("exception")) exceptions++;
    }
  } finally {
    for (const { client, server } of sides) {
      await client.close();
      await server.close();
    }
  }
  expect(differences).toEqual([]);
  // The draw reaches behind the end of the tables often enough to compare refusals too.
  expect(exceptions).toBeGreaterThan(OPERATIONS / 100);
}, 240_000);
