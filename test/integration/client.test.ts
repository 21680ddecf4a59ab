import { createServer } from "node:net";
import { type ModbusClient, type ModbusError, open } from "../../src/client";
import { type PduServer, startPduServer } from "../support/pduServer";

/** The package's client on a socket, against a server of the test. */
let server: PduServer;
let client: ModbusClient;
let image: { registers: Map<number, number>; coils: Map<number, boolean> };

beforeEach(async () => {
  image = {
    registers: new Map(Array.from({ length: 200 }, (_, index) => [index, 1000 + index])),
    coils: new Map(Array.from({ length: 200 }, (_, index) => [index, index % 3 === 0])),
  };
  server = await startPduServer(image);
  client = await open({ transport: "tcp", host: "127.0.0.1", port: server.port });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

async function refusal(promise: Promise<unknown>): Promise<ModbusError> {
  return promise.then(
    (value) => Promise.reject(new Error(`resolved to ${JSON.stringify(value)}`)),
    (error: ModbusError) => error,
  );
}

describe("reads and writes", () => {
  test("registers are numbers, bits are booleans", async () => {
    expect(await client.read(1, "holding", 7, 3)).toEqual([1007, 1008, 1009]);
    expect(await client.read(1, "input", 199, 1)).toEqual([1199]);
    expect(await client.read(1, "coil", 0, 4)).toEqual([true, false, false, true]);
    expect(await client.read(1, "discrete", 3, 1)).toEqual([true]);
    expect(server.requests).toEqual(["1:0300070003", "1:0400c70001", "1:0100000004", "1:0200030001"]);
  });

  test("one value goes by function 5 or 6, more by 15 or 16, and each can be asked for", async () => {
    await client.write(1, "holding", 1, 7);
    await client.write(1, "holding", 1, [7]);
    await client.write(1, "holding", 1, Uint16Array.of(8, 9));
    await client.write(1, "holding", 1, 7, { function: "multiple" });
    await client.write(1, "coil", 1, true);
    await client.write(1, "coil", 1, [true, false]);
    await client.write(1, "coil", 1, [true], { function: "multiple" });
    expect(server.requests.map((request) => request.slice(2, 4))).toEqual(["06", "06", "10", "10", "05", "0f", "0f"]);
    expect(image.registers.get(2)).toBe(9);
  });

  test("other functions by request", async () => {
    server.answer = () => "110309ff05";
    expect(await client.request(1, { kind: "reportServerId" })).toEqual({ data: Uint8Array.of(9, 0xff, 5) });
    server.answer = () => "4101";
    expect(await client.request(1, { kind: "custom", functionCode: 65, data: [] })).toEqual({ data: Uint8Array.of(1) });
    server.answer = () => "2b0e0101000001000141";
    expect(await client.readDeviceIdentification(1)).toEqual({
      conformity: 1,
      objects: [{ id: 0, value: Uint8Array.of(0x41) }],
    });
  });

  test("more follows for ever ends", async () => {
    server.answer = () => "2b0e0101ff0101000141";
    expect(await refusal(client.readDeviceIdentification(1))).toMatchObject({ kind: "protocol" });
    expect(server.requests.length).toBeLessThan(5);
  });
});

describe("refusals", () => {
  test("exceptions have code, name, unit, function and address", async () => {
    const error = await refusal(client.read(7, "holding", 199, 2));
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "ModbusError",
      kind: "exception",
      exceptionCode: 2,
      exceptionName: "illegal data address",
      unitId: 7,
      functionCode: 3,
      address: 199,
      message: `127.0.0.1:${server.port}, unit 7, read holding 199 (400200), 2 registers: exception 2 (illegal data address)`,
    });
    server.answer = () => "8355";
    expect(await refusal(client.read(7, "holding", 0, 1))).toMatchObject({
      exceptionCode: 0x55,
      exceptionName: undefined,
    });
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ["count", () => client.read(1, "holding", 0, 126), "count must be a whole number from 1 to 125, not 126"],
    ["address", () => client.read(1, "coil", Number.NaN, 1), "address must be a whole number from 0 to 65535, not NaN"],
    ["unit", () => client.read(256, "coil", 0, 1), "unit id must be a whole number from 0 to 255, not 256"],
    [
      "table",
      () => client.read(1, "register" as "coil", 0, 1),
      'table must be one of coil, discrete, input, holding, not "register"',
    ],
    ["value", () => client.write(1, "holding", 0, 65536), "value must be a whole number from 0 to 65535, not 65536"],
    [
      "no value",
      () => client.write(1, "holding", 0, undefined as unknown as number),
      "value must be a whole number from 0 to 65535, not undefined",
    ],
    ["no values", () => client.write(1, "coil", 0, []), "count must be a whole number from 1 to 1968, not 0"],
    [
      "number for a coil",
      () => client.write(1, "coil", 0, 1 as unknown as boolean),
      "value must be true or false, not 1",
    ],
    [
      "read-only table",
      () => client.write(1, "input" as "holding", 0, 1),
      'table must be one of coil, holding, not "input"',
    ],
    [
      "two by single",
      () => client.write(1, "holding", 0, [1, 2], { function: "single" }),
      'the function "single" writes one value, not 2',
    ],
    [
      "function",
      () => client.write(1, "holding", 0, 1, { function: "both" as "single" }),
      'function must be one of auto, single, multiple, not "both"',
    ],
    [
      "retries",
      () => client.read(1, "holding", 0, 1, { retries: -1 }),
      "retries must be a whole number from 0 to 10, not -1",
    ],
    [
      "timeout",
      () => client.read(1, "holding", 0, 1, { timeoutMs: 0.5 }),
      "timeoutMs must be a whole number from 0 to 86400000, not 0.5",
    ],
    [
      "signal",
      () => client.read(1, "holding", 0, 1, { signal: {} as AbortSignal }),
      "signal must be an AbortSignal, not an object",
    ],
    ["options", () => client.read(1, "holding", 0, 1, 1000 as never), "options must be an object, not 1000"],
    ["request", () => client.request(1, undefined as never), 'request must be an object with a "kind", not undefined'],
    ["kind of request", () => client.request(1, { kind: "toString" } as never), "kind must be one of"],
  ])("%s: before anything is sent", async (_name, act, text) => {
    expect(await refusal(act())).toMatchObject({ kind: "argument", message: expect.stringContaining(text) });
    expect(server.requests).toEqual([]);
  });

  test("an abort rejects at once; what comes late is dropped", async () => {
    server.answer = () => undefined;
    const giveUp = new AbortController();
    const waiting = refusal(client.read(1, "holding", 0, 1, { signal: giveUp.signal }));
    giveUp.abort();
    expect(await waiting).toMatchObject({ kind: "aborted" });
    expect(await refusal(client.read(1, "holding", 0, 1, { signal: giveUp.signal }))).toMatchObject({
      kind: "aborted",
    });
  });

  test("silence is a timeout of the request's own time", async () => {
    server.answer = () => undefined;
    expect(await refusal(client.read(1, "holding", 5, 1, { timeoutMs: 30 }))).toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("no answer within 30 ms"),
    });
  });
});

