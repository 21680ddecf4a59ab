import { planConnection } from "../../../src/core/planning/connectionPlan";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { getPlan } from "../../../src/operator/getPlan";
import type { CommandPorts } from "../../../src/operator/methodError";
import { aConnection, aDevice, aPoint } from "../../support/points";

function portsFor(units: number, points = 1): CommandPorts {
  const all = Array.from({ length: points }, (_, n) => aPoint(`point${n}`, 199 + n));
  const devices = Array.from({ length: units }, (_, n) =>
    aDevice(`boiler${n}`, all, { unitId: n + 1, fingerprint: `${n}` }),
  );
  const names = ["line", "other"];
  const ports: Pick<CommandPorts, "config" | "plan"> = {
    config: () => ({
      connections: new Map(names.map((name) => [name, aConnection({ name })])),
      devices: new Map(),
      module: {},
    }),
    plan: (name) => planConnection(aConnection({ name }), name === "line" ? devices : []),
  };
  return ports as CommandPorts;
}

type Plans = Record<string, { loadPercent: number; cycles: JsonObject[] }>;

describe("getPlan", () => {
  it("tells the requests of every cycle", async () => {
    const { status, payload } = await getPlan({ connection: "line" }, portsFor(1));
    expect(status).toBe(200);
    expect(payload).toEqual({
      connections: {
        line: {
          loadPercent: 0.5,
          requestsPerSecond: 1,
          cycles: [
            {
              unitId: 1,
              groups: ["boiler0.default"],
              everyMs: 1000,
              predictedMs: 5,
              requests: [
                {
                  unitId: 1,
                  table: "holding",
                  first: 199,
                  count: 1,
                  address: "holding 199 (400200)",
                  points: ["boiler0.point0"],
                  bytes: 2,
                  predictedMs: 5,
                },
              ],
            },
          ],
        },
      },
    });
  });

  it("pages what does not fit one answer", async () => {
    const ports = portsFor(247, 40);
    const seen: Json[] = [];
    let cursor: Json | undefined;
    let pages = 0;
    do {
      const { payload } = await getPlan(cursor === undefined ? {} : { cursor }, ports);
      expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(110_000);
      const { connections } = payload as unknown as { connections: Plans };
      for (const { cycles } of Object.values(connections)) seen.push(...cycles.map((cycle) => cycle["unitId"] ?? null));
      cursor = payload["cursor"];
      pages += 1;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 247 }, (_, n) => n + 1));
    expect(pages).toBeGreaterThan(1);
  });

  it.each<[JsonObject, number, RegExp]>([
    [{ connection: "lien" }, 404, /did you mean .*line/],
    [{ connection: 5 }, 404, /no connection 5/],
    [{ cursor: "x" }, 400, /cursor/],
    [{ device: "boiler" }, 400, /device/],
  ])("refuses %j", async (payload, status, text) => {
    const answer = await getPlan(payload, portsFor(1));
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.payload)).toMatch(text);
  });
});
