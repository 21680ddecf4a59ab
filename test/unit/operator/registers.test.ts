import type { Answer } from "../../../src/bus/transactor";
import { exceptionFailure, failure, type ModbusFailure } from "../../../src/core/modbus/failure";
import type { ModbusRequest, ResponseOf } from "../../../src/core/modbus/pdu";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { err, ok } from "../../../src/kernel/result";
import { createCommands } from "../../../src/operator/commands";
import type { WritePolicy } from "../../../src/operator/writePolicy";
import { narrowed } from "../../../src/operator/writePolicy";
import type { ConnectionRunner } from "../../../src/runtime/connectionRunner";
import { restOfPorts } from "../../support/commandPorts";
import { createFakeAccess } from "../../support/fakeAccess";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aConnection, aDevice, aPoint } from "../../support/points";

type Reply = object | ModbusFailure;

/** A connection `line` of which each request is answered by the function. */
function setUp(reply: (request: ModbusRequest, unitId: number) => Reply, writes: WritePolicy = "raw") {
  const clock = createManualClock();
  const access = createFakeAccess(aDevice("boiler", [aPoint("x", 1)], { unitId: 7 }));
  const asked: ModbusRequest[] = [];
  const audits: string[] = [];
  const lane: Pick<ConnectionRunner, "command"> = {
    command: async (task) => {
      await state.before();
      return task({
        async transact<R extends ModbusRequest>(unitId: number, request: R) {
          asked.push(request);
          const said = reply(request, unitId);
          if ("kind" in said && "detail" in said) return err(said as ModbusFailure);
          const response = said as ResponseOf<R>;
          const answer: Answer<R> = { response, at: clock.epoch(), elapsedMs: 1, receivedAt: clock.monotonic() };
          return ok(answer);
        },
      });
    },
  };
  const state = { writes, connection: aConnection(), before: async (): Promise<void> => undefined };
  const call = createCommands({
    ...restOfPorts,
    access,
    writes: () => state.writes,
    clock,
    log: createMemoryLog(),
    signal: new AbortController().signal,
    plan: () => undefined,
    polling: { pause: () => undefined, resume: () => undefined },
    runner: (name) => (name === "line" ? lane : undefined),
    onAudit: ({ device, values, outcome, by }) =>
      void audits.push(`${device} ${JSON.stringify(values)} ${outcome} ${by}`),
    config: () => ({ connections: new Map([["line", state.connection]]), devices: access.devices, module: {} }),
    status: () => ({ status: 200, payload: {} }),
  });
  const run = (method: string, payload: Json) => clock.advanceUntil(call(method, payload));
  return { run, asked, audits, clock, state, access };
}

function errorOf(payload: JsonObject): { code: number; message: string; path?: string } {
  return payload["error"] as unknown as { code: number; message: string; path?: string };
}

const HERE = { connection: "line", unitId: 7, table: "holding", address: 200 };

