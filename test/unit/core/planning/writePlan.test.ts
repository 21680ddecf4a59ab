import { planPointWrite, planWrite } from "../../../../src/core/planning/writePlan";
import { writeSteps } from "../../../../src/core/planning/writeSteps";
import type { Point, PointValue } from "../../../../src/core/points/point";
import { aDevice, aPoint } from "../../../support/points";

const writable = { access: "readWrite", write: { verify: "readBack" } } as const;
const device = aDevice("boiler", [
  aPoint("setpoint", 200, {
    ...writable,
    scale: { coefficient: 5n, scale: 1 },
    write: { verify: "readBack", min: { coefficient: 10n, scale: 0 }, max: { coefficient: 80n, scale: 0 } },
  }),
  aPoint("mode", 201, {
    ...writable,
    enum: new Map([
      ["0", "off"],
      ["1", "on"],
    ]),
  }),
  aPoint("counter", 202, { ...writable, type: "uint64", count: 4, order: [0, 1, 2, 3, 4, 5, 6, 7] }),
  aPoint("relay", 8, { ...writable, table: "coil", type: "bool" }),
  aPoint("temperature", 100),
]);

function refusal(values: Parameters<typeof planWrite>[1], of = device) {
  const plan = planWrite(of, values);
  return plan.ok ? "accepted" : plan.error;
}

describe("planWrite", () => {
  it("turns values into requests", () => {
    const plan = planWrite(device, { setpoint: 21.5, mode: "on", counter: "18446744073709551615", relay: true });
    expect(plan.ok).toBe(true);
    if (!plan.ok) return;
    const steps = writeSteps(123, plan.value.values());
    expect(steps.map((step) => step.kind === "send" && step.request)).toEqual([
      { kind: "writeRegisters", address: 200, values: [43, 1, 0xffff, 0xffff, 0xffff, 0xffff] },
      { kind: "writeSingleCoil", address: 8, value: true },
    ]);
  });

  it("tells values as they will read back", () => {
    const plan = planWrite(device, { mode: 1, setpoint: "21.5" });
    expect(plan.ok && [...plan.value].map(([name, write]) => [name, write.value])).toEqual([
      ["mode", "on"],
      ["setpoint", 21.5],
    ]);
  });

  it("refuses everything for one fault, with status, path and what to do", () => {
    expect(refusal({ setpoint: 20, setpiont: 1 })).toEqual({
      status: 404,
      code: "unknown",
      message: 'the device "boiler" has no point "setpiont"; did you mean "setpoint"?',
      path: "/setpiont",
    });
    expect(refusal({ temperature: 1 })).toMatchObject({ status: 403, code: "notWritable", path: "/temperature" });
    expect(refusal({ setpoint: 81 })).toMatchObject({ status: 422, code: "limits", nearest: 80, path: "/setpoint" });
    expect(refusal({ setpoint: 20.7 })).toMatchObject({ status: 422, code: "notEncodable", nearest: 20.5 });
    expect(refusal({ counter: 2 ** 60 })).toMatchObject({ status: 400 });
    expect(refusal({ setpoint: null })).toMatchObject({ status: 400 });
    expect(refusal({ setpoint: true })).toMatchObject({ status: 400 });
    expect(refusal({ relay: 1 })).toMatchObject({ status: 400 });
    expect(refusal({ mode: "standby" })).toMatchObject({ path: "/mode" });
  });

  it("writes nothing to a disabled device, nor more registers than it takes", () => {
    expect(refusal({ setpoint: 20 }, { ...device, enabled: false })).toMatchObject({ status: 409, code: "disabled" });
    expect(refusal({ counter: "1" }, { ...device, maxWriteRegisters: 2 })).toMatchObject({ status: 422 });
  });
});