describe("retries", () => {
  test("none unless asked for; then a read is asked again after silence", async () => {
    const right = server.answer;
    server.answer = (unit, pdu) => (server.requests.length < 3 ? undefined : right(unit, pdu));
    expect(await refusal(client.read(1, "holding", 5, 1, { timeoutMs: 30 }))).toMatchObject({ kind: "timeout" });
    expect(server.requests).toHaveLength(1);
    expect(await client.read(1, "holding", 5, 1, { timeoutMs: 30, retries: 1 })).toEqual([1005]);
    expect(server.requests).toHaveLength(3);
  });

  test("a busy device is asked again, one that refuses the address is not", async () => {
    const right = server.answer;
    server.answer = (unit, pdu) => (server.requests.length < 2 ? "8306" : right(unit, pdu));
    expect(await client.read(1, "holding", 5, 1, { retries: 2 })).toEqual([1005]);
    await refusal(client.read(1, "holding", 5000, 1, { retries: 5 }));
    expect(server.requests).toHaveLength(3);
  });

  test("a write is never sent twice", async () => {
    server.answer = () => undefined;
    const options = { timeoutMs: 30, retries: 5 };
    expect(await refusal(client.write(1, "holding", 5, 1, options))).toMatchObject({ kind: "timeout" });
    const request = { kind: "maskWriteRegister", address: 1, andMask: 0, orMask: 0 } as const;
    expect(await refusal(client.request(1, request, options))).toMatchObject({ kind: "timeout" });
    expect(server.requests).toHaveLength(2);
  });
});