describe("readRegisters", () => {
  it("answers raw registers and what they may mean", async () => {
    const { run, asked } = setUp(() => ({ registers: Uint16Array.of(0x4366, 0x199a, 0x6162, 0x6364) }));
    const { status, payload } = await run("readRegisters", { ...HERE, count: 4 });
    expect(status).toBe(200);
    expect(asked).toEqual([{ kind: "readRegisters", table: "holding", address: 200, count: 4 }]);
    expect(payload).toMatchObject({ ...HERE, count: 4, registers: [0x4366, 0x199a, 0x6162, 0x6364] });
    expect(payload["text"]).toMatch(/abcd$/);
    expect((payload["decodings"] as readonly JsonObject[])[0]).toMatchObject({
      address: 200,
      hex: "0x4366",
      uint16: 17254,
      "float32 ABCD": 230.1,
    });
    expect((payload["decodings"] as readonly JsonObject[])[3]).toEqual({
      ...{ address: 203, hex: "0x6364", uint16: 25444, int16: 25444, "uint16 BA": 25699, "int16 BA": 25699 },
      ...{ float16: 946, "float16 BA": 1123, bcd16: 6364, uint8High: 99, uint8Low: 100 },
    });
  });

  it("takes references and bits", async () => {
    const { run, asked } = setUp(() => ({ bits: [true, false] }));
    const { payload } = await run("readRegisters", { connection: "line", unitId: 0, address: "10001", count: 2 });
    expect(payload).toMatchObject({ table: "discrete", address: 0, bits: [true, false] });
    expect(asked).toEqual([{ kind: "readBits", table: "discrete", address: 0, count: 2 }]);
  });

  it("goes on by cursor where one answer cannot carry all, each register once", async () => {
    const registers = Uint16Array.from({ length: 125 }, (_, i) => 0x4f00 + i * 7);
    const { run } = setUp(() => ({ registers }));
    const seen: number[] = [];
    let cursor: Json | undefined;
    for (let pages = 0; pages < 5; pages++) {
      const { status, payload } = await run("readRegisters", {
        ...HERE,
        count: 125,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(status).toBe(200);
      expect(JSON.stringify(payload).length).toBeLessThan(100_000);
      seen.push(...(payload["decodings"] as readonly { address: number }[]).map(({ address }) => address));
      cursor = payload["cursor"];
      if (cursor === undefined) break;
    }
    expect(seen).toEqual(Array.from({ length: 125 }, (_, i) => 200 + i));
  });

  it.each<[JsonObject, number, string]>([
    [{ ...HERE, connection: "lin" }, 404, "/connection"],
    [{ unitId: 7, table: "holding", address: 1 }, 400, "/connection"],
    [{ ...HERE, unitId: 256 }, 400, "/unitId"],
    [{ ...HERE, unitId: "7" }, 400, "/unitId"],
    [{ ...HERE, table: "holdings" }, 400, "/table"],
    [{ ...HERE, address: "30001" }, 400, "/table"],
    [{ ...HERE, address: -1 }, 400, "/address"],
    [{ ...HERE, address: 65536 }, 400, "/address"],
    [{ ...HERE, address: "1e3" }, 400, "/address"],
    [{ ...HERE, count: 126 }, 400, "/count"],
    [{ ...HERE, count: 0 }, 400, "/count"],
    [{ ...HERE, address: 65535, count: 2 }, 400, "/count"],
    [{ ...HERE, cursor: 201 }, 400, "/cursor"],
    [{ ...HERE, coun: 2 }, 400, "/coun"],
  ])("refuses %j: %d at %s", async (payload, status, path) => {
    const { run, asked } = setUp(() => ({ registers: Uint16Array.of(1) }));
    const answer = await run("readRegisters", payload);
    expect([answer.status, errorOf(answer.payload).path]).toEqual([status, path]);
    expect(asked).toEqual([]);
  });

  it("says why nothing was read", async () => {
    const refused = setUp(() => exceptionFailure(2));
    expect(errorOf((await refused.run("readRegisters", HERE)).payload)).toMatchObject({
      code: 502,
      message: "exception 2 (illegal data address)",
    });
    const silent = setUp(() => failure("timeout", "no answer within 1000 ms"));
    expect((await silent.run("readRegisters", HERE)).status).toBe(504);
    expect(silent.clock.pendingTimers).toBe(0);
  });
});

/** A unit that holds what is written. */
function memory(image: Map<number, number | boolean>) {
  return (request: ModbusRequest): Reply => {
    switch (request.kind) {
      case "writeSingleRegister":
      case "writeSingleCoil":
        image.set(request.address, request.value);
        return {};
      case "writeRegisters":
      case "writeCoils":
        for (const [i, value] of request.values.entries()) image.set(request.address + i, value);
        return {};
      case "readRegisters":
        return {
          registers: Uint16Array.from({ length: request.count }, (_, i) => Number(image.get(request.address + i) ?? 0)),
        };
      case "readBits":
        return { bits: Array.from({ length: request.count }, (_, i) => image.get(request.address + i) === true) };
      default:
        return exceptionFailure(1);
    }
  };
}

describe("writeRegisters", () => {
  it("writes in one request and reads every register back", async () => {
    const { run, asked, audits } = setUp(memory(new Map()));
    const { status, payload } = await run("writeRegisters", { ...HERE, values: [1, 2, 65535] });
    expect(status).toBe(200);
    expect(payload).toEqual({
      ...HERE,
      count: 3,
      requested: [1, 2, 65535],
      outcome: "verified",
      readBack: [1, 2, 65535],
      attempts: 1,
      ms: 0,
    });
    expect(asked).toEqual([
      { kind: "writeRegisters", address: 200, values: [1, 2, 65535] },
      { kind: "readRegisters", table: "holding", address: 200, count: 3 },
    ]);
    expect(audits).toEqual(['line/7 {"holding200":1,"holding201":2,"holding202":65535} verified writeRegisters']);
  });

  it("writes coils, 123 registers, a single one by FC 6", async () => {
    const { run, asked } = setUp(memory(new Map()));
    const coils = { connection: "line", unitId: 7, address: "00017", values: [true, false] };
    expect((await run("writeRegisters", coils)).payload).toMatchObject({
      outcome: "verified",
      readBack: [true, false],
    });
    expect((await run("writeRegisters", { ...HERE, values: [5] })).status).toBe(200);
    const many = Array.from({ length: 123 }, (_, i) => i);
    expect((await run("writeRegisters", { ...HERE, values: many })).payload).toMatchObject({ readBack: many });
    const kinds = asked.map(({ kind }) => kind).filter((kind) => kind.startsWith("write"));
    expect(kinds).toEqual(["writeCoils", "writeSingleRegister", "writeRegisters"]);
  });

  it.each<WritePolicy>(["off", "declared"])("is refused where writing is %s", async (policy) => {
    const { run, asked, audits } = setUp(memory(new Map()), policy);
    const answer = await run("writeRegisters", { ...HERE, values: [1] });
    expect([answer.status, errorOf(answer.payload).message]).toEqual([403, expect.stringContaining(`it is ${policy}`)]);
    expect(asked).toEqual([]);
    expect(audits).toEqual(['line/7 {"holding200":1} refused writeRegisters']);
  });

  it.each<[JsonObject, number, string]>([
    [{ ...HERE, table: "input", values: [1] }, 403, "/table"],
    [{ ...HERE, values: [] }, 400, "/values"],
    [{ ...HERE, values: 5 }, 400, "/values"],
    [{ ...HERE, values: [1, 65536] }, 400, "/values/1"],
    [{ ...HERE, values: [1.5] }, 400, "/values/0"],
    [{ ...HERE, values: [true] }, 400, "/values/0"],
    [{ ...HERE, table: "coil", values: [1] }, 400, "/values/0"],
    [{ ...HERE, address: 65535, values: [1, 2] }, 400, "/values"],
    [{ ...HERE, values: Array.from({ length: 124 }, () => 1) }, 400, "/values"],
  ])("refuses %j: %d at %s", async (payload, status, path) => {
    const { run, asked } = setUp(memory(new Map()));
    const answer = await run("writeRegisters", payload);
    expect([answer.status, errorOf(answer.payload).path]).toEqual([status, path]);
    expect(asked).toEqual([]);
  });

  it("tells a mismatch, a refusal, and that nobody knows; sends once", async () => {
    const mismatch = setUp((request) => (request.kind.startsWith("write") ? {} : { registers: Uint16Array.of(9) }));
    expect(await mismatch.run("writeRegisters", { ...HERE, values: [1] })).toMatchObject({
      status: 502,
      payload: { outcome: "mismatch", readBack: [9] },
    });
    const refused = setUp(() => exceptionFailure(3));
    expect(await refused.run("writeRegisters", { ...HERE, values: [1] })).toMatchObject({
      status: 502,
      payload: { outcome: "refused", attempts: 1 },
    });
    const lost = setUp(() => failure("timeout", "no answer"));
    expect(await lost.run("writeRegisters", { ...HERE, values: [1] })).toMatchObject({
      status: 504,
      payload: { outcome: "unknown" },
    });
    for (const { asked } of [mismatch, refused, lost])
      expect(asked.filter(({ kind }) => kind.startsWith("write"))).toHaveLength(1);
  });
});

describe("while a request waits for its turn", () => {
  it("what may be written is narrowed: it is not sent, and says so", async () => {
    const { run, asked, audits, state } = setUp(memory(new Map()));
    state.before = async () => {
      state.writes = "declared";
    };
    const answer = await run("writeRegisters", { ...HERE, values: [1] });
    expect([answer.status, errorOf(answer.payload).message]).toEqual([
      403,
      "nothing was written: it was forbidden while it waited",
    ]);
    expect(answer.payload).toMatchObject({ outcome: "refused", attempts: 0 });
    expect(asked).toEqual([]);
    expect(audits).toEqual(['line/7 {"holding200":1} refused writeRegisters']);
  });

  it.each<[string, JsonObject]>([
    ["writeRegisters", { ...HERE, values: [1] }],
    ["readRegisters", { ...HERE, count: 1 }],
  ])("the connection leads elsewhere: %s answers in words", async (method, payload) => {
    const { run, state } = setUp(memory(new Map()));
    state.before = async () => {
      state.connection = aConnection({ host: "192.0.2.9", fingerprint: "elsewhere" });
    };
    const answer = await run(method, payload);
    expect([answer.status, errorOf(answer.payload).message]).toEqual([409, expect.stringContaining("changed")]);
    expect(answer.payload).not.toHaveProperty("registers");
  });

  it("the device becomes another one: identify does not tell of the one before", async () => {
    const { run, access, state } = setUp(() => ({ data: Uint8Array.of(0x41), conformity: 1, objects: [] }));
    state.before = async () => {
      access.devices.set("boiler", aDevice("boiler", [], { unitId: 9, fingerprint: "another" }));
    };
    const answer = await run("identify", { device: "boiler" });
    expect([answer.status, errorOf(answer.payload).message]).toEqual([409, expect.stringContaining("ask again")]);
    expect(answer.payload).not.toHaveProperty("identification");
  });
});

describe("identify", () => {
  const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const objects = [
    { id: 0, value: bytes("ACME") },
    { id: 4, value: bytes("Boiler 3") },
    { id: 0x80, value: Uint8Array.of(1, 2) },
  ];

  it("names the objects of FC 43/14 and shows the bytes of FC 17", async () => {
    const { run } = setUp(({ kind }) =>
      kind === "reportServerId" ? { data: Uint8Array.of(0x41, 0xff) } : { conformity: 0x83, objects },
    );
    expect(await run("identify", { device: "boiler" })).toEqual({
      status: 200,
      payload: {
        device: "boiler",
        identification: {
          conformity: 0x83,
          objects: { vendorName: "ACME", productName: "Boiler 3", object128: "0102" },
        },
        serverId: { hex: "41ff", text: "A" },
      },
    });
  });

  it("asks for less where more is refused, and says what failed", async () => {
    const { run, asked } = setUp((request) => {
      if (request.kind !== "readDeviceIdentification") return failure("timeout", "no answer");
      return request.category === "basic" ? { conformity: 1, objects: objects.slice(0, 1) } : exceptionFailure(3);
    });
    expect((await run("identify", { device: "boiler" })).payload).toMatchObject({
      identification: { objects: { vendorName: "ACME" } },
      serverId: { error: "no answer" },
    });
    expect(asked).toHaveLength(4);
  });

  it("fails with both reasons", async () => {
    const { run } = setUp(({ kind }) =>
      kind === "reportServerId" ? failure("timeout", "silence") : exceptionFailure(1),
    );
    const { status, payload } = await run("identify", { device: "boiler" });
    expect([status, errorOf(payload).message]).toEqual([
      504,
      "FC 43/14: exception 1 (illegal function); FC 17: silence",
    ]);
  });
});

it.each<[WritePolicy, WritePolicy | undefined, WritePolicy]>([
  ["off", "raw", "off"],
  ["declared", "raw", "declared"],
  ["declared", "off", "off"],
  ["raw", "declared", "declared"],
  ["raw", undefined, "raw"],
])("a configuration narrows the gateway's policy and never widens it: %s, %s -> %s", (gateway, configured, policy) => {
  expect(narrowed(gateway, configured)).toBe(policy);
});