describe("a point that is scaled by another", () => {
  const sf = aPoint("sf", 50, { type: "int16" });
  const write = { verify: "readBack", max: { coefficient: 100n, scale: 0 } } as const;
  const limit = aPoint("limit", 5, { ...writable, write, scaledBy: [{ as: "power", point: sf }] });
  const scaled = aDevice("boiler", [limit, sf]);

  it("is checked for all that does not need the scale; what goes on the wire is left open", () => {
    expect(planWrite(scaled, { limit: "99.5" })).toMatchObject({
      ok: true,
      value: new Map([["limit", { point: limit, value: 99.5, encoded: [] }]]),
    });
    expect(refusal({ limit: 101 }, scaled)).toMatchObject({ status: 422, code: "limits", nearest: 100 });
    expect(refusal({ limit: true }, scaled)).toMatchObject({ status: 400, code: "type" });
    expect(refusal({ limit: "a lot" }, scaled)).toMatchObject({ status: 400 });
    expect(refusal({ sf: 1 }, scaled)).toMatchObject({ status: 403 });
  });

  it("is not written together with it, in whatever order: nobody could say what it means", () => {
    const own = { ...sf, ...writable } as Point;
    const other = aPoint("other", 9, writable);
    const device = aDevice("boiler", [limit, own, other]);
    for (const values of [
      { limit: 50, sf: 1 },
      { other: 1, sf: 1, limit: 50 },
    ]) {
      expect(refusal(values, device)).toMatchObject({ status: 400, code: "scale", path: "/limit" });
    }
    expect(planWrite(device, { sf: 1, other: 1 }).ok).toBe(true);
  });

  it("is not encoded without it, be it the whole of a register or a part", () => {
    const part = { ...limit, name: "part", mask: 0xffn };
    const plan = (point: Point) => planPointWrite(aDevice("boiler", [limit, part, sf]), point, 5);
    expect(plan(limit)).toMatchObject({ ok: false, error: { status: 403, code: "unsupported" } });
    expect(plan(part)).toMatchObject({ ok: false, error: { status: 403, code: "unsupported" } });
  });

  it("as what another one is verified by leaves that one open too", () => {
    const other = aPoint("other", 7, { ...writable, write: { verify: "readBack", verifyPoint: "limit" } });
    expect(planWrite(aDevice("boiler", [other, limit, sf]), { other: 5 })).toMatchObject({
      ok: true,
      value: new Map([["other", { point: other, value: 5, encoded: [] }]]),
    });
  });
});

describe("a planned value", () => {
  const tenth = { coefficient: 1n, scale: 1 };
  const points = [
    aPoint("rounded", 1, { ...writable, scale: tenth, decimals: 0 }),
    aPoint("float", 2, { ...writable, type: "float32", count: 2, order: [0, 1, 2, 3], decimals: 1 }),
    aPoint("state", 4, {
      ...writable,
      enum: new Map([
        ["0", "off"],
        ["1", "on"],
        ["2", "on"],
      ]),
    }),
    aPoint("text", 5, { ...writable, enum: new Map([["7", "seven"]]) }),
  ];
  const device = aDevice("boiler", points);

  it.each<[string, number | string, PointValue]>([
    ["rounded", 22.9, 22.9],
    ["rounded", "23.0", 23],
    ["float", 0.123, 0.123],
    ["float", 0.1, 0.1],
    ["state", 2, 2],
    ["state", "off", "off"],
    ["text", 7, "seven"],
  ])("of %s for %p means the same registers when it is planned once more: %p", (name, given, value) => {
    const planned = planWrite(device, { [name]: given });
    const first = planned.ok ? planned.value.get(name) : undefined;
    expect(first?.value).toEqual(value);
    const point = points.find((one) => one.name === name) as Point;
    expect(planPointWrite(device, point, first?.value ?? false)).toMatchObject({
      ok: true,
      value: { encoded: first?.encoded },
    });
  });

  it("is none where a text stands for several raw values", () => {
    expect(refusal({ state: "on" }, device)).toMatchObject({
      status: 422,
      message: 'state: "on" stands for 1 and 2: write the raw value',
    });
  });
});
