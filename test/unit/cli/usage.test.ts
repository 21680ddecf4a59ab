import { parseArgs } from "node:util";
import { overwriteFault } from "../../../src/cli/outFile";
import { argumentFault } from "../../../src/cli/usage";

const OPTIONS = { config: { type: "string" }, json: { type: "boolean", short: "j" } } as const;

test.each([
  [["--confg", "x"], "there is no option --confg; did you mean --config?"],
  [["--bogus"], "there is no option --bogus"],
  [["-x"], "there is no option -x"],
  [["--config"], "--config needs a value behind it"],
  [["--config", "--json"], "--config needs a value behind it"],
  [["--json=yes"], "--json takes no value"],
  [["it's this"], `"it's this" is too much: this command takes options only`],
])("%j: a sentence that says what is wrong", (args, expected) => {
  let said: string | undefined;
  try {
    parseArgs({ args, options: OPTIONS });
  } catch (error) {
    said = argumentFault(error, "Usage: modbus-edge run [--config FILE] [--json]");
  }
  expect(said).toBe(expected);
});

test("what a command reads it does not replace", () => {
  expect(overwriteFault("--out", "a/../site.json", "./site.json")).toContain("name another one");
  expect(overwriteFault("--out", "other.json", "site.json")).toBeUndefined();
  expect(overwriteFault("--out", undefined, "site.json")).toBeUndefined();
});
