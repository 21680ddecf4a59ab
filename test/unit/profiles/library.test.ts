import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BUILT_IN_PROFILES } from "../../../src/core/config/builtInProfiles";
import { profileSummary } from "../../../src/core/config/profileSummary";
import { builtInProfiles } from "../../../src/core/config/profiles";
import { resolveDocument } from "../../../src/core/config/resolve";
import { planConnection } from "../../../src/core/planning/connectionPlan";

const FOLDER = join(__dirname, "../../../profiles");
const NAMES = [...BUILT_IN_PROFILES.keys()];

test("every file of profiles/ is built in, by the name of the file, in order", () => {
  const files = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ""));
  expect(NAMES).toEqual([...files].sort());
});

test("they stay small: the bundle carries them all", () => {
  const sizes = NAMES.map((name) => statSync(join(FOLDER, `${name}.json`)).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(256 * 1024);
});

describe.each(NAMES)("%s", (name) => {
  const found = builtInProfiles(name);
  const summary = profileSummary(name, found?.ok === true ? found.value : undefined, builtInProfiles);

  it("can be used, and says what it is and where its facts come from, with the licence", () => {
    expect(summary.problems).toEqual([]);
    const { title, manufacturer, model, source } = summary;
    for (const text of [title, manufacturer, model]) expect(text).toMatch(/\S/);
    expect(source).toMatch(
      /\((?:Apache-2\.0|BSD-3-Clause|EPL-2\.0|GPL-3\.0|MIT|MIT-WB[^)]*|no licence files?|all rights reserved[^)]*)\)/,
    );
  });

  it("is planned whole, with every point titled", () => {
    const { connections, devices } = resolveDocument(
      {
        connections: { line: { transport: "serial", path: "/dev/ttyS0", line: "9600 8N1" } },
        devices: { it: { connection: "line", unitId: 1, profile: name } },
      },
      builtInProfiles,
    );
    const line = connections.get("line");
    const device = devices.get("it");
    if (line?.ok !== true || device?.ok !== true) throw new TypeError(`${name} does not resolve`);
    const { cycles } = planConnection(line.value, [device.value]);
    expect(cycles.flatMap(({ notAsked }) => [...notAsked])).toEqual([]);
    expect(device.value.points.filter(({ title }) => title === undefined)).toEqual([]);
    expect(device.value.points.length).toBeGreaterThan(1);
  });

  it("has limits for every number that can be written", () => {
    const open = (summary.device?.points ?? [])
      .filter((point) => point.write !== undefined && point.type !== "bool" && point.bit === undefined)
      .filter((point) => point.enum === undefined && !point.type.startsWith("string"))
      .filter(({ write }) => write?.min === undefined || write.max === undefined);
    expect(open.map((point) => point.name)).toEqual([]);
  });
});
