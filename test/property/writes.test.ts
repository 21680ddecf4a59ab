import fc from "fast-check";
import type { ModbusRequest } from "../../src/core/modbus/pdu";
import { type PlannedWrite, planPointWrite, planWrite } from "../../src/core/planning/writePlan";
import { modifyRequest, type WriteStep, writeSteps } from "../../src/core/planning/writeSteps";
import type { DataType, Point, PointValue } from "../../src/core/points/point";
import { decodePoint } from "../../src/core/points/transform";
import { fieldMaskOf, holdsWritten } from "../../src/core/points/writeField";
import type { JsonObject } from "../../src/kernel/json";
import { aDevice, aPoint } from "../support/points";

const REGISTERS = 12;
const write = { verify: "readBack" } as const;
const writable = { access: "readWrite", write } as const;

/** What a server does with a request, by the specification: written here once more, so that nothing agrees with itself. */
function serve(image: number[], coils: boolean[], request: ModbusRequest): void {
  switch (request.kind) {
    case "writeSingleRegister":
      image[request.address] = request.value;
      break;
    case "writeRegisters":
      for (const [i, value] of request.values.entries()) image[request.address + i] = value;
      break;
    case "maskWriteRegister": {
      const before = image[request.address] ?? 0;
      image[request.address] = (before & request.andMask) | (request.orMask & ~request.andMask & 0xffff);
      break;
    }
    case "writeSingleCoil":
      coils[request.address] = request.value;
      break;
    case "writeCoils":
      for (const [i, value] of request.values.entries()) coils[request.address + i] = value;
      break;
    default:
      throw new TypeError(`not a write: ${request.kind}`);
  }
}

function perform(steps: readonly WriteStep[], image: number[], coils: boolean[]): readonly ModbusRequest[] {
  return steps.map((step) => {
    const request =
      step.kind === "send" ? step.request : modifyRequest(step, image.slice(step.address, step.address + step.count));
    serve(image, coils, request);
    return request;
  });
}

const ORDERS: Readonly<Record<number, readonly (readonly number[])[]>> = {
  1: [
    [0, 1],
    [1, 0],
  ],
  2: [
    [0, 1, 2, 3],
    [2, 3, 0, 1],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
  ],
};

interface Field {
  readonly point: Point;
  readonly value: PointValue;
}

/** A bit, a run of bits or a byte, somewhere in the image, and a value for it. */
const fieldArbitrary: fc.Arbitrary<Field> = fc
  .record({
    address: fc.nat(REGISTERS - 2),
    wide: fc.boolean(),
    order: fc.nat(3),
    low: fc.nat(31),
    width: fc.integer({ min: 1, max: 16 }),
    kind: fc.constantFrom("bit", "mask", "uint8High", "uint8Low"),
    how: fc.constantFrom(undefined, "mask", "multiple"),
    value: fc.nat(0xffff),
  })
  .map(({ address, wide, order, low, width, kind, how, value }) => {
    const byte = kind === "uint8High" || kind === "uint8Low";
    const count = wide && !byte ? 2 : 1;
    const bits = count * 16;
    const type: DataType = byte ? kind : count === 2 ? "uint32" : "uint16";
    const first = low % bits;
    const span = Math.min(width, bits - first);
    const orders = ORDERS[count] ?? [];
    const more = {
      ...writable,
      type,
      count,
      ...(byte ? {} : { order: orders[order % orders.length] ?? [0, 1] }),
      ...(kind === "bit" ? { bit: first } : {}),
      ...(kind === "mask" ? { mask: ((1n << BigInt(span)) - 1n) << BigInt(first) } : {}),
    };
    const plain = aPoint("field", address, more);
    const touched = fieldMaskOf(plain)?.filter((mask) => mask !== 0).length;
    const manner = how === "mask" && touched !== 1 ? undefined : how;
    const point = manner === undefined ? plain : { ...plain, write: { ...write, function: manner } };
    return { point, value: kind === "bit" ? value % 2 === 1 : value % (byte ? 256 : 2 ** span) };
  });

const image = fc.array(fc.nat(0xffff), { minLength: REGISTERS, maxLength: REGISTERS });

function plan(points: readonly Point[], values: JsonObject): readonly PlannedWrite[] {
  const planned = planWrite(aDevice("d", points), values);
  if (!planned.ok) throw new TypeError(planned.error.message);
  return [...planned.value.values()];
}

