import fc from "fast-check";
import type { DeviceConfig, GatewayConfig } from "../../../src/core/config/gatewayConfig";
import { decimalFromInteger } from "../../../src/core/points/decimal";
import type { BadReason, Point, PointValue, Reading } from "../../../src/core/points/point";
import { cycleOf, type Sample } from "../../../src/core/telemetry/sample";
import { epochMs } from "../../../src/kernel/units";
import { createSampleStore } from "../../../src/runtime/sampleStore";
import { aConnection, aDevice, aPoint } from "../../support/points";

type Standing = Pick<GatewayConfig, "devices" | "connections">;

const START = Date.UTC(2026, 0, 1);
const NAMES = ["a", "b", "c"];
const points = NAMES.map((name, at) => aPoint(name, at));

function standingOf(devices: readonly DeviceConfig[], host = "127.0.0.1"): Standing {
  return {
    devices: new Map(devices.map((device) => [device.name, device])),
    connections: new Map([["line", aConnection({ host })]]),
  };
}

function setUp(devices: readonly DeviceConfig[] = [aDevice("boiler", points)]) {
  const now = { config: standingOf(devices) };
  const store = createSampleStore({ config: () => now.config });
  const arrive = (device: string, at: number, readings: Readonly<Record<string, Reading>>, of = points): void =>
    store.arrived(
      cycleOf(
        device,
        Object.entries(readings).map(([name, reading]) => sampleOf(of, name, at, reading)),
      ),
    );
  const shown = (device: string): string[] =>
    [...store.latest(device)].map(([name, { point, at, reading }]) => {
      const text =
        "bad" in reading ? reading.bad : JSON.stringify(reading.value, (_, v) => (typeof v === "bigint" ? `${v}n` : v));
      return `${name}${point.name === name ? "" : "!"}=${text} at ${at - START}`;
    });
  return { now, store, arrive, shown };
}

function sampleOf(of: readonly Point[], name: string, at: number, reading: Reading): Sample {
  const point = of.find((one) => one.name === name) ?? aPoint(name, 999);
  return { point, at: epochMs(START + at), reading };
}

describe("sample store", () => {
  it("holds values of every kind, and bad readings, each of its own point; nothing of a point that never came", () => {
    const { arrive, shown, store } = setUp();
    expect(store.latest("boiler").size).toBe(0);
    const exact = { ...decimalFromInteger(12_345_678_901_234_567_890n) };
    for (const value of [0, -1.5, "", "text", false, true, exact] satisfies PointValue[]) {
      arrive("boiler", 1, { b: { value } });
      expect(store.latest("boiler").get("b")?.reading).toEqual({ value });
    }
    arrive("boiler", 2, { c: { bad: "timeout" } });
    expect(shown("boiler")).toHaveLength(2);
    expect(shown("boiler")[1]).toBe("c=timeout at 2");
    expect(store.latest("boiler").has("a")).toBe(false);
  });

  it("a bad reading hides the value before it, a good one the reason before it, and neither touches the neighbours", () => {
    const { arrive, shown } = setUp();
    arrive("boiler", 1, { a: { value: 1 }, b: { value: "on" }, c: { value: true } });
    arrive("boiler", 2, { b: { bad: "crc" } });
    expect(shown("boiler")).toEqual(["a=1 at 1", "b=crc at 2", "c=true at 1"]);
    arrive("boiler", 3, { b: { value: "off" }, a: { bad: "offline" } });
    expect(shown("boiler")).toEqual(["a=offline at 3", 'b="off" at 3', "c=true at 1"]);
  });

  it("what was handed out stays as it was", () => {
    const { store, arrive } = setUp();
    arrive("boiler", 1, { a: { value: 1 } });
    const before = store.latest("boiler");
    arrive("boiler", 2, { a: { bad: "crc" }, b: { value: 2 } });
    expect([before.size, before.get("a")?.reading, before.get("a")?.at]).toEqual([1, { value: 1 }, START + 1]);
  });

  it("knows no device that is not defined, and no point that the definition does not have", () => {
    const { arrive, shown } = setUp();
    arrive("other", 1, { a: { value: 1 } });
    arrive("boiler", 1, { unknown: { value: 1 }, a: { value: 2 } });
    expect([shown("other"), shown("boiler")]).toEqual([[], ["a=2 at 1"]]);
  });

  it("keeps what it has under the same definition in another configuration, with the points of that one", () => {
    const { now, store, arrive, shown } = setUp();
    arrive("boiler", 1, { a: { value: 1 } });
    const renewed = points.map((point) => ({ ...point }));
    now.config = standingOf([aDevice("boiler", renewed)]);
    expect(shown("boiler")).toEqual(["a=1 at 1"]);
    expect(store.latest("boiler").get("a")?.point).toBe(renewed[0]);
  });

  it("forgets all of a device under another definition, at another place, or once removed", () => {
    const other = [aPoint("b", 0), aPoint("a", 1)];
    for (const config of [
      standingOf([aDevice("boiler", other, { fingerprint: "boiler 2" })]),
      standingOf([aDevice("boiler", points)], "elsewhere"),
      standingOf([aDevice("boiler", points, { unitId: 2 })]),
      standingOf([]),
    ]) {
      const { now, arrive, shown } = setUp();
      arrive("boiler", 1, { a: { value: 1 }, b: { value: 2 } });
      const before = now.config;
      now.config = config;
      expect(shown("boiler")).toEqual([]);
      // What comes late of the old points enters the new columns by name, not by place.
      if (config.devices.has("boiler")) {
        arrive("boiler", 2, { b: { value: 7 } });
        expect(shown("boiler")).toEqual(["b=7 at 2"]);
      }
      now.config = before;
      expect(shown("boiler")).toEqual([]);
    }
  });

  it("is, for any samples, a map of the last sample that was not late", () => {
    const reading = fc.oneof(
      fc.oneof(fc.integer(), fc.string(), fc.boolean()).map((value): Reading => ({ value })),
      fc.constantFrom<BadReason>("timeout", "crc", "decode").map((bad): Reading => ({ bad })),
    );
    const sample = fc.record({ name: fc.constantFrom(...NAMES, "unknown"), at: fc.nat(200_000), reading });
    fc.assert(
      fc.property(fc.array(fc.array(sample, { maxLength: 4 })), (cycles) => {
        const { store } = setUp();
        const expected = new Map<string, Sample>();
        for (const cycle of cycles) {
          const samples = cycle.map((one) => sampleOf(points, one.name, one.at, one.reading));
          store.arrived(cycleOf("boiler", samples));
          for (const one of samples) {
            const newerBy = (expected.get(one.point.name)?.at ?? one.at) - one.at;
            const isLate = newerBy > 0 && newerBy <= 60_000;
            if (one.point.name !== "unknown" && !isLate) expected.set(one.point.name, one);
          }
        }
        const latest = store.latest("boiler");
        expect(Object.fromEntries(latest)).toEqual(Object.fromEntries(expected));
      }),
    );
  });
});
