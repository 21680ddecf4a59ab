import type { JsonObject } from "../../../src/kernel/json";
import { ok } from "../../../src/kernel/result";
import type { WritePolicy } from "../../../src/operator/writePolicy";
import { createFakeLink } from "../../support/fakeLink";
import { createManualClock } from "../../support/manualClock";
import { createMemoryHub } from "../../support/memoryHub";
import { createMemoryTranslator } from "../../support/memoryTranslator";

const operation = (unit: number) => ({ UnitId: unit, StartAddress: "40001", Count: 1, PollingInterval: 60_000 });
const LEGACY: JsonObject = {
  SlaveConfigs: {
    A: { SlaveConnection: "192.0.2.1", HwId: "Pump-1", Operations: { Op: operation(1) } },
    B: { SlaveConnection: "192.0.2.2", HwId: "Twin", Operations: { Op: operation(1) } },
    C: { SlaveConnection: "192.0.2.3", HwId: "twin", Operations: { Op: operation(2) } },
  },
};

/** Servers with one register and one coil each, which hold what is written. */
function server(written: string[], endpoint: string) {
  const link = createFakeLink();
  let register = "0000";
  let coil = "00";
  link.onWrite = (hex) => {
    const head = `${hex.slice(0, 8)}`;
    const [unit, code, value] = [hex.slice(12, 14), hex.slice(14, 16), hex.slice(20)];
    if (code === "06" || code === "05") {
      written.push(`${endpoint} ${unit} ${hex.slice(14)}`);
      if (code === "06") register = value;
      else coil = value === "ff00" ? "01" : "00";
    }
    const answers: Record<string, string> = { "03": `0005${unit}0302${register}`, "01": `0004${unit}0101${coil}` };
    const answer = answers[code];
    queueMicrotask(() => link.arrive(answer === undefined ? hex : `${head}${answer}`));
  };
  return link;
}

async function setUp(more: { desired?: JsonObject; writes?: WritePolicy } = {}) {
  const clock = createManualClock();
  const written: string[] = [];
  const hub = createMemoryHub(more.desired ?? LEGACY);
  const translator = createMemoryTranslator({
    clock,
    hub,
    openerFor: (connection) => async () => ok(server(written, "host" in connection ? connection.host.slice(-1) : "")),
    ...(more.writes === undefined ? {} : { writes: more.writes }),
  });
  await translator.start();
  await clock.advance(1000);
  const send = async (body: JsonObject | string, id?: string, command: string | undefined = "ModbusWrite") => {
    hub.messages.length = 0;
    hub.input({
      input: "input1",
      body: typeof body === "string" ? body : JSON.stringify(body),
      properties: command === "" ? {} : { "command-type": command },
      ...(id === undefined ? {} : { messageId: id }),
    });
    await clock.advance(1000);
    return hub.messages
      .filter(({ output }) => output === "events")
      .map((message) => JSON.parse(message.body) as JsonObject);
  };
  return { clock, hub, written, send, close: () => clock.advanceUntil(translator.close()) };
}

const order = (more: JsonObject = {}): JsonObject => ({
  HwId: "PUMP-1",
  UId: "1",
  Address: "40010",
  Value: "15",
  ...more,
});

test("registers by function 6, coils by function 5, read back; the result goes to events", async () => {
  const { send, written, close } = await setUp();
  expect(await send(order())).toMatchObject([
    { writeAudit: { device: "net192_0_2_1/1", values: { holding9: 15 }, outcome: "verified", by: "input1" } },
  ]);
  expect(await send({ hwid: "pump-1", uid: 7, address: "000003", VALUE: 1 })).toMatchObject([
    { writeAudit: { values: { coil2: true }, outcome: "verified" } },
  ]);
  expect(await send(order({ Address: "465536", Value: 65535 }))).toMatchObject([
    { writeAudit: { outcome: "verified" } },
  ]);
  expect(written).toEqual(["1 01 060009000f", "1 07 050002ff00", "1 01 06ffffffff"]);
  await close();
});

test("where slaves share an id, it is the one with the unit", async () => {
  const { send, written, close } = await setUp();
  await send(order({ HwId: "TWIN", UId: 1 }));
  await send(order({ HwId: "TWIN", UId: 2 }));
  expect(await send(order({ HwId: "TWIN", UId: 3 }))).toMatchObject([
    { moduleEvent: { kind: "writeRefused", text: expect.stringContaining("several slaves") } },
  ]);
  expect(written.map((line) => line.slice(0, 4))).toEqual(["2 01", "3 02"]);
  await close();
});

test("a message that the hub delivers twice is written once; the same order again is another message", async () => {
  const { clock, send, written, close } = await setUp();
  expect(await send(order(), "m1")).toHaveLength(1);
  expect(await send(order(), "m1")).toEqual([]);
  await send(order());
  await send(order());
  await clock.advance(600_000);
  expect(await send(order(), "m1")).toHaveLength(1);
  expect(written).toHaveLength(4);
  await close();
});

describe("refused, and nothing is written", () => {
  test.each<[string, JsonObject | string, string]>([
    ["a value that would be cut", order({ Value: 65536 }), "a whole number from 0 to 65535"],
    ["a negative value", order({ Value: "-1" }), "a whole number from 0 to 65535"],
    ["a fraction", order({ Value: 1.5 }), "a whole number from 0 to 65535"],
    ["a coil of two", order({ Address: "00001", Value: 2 }), "0 or 1"],
    ["an input register", order({ Address: "30001" }), "can only be read"],
    ["a discrete input", order({ Address: "10001" }), "can only be read"],
    ["no such table", order({ Address: "20001" }), "is not a start address"],
    ["address 0", order({ Address: "40000" }), "they count from 1"],
    ["no unit", order({ UId: null }), '"UId" is missing'],
    ["a broadcast", order({ UId: "0" }), "from 1 to 255"],
    ["unit 256", order({ UId: 256 }), "from 1 to 255"],
    ["an unknown slave", order({ HwId: "Pump-2" }), 'no slave has the HwId "Pump-2"'],
    ["an unknown key", order({ Values: 1 }), '"Values" is no key of a write'],
    ["a list", [order()] as unknown as JsonObject, "not a JSON object"],
    ["no JSON", "{", "not a JSON object"],
  ])("%s", async (_title, body, reason) => {
    const { send, written, close } = await setUp();
    expect(await send(body)).toMatchObject([
      { moduleEvent: { kind: "writeRefused", text: expect.stringContaining(reason) } },
    ]);
    expect(written).toEqual([]);
    await close();
  });

  test("without the property", async () => {
    const { send, written, close } = await setUp();
    for (const command of ["", "modbuswrite"]) {
      expect(await send(order(), undefined, command)).toMatchObject([{ moduleEvent: { kind: "writeRefused" } }]);
    }
    expect(written).toEqual([]);
    await close();
  });

  test("where writes are off, and where the configuration is native", async () => {
    const native = { transport: "tcp", host: "192.0.2.1" };
    const points = { p: { address: "40010", type: "uint16", access: "readWrite" } };
    const devices = { pump: { connection: "plant", unitId: 1, points } };
    for (const more of [
      { writes: "off" as const },
      { desired: { configuration: { connections: { plant: native }, devices } } },
    ]) {
      const { send, written, close } = await setUp(more);
      expect(await send(order())).toMatchObject([{ moduleEvent: { kind: "writeRefused" } }]);
      expect(written).toEqual([]);
      await close();
    }
  });
});
