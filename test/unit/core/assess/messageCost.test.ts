import { messageCost } from "../../../../src/core/assess/messageCost";
import { applyDocument } from "../../../../src/core/config/apply";
import type { JsonObject } from "../../../../src/kernel/json";
import { ok } from "../../../../src/kernel/result";
import { createFakeLink } from "../../../support/fakeLink";
import { createManualClock } from "../../../support/manualClock";
import { createMemoryHub } from "../../../support/memoryHub";
import { createMemoryTranslator } from "../../../support/memoryTranslator";

const HOUR_MS = 3_600_000;

/** A server whose registers all hold 4711 and whose bits are all on. */
function openServer() {
  const link = createFakeLink();
  link.onWrite = (hex) => {
    const request = Buffer.from(hex, "hex");
    const count = request.readUInt16BE(10);
    const isBits = request.readUInt8(7) < 3;
    const data = isBits ? Buffer.alloc(Math.ceil(count / 8), 0xff) : Buffer.alloc(count * 2);
    if (!isBits) for (let i = 0; i < count; i++) data.writeUInt16BE(4711, i * 2);
    if (isBits && count % 8 !== 0) data[data.length - 1] = (1 << (count % 8)) - 1;
    const pdu = Buffer.concat([request.subarray(6, 8), Buffer.from([data.length]), data]);
    const header = Buffer.from(request.subarray(0, 6));
    header.writeUInt16BE(pdu.length, 4);
    queueMicrotask(() => link.arrive(Buffer.concat([header, pdu]).toString("hex")));
  };
  return link;
}

const words = (count: number, group: string): JsonObject =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${group}Value${i}`,
      { table: "holding", address: i, type: "uint16", scale: 0.1, group },
    ]),
  );

const base: JsonObject = { connections: { plant: { transport: "tcp", host: "192.0.2.1" } } };

const cases: readonly (readonly [string, JsonObject])[] = [
  [
    "messages a device, several groups, some by change",
    {
      ...base,
      devices: {
        a: {
          connection: "plant",
          unitId: 1,
          tags: { site: "north" },
          groups: { fast: { intervalMs: 5000 }, slow: { intervalMs: 60_000 } },
          points: {
            ...words(5, "fast"),
            ...words(20, "slow"),
            door: { table: "coil", address: 0, group: "fast", reportAtLeastMs: 60_000 },
          },
        },
        b: {
          connection: "plant",
          unitId: 2,
          points: { only: { table: "coil", address: 1, reportAtLeastMs: 120_000 } },
        },
      },
    },
  ],
  [
    "large messages, and means of a minute",
    {
      ...base,
      devices: {
        a: {
          connection: "plant",
          unitId: 1,
          groups: { wide: { intervalMs: 30_000 }, mean: { intervalMs: 10_000, publishMs: 60_000, aggregate: "mean" } },
          points: { ...words(300, "wide"), ...words(10, "mean") },
        },
      },
    },
  ],
  [
    "records of two devices, split by size",
    {
      ...base,
      outputs: { telemetry: { format: "records", maxDelayMs: 30_000, maxBytes: 4096 } },
      groups: { own: { intervalMs: 2000 } },
      devices: {
        a: { connection: "plant", unitId: 1, points: words(8, "own") },
        b: { connection: "plant", unitId: 2, points: words(8, "own") },
      },
    },
  ],
  [
    "records by time",
    {
      ...base,
      outputs: { telemetry: { format: "records", maxDelayMs: 60_000 } },
      groups: { own: { intervalMs: 10_000 } },
      devices: { a: { connection: "plant", unitId: 1, points: words(4, "own") } },
    },
  ],
];

test.each(cases)(
  "the estimate is what an hour then counts: %s",
  async (_name, document) => {
    const applied = applyDocument(undefined, document, () => undefined);
    expect(applied.problems).toEqual([]);
    const { messagesADay, bytesADay, chunksADay } = messageCost(applied.config);
    const clock = createManualClock();
    const hub = createMemoryHub({ configuration: document });
    const translator = createMemoryTranslator({
      clock,
      hub,
      openerFor: () => async () => ok(openServer()),
      bootId: "00000000",
    });
    await translator.start();
    await clock.advance(HOUR_MS);
    const telemetry = hub.messages.filter(({ output }) => output !== "events");
    const status = (translator.status()["cost"] ?? {}) as JsonObject;
    await clock.advanceUntil(translator.close());
    const sizes = telemetry.map(({ body, messageId, properties }) =>
      Buffer.byteLength([body, messageId, "application/json", "utf-8", ...Object.entries(properties).flat()].join("")),
    );
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const chunks = sizes.reduce((sum, size) => sum + Math.ceil(size / 4096), 0);
    expect(telemetry.length).toBeGreaterThan(50);
    for (const expected of [{ messagesADay, bytesADay, chunksADay }, status]) {
      expect(Number(expected["messagesADay"]) / 24 / telemetry.length).toBeCloseTo(1, 1.3);
      expect(Number(expected["bytesADay"]) / 24 / bytes).toBeCloseTo(1, 1.3);
      expect(Number(expected["chunksADay"]) / 24 / chunks).toBeCloseTo(1, 1.3);
    }
  },
  120_000,
);
