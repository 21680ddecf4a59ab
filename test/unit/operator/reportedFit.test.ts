import { twinBearable } from "../../../src/core/config/twinSize";
import { twinDocumentProblem, twinPatchProblem } from "../../../src/devhub/twinRules";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { createTwinFit } from "../../../src/operator/reportedFit";

const SINCE = "2026-11-23T10:15:30.123Z";
const REASON =
  "unit 7 on hall gives no answer that can be trusted (timeout, crc), and more words than forty characters";

interface Site {
  readonly devices: number;
  readonly offline?: number;
  readonly setPoints?: number;
  readonly asked?: boolean;
  readonly values?: number;
  readonly problems?: number;
  readonly bad?: number;
}

const several = <T>(count: number, make: (at: number) => readonly [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => make(at + 1)));

function component(site: Site, at: number): JsonObject {
  const isOffline = at <= (site.offline ?? 0);
  return {
    __t: "c",
    modbus: {
      state: isOffline ? "offline" : "online",
      ...(isOffline ? { reason: REASON } : {}),
      since: SINCE,
      ...(isOffline && site.bad !== undefined
        ? { bad: several(site.bad, (point) => [`point${point}`, "timeout"]) }
        : {}),
    },
    ...several(site.setPoints ?? 0, (point): [string, Json] => [
      `setpoint${point}`,
      { value: 21.5, ac: site.asked === true ? 200 : 203, av: site.asked === true ? 7 : 0, ad: "value of the device" },
    ]),
    ...several(site.values ?? 0, (point): [string, Json] => [`serial${point}`, "ABCDEFGH12345678"]),
  };
}

function documentOf(site: Site): JsonObject {
  const problems = several(site.problems ?? 0, (at) => [`/devices/d${at}/points/x/type`, "x".repeat(300)]);
  return {
    configurationStatus: {
      state: "partial",
      version: 7,
      at: SINCE,
      devices: site.devices,
      points: 0,
      problems,
      warnings: {},
    },
    module: { version: "1.0.0", schema: 1, online: site.devices - (site.offline ?? 0), offline: site.offline ?? 0 },
    ...several(site.devices, (at) => [`device${at}`, component(site, at)]),
  };
}

function expectAccepted(document: JsonObject): void {
  expect(twinPatchProblem(document)).toBeUndefined();
  expect(twinDocumentProblem(document)).toBeUndefined();
}

const trimmed = (document: JsonObject): Json | undefined => (document["module"] as JsonObject)["trimmed"];
const at = (document: JsonObject, name: string): JsonObject => document[name] as JsonObject;

describe("fitting into a twin", () => {
  test("what fits is left as it is, and nothing is said", () => {
    const document = documentOf({ devices: 20, offline: 3, setPoints: 2, problems: 30 });
    expect(createTwinFit().fit(document)).toEqual(document);
  });

  test.each<[string, Site]>([
    ["problems", { devices: 60, problems: 90 }],
    ["reasons", { devices: 220, offline: 210 }],
    ["since", { devices: 330, offline: 330 }],
    ["onlineStates", { devices: 400, setPoints: 1, asked: true }],
    ["ad", { devices: 300, setPoints: 2, asked: true }],
    ["bad", { devices: 450, offline: 60, bad: 20, setPoints: 1, asked: true }],
    ["values", { devices: 200, values: 10 }],
    ["allStates", { devices: 440, offline: 440, setPoints: 1, asked: true }],
    ["unasked", { devices: 700, setPoints: 2 }],
  ])("%s are cut when nothing before them is enough", (step, site) => {
    const cut = createTwinFit().fit(documentOf(site));
    expectAccepted(cut);
    expect(trimmed(cut)).toBe(step);
  });

  test("the steps in their order, each on top of those before", () => {
    const problems = createTwinFit().fit(documentOf({ devices: 60, problems: 90 }));
    const shown = at(problems, "configurationStatus")["problems"] as JsonObject;
    expect(Object.keys(shown)).toHaveLength(21);
    expect(shown["more"]).toBe("90 in all; the first 20 are shown");
    const reasons = at(createTwinFit().fit(documentOf({ devices: 220, offline: 210 })), "device1")["modbus"];
    expect(reasons).toEqual({ state: "offline", reason: `${REASON.slice(0, 39)}…`, since: SINCE });
    const since = at(createTwinFit().fit(documentOf({ devices: 330, offline: 330 })), "device1")["modbus"];
    expect(since).toEqual({ state: "offline", reason: `${REASON.slice(0, 39)}…` });
    const states = createTwinFit().fit(documentOf({ devices: 400, offline: 10, setPoints: 1, asked: true }));
    expect(at(states, "device1")["modbus"]).toMatchObject({ state: "offline" });
    expect(at(states, "device11")).toEqual({
      __t: "c",
      setpoint1: { value: 21.5, ac: 200, av: 7, ad: "value of the device" },
    });
    const ad = createTwinFit().fit(documentOf({ devices: 300, setPoints: 2, asked: true }));
    expect(at(ad, "device300")).toEqual({
      __t: "c",
      setpoint1: { value: 21.5, ac: 200, av: 7 },
      setpoint2: { value: 21.5, ac: 200, av: 7 },
    });
  });

  test("300 devices fit, whatever their state, with every acknowledgement", () => {
    for (const site of [{ offline: 0 }, { offline: 150 }, { offline: 300 }]) {
      const cut = createTwinFit().fit(documentOf({ devices: 300, setPoints: 1, asked: true, problems: 150, ...site }));
      expectAccepted(cut);
      for (let device = 1; device <= 300; device++)
        expect(at(cut, `device${device}`)["setpoint1"]).toMatchObject({ value: 21.5, ac: 200, av: 7 });
    }
  });

  test("an acknowledgement that somebody asked for outlives everything else; what still does not fit is left out whole", () => {
    const cut = createTwinFit().fit(documentOf({ devices: 2000, setPoints: 1, asked: true }));
    expectAccepted(cut);
    expect(trimmed(cut)).toBe("devices");
    expect(Object.keys(cut).length).toBeGreaterThan(500);
  });

  test("a size at the edge does not flap: more is shown again only when there is room", () => {
    const fit = createTwinFit();
    const size = (offline: number): Json | undefined => trimmed(fit.fit(documentOf({ devices: 220, offline })));
    expect(size(160)).toBeUndefined();
    expect(size(190)).toBe("reasons");
    expect(size(160)).toBe("reasons");
    expect(size(100)).toBeUndefined();
  });
});

describe("what a twin bears", () => {
  test("names, texts, numbers and depth are made to fit; the rest is the same object", () => {
    const good = { a: { b: [1, 2] }, c: "x", d: 2 ** 52 };
    expect(twinBearable(good)).toBe(good);
    const deep = (levels: number): JsonObject => (levels === 0 ? {} : { n: deep(levels - 1) });
    const made = twinBearable({
      "a.b": 1,
      $c: 1,
      "": 1,
      fine: "é".repeat(3000),
      big: 2 ** 53,
      bad: Number.NaN,
      deep: deep(14),
    });
    expectAccepted(made);
    expect(Object.keys(made)).toEqual(["fine", "big", "deep"]);
    expect(made["big"]).toBe("9007199254740992");
    expect(made["fine"]).toMatch(/^é+…$/);
    expect(Buffer.byteLength(made["fine"] as string)).toBeGreaterThan(4090);
  });
});