describe("the connection", () => {
  test("a lost connection is told, its request rejected, and it opens again by itself", async () => {
    const states: string[] = [];
    const remove = client.onState((state) => states.push(state));
    client.onState(() => {
      remove();
    });
    server.answer = () => {
      server.cut();
      return undefined;
    };
    expect(await refusal(client.read(1, "holding", 0, 1))).toMatchObject({ kind: "lost" });
    expect(await refusal(client.read(1, "holding", 0, 1))).toMatchObject({ kind: "offline" });
    expect(states).toEqual(["closed"]);
    await new Promise<void>((resolve) => {
      client.onState((state) => state === "open" && resolve());
    });
    expect(client.state).toBe("open");
    expect(server.accepted).toBe(2);
  });

  test("close settles, with a request under way too, as often as it is called; afterwards everything is refused", async () => {
    server.answer = () => undefined;
    const waiting = refusal(client.read(1, "holding", 0, 1));
    await Promise.all([client.close(), client.close()]);
    expect(await waiting).toMatchObject({ kind: "aborted", message: expect.stringContaining("the client was closed") });
    expect(await refusal(client.read(1, "holding", 0, 1))).toMatchObject({ kind: "aborted" });
    expect(client.state).toBe("closed");
    await client.close();
  });

  test("300 requests at once: each its own value", async () => {
    const reads = Array.from({ length: 300 }, (_, index) => client.read(1, "holding", index % 200, 1));
    expect(await Promise.all(reads)).toEqual(Array.from({ length: 300 }, (_, index) => [1000 + (index % 200)]));
  });

  test("too many are refused, not collected", async () => {
    server.answer = () => undefined;
    const all = Array.from({ length: 600 }, () => refusal(client.read(1, "holding", 0, 1)));
    const first = await Promise.race(all);
    expect(first).toMatchObject({ kind: "aborted", message: expect.stringContaining("512 requests wait") });
    await client.close();
    expect(await Promise.all(all)).toHaveLength(600);
  });
});

describe("opening", () => {
  test("a closed port: why, and what to look at", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const error = await refusal(open({ transport: "tcp", host: "127.0.0.1", port }));
    expect(error).toMatchObject({ kind: "offline", message: expect.stringContaining("nothing listens on port") });
  });

  test("a serial port that is not there", async () => {
    const error = await refusal(open({ transport: "serial", path: "/dev/modbus-edge-none", line: "9600 8N1" }));
    expect(error).toMatchObject({ kind: "offline", message: expect.stringContaining("does not exist") });
  });

  test("given up before it began", async () => {
    const options = { signal: AbortSignal.abort() };
    const error = await refusal(open({ transport: "tcp", host: "127.0.0.1", port: server.port }, options));
    expect(error.kind).toBe("aborted");
  });

  test.each<[unknown, string, string]>([
    [undefined, "", "is not a connection: an object is expected"],
    [{ transport: "tcp" }, "/host", '"host" is missing'],
    [{ transport: "tpc", host: "a" }, "/transport", "tcp"],
    [{ transport: "tcp", host: "a", prot: 502 }, "/prot", '"port"'],
    [{ transport: "tcp", host: "a", port: "502" }, "/port", "write the number without quotes"],
    [{ transport: "serial", path: "/dev/ttyUSB0" }, "/line", '"line" is missing'],
    [{ transport: "serial", path: "/dev/ttyUSB0", line: "8N1" }, "/line", "9600 8N1"],
  ])("%j is refused with the place of its fault", async (connection, path, text) => {
    const error = await refusal(open(connection as never));
    expect(error.kind).toBe("configuration");
    expect(error.problems).toEqual([{ path, text: expect.stringContaining(text) }]);
    expect(error.message).toContain(text);
  });
});