describe("writing a part of a register", () => {
  it("changes its own bits to the value and no others, by whatever function", () => {
    fc.assert(
      fc.property(fieldArbitrary, image, ({ point, value }, before) => {
        const after = [...before];
        const writes = plan([point], { field: value as number });
        perform(writeSteps(123, writes), after, []);
        const mask = fieldMaskOf(point) ?? [];
        for (const [i, register] of after.entries()) {
          const own = mask[i - point.address] ?? 0;
          expect(register & ~own).toBe((before[i] ?? 0) & ~own);
        }
        const read = Uint16Array.from(after);
        expect(decodePoint(point, read, point.address)).toEqual({ value });
        expect(
          writes.every(({ check }) => check !== undefined && holdsWritten(point, check, read, point.address)),
        ).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("is verified by its own bits alone: all others may change, none of its own", () => {
    fc.assert(
      fc.property(fieldArbitrary, image, fc.nat(15), fc.nat(1), ({ point, value }, before, bit, at) => {
        const [planned] = plan([point], { field: value as number });
        if (planned?.check === undefined) throw new TypeError("no check");
        const after = [...before];
        perform(writeSteps(123, [planned]), after, []);
        const i = point.address + Math.min(at, point.count - 1);
        after[i] = (after[i] ?? 0) ^ (1 << bit);
        const own = ((fieldMaskOf(point)?.[i - point.address] ?? 0) >> bit) & 1;
        expect(holdsWritten(point, planned.check, Uint16Array.from(after), point.address)).toBe(own === 0);
      }),
      { numRuns: 500 },
    );
  });
});

/** Whole values anywhere, coils too, in any order; some overlap. */
const wholeArbitrary = fc
  .array(
    fc.record({
      coil: fc.boolean(),
      address: fc.nat(REGISTERS - 3),
      wide: fc.boolean(),
      how: fc.constantFrom(undefined, undefined, "single", "multiple"),
      value: fc.nat(0xffff),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ coil, address, wide, how, value }, i) => {
      const manner = wide && !coil && how === "single" ? undefined : how;
      const rule = { access: "readWrite", write: { ...write, ...(manner === undefined ? {} : { function: manner }) } };
      const more = coil
        ? ({ ...rule, table: "coil", type: "bool" } as const)
        : wide
          ? ({ ...rule, type: "uint32", count: 2, order: [0, 1, 2, 3] } as const)
          : rule;
      return { point: aPoint(`p${i}`, address, more as Partial<Point>), value: coil ? value % 2 === 1 : value };
    }),
  );

describe("several values in one go", () => {
  it("have the effect of single writes in the same order, within the device's limit", () => {
    fc.assert(
      fc.property(wholeArbitrary, image, fc.integer({ min: 2, max: 6 }), (values, before, most) => {
        const points = values.map(({ point }) => point);
        const writes = plan(points, Object.fromEntries(values.map(({ point, value }) => [point.name, value])));
        const [merged, mergedCoils] = [[...before], before.map((word) => word % 2 === 1)];
        const [single, singleCoils] = [[...before], before.map((word) => word % 2 === 1)];
        const requests = perform(writeSteps(most, writes), merged, mergedCoils);
        for (const one of writes) perform(writeSteps(most, [one]), single, singleCoils);
        expect(merged).toEqual(single);
        expect(mergedCoils).toEqual(singleCoils);
        expect(requests.length).toBeLessThanOrEqual(writes.length);
        for (const request of requests) {
          if (request.kind === "writeRegisters") expect(request.values.length).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("carry every value exactly once, in order", () => {
    fc.assert(
      fc.property(wholeArbitrary, (values) => {
        const points = values.map(({ point }) => point);
        const writes = plan(points, Object.fromEntries(values.map(({ point, value }) => [point.name, value])));
        expect(writeSteps(123, writes).flatMap((step) => step.writes)).toEqual(writes);
      }),
    );
  });
});

describe("a value that has been checked", () => {
  it("comes to the same registers when it is planned once more, whatever reading rounds away", () => {
    const numeric = fc.record({
      raw: fc.integer({ min: -32768, max: 32767 }),
      coefficient: fc.constantFrom(1n, 2n, 5n, 25n),
      scale: fc.nat(3),
      decimals: fc.option(fc.nat(3), { nil: undefined }),
      texts: fc.option(fc.dictionary(fc.nat(20).map(String), fc.constantFrom("a", "b", "7")), {
        nil: undefined,
        freq: 4,
      }),
    });
    fc.assert(
      fc.property(numeric, ({ raw, coefficient, scale, decimals, texts }) => {
        const listed = texts === undefined ? [] : Object.entries(texts);
        const own = listed.length > 0 ? { enum: new Map(listed) } : { scale: { coefficient, scale } };
        const rounding = decimals === undefined ? {} : { decimals };
        const point = aPoint("p", 1, { ...writable, type: "int16", ...own, ...rounding });
        const first = listed.length > 0 ? Number(listed[0]?.[0]) : raw;
        const value = listed.length > 0 ? first : (raw * Number(coefficient)) / 10 ** scale;
        const [planned] = plan([point], { p: value });
        expect(planned?.encoded).toEqual([first & 0xffff]);
        const again = planPointWrite(aDevice("d", [point]), point, planned?.value ?? false);
        expect(again).toMatchObject({ ok: true, value: { encoded: planned?.encoded } });
      }),
      { numRuns: 500 },
    );
  });
});
