import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OutgoingMessage } from "../../src/cloud/edgeHub";
import { isJsonObject, type Json, type JsonObject } from "../../src/kernel/json";
import { createManualClock } from "../support/manualClock";
import { createMemoryHub } from "../support/memoryHub";
import { createMemoryTranslator } from "../support/memoryTranslator";
import { readWireScript } from "../support/wireScript";

/**
 * A folder a case: the desired properties, what went over the wire, the messages and the reported properties that came
 * of it. `messages.jsonl`: a line a message, `{"device","body"}`, where it has no device `{"output","body"}`, compared as
 * text; what the module tells about itself (`events`) is left out. `run.json`: for how long, where the first cycle of
 * every device is not enough.
 */
const cases = readdirSync(__dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Long enough for the first cycle of every device, shorter than the shortest interval of most cases. */
const RUN_MS = 2500;

/** What a case says about its run. */
function runOf(name: string): { readonly ms: number } {
  const file = join(__dirname, name, "run.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { ms: number }) : { ms: RUN_MS };
}

function line({ output, properties, body }: OutgoingMessage): string {
  const device = properties["$.sub"];
  const source = device === undefined ? { output } : { device };
  return `${JSON.stringify(source).slice(0, -1)},"body":${body}}`;
}

function text(name: string, file: string): string {
  return readFileSync(join(__dirname, name, file), "utf8");
}

/** Instants depend on when a case runs within the manual clock: they are compared in messages, not here. */
function withoutTimes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "since" && key !== "at");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutTimes(inner)]));
}

describe("golden cases", () => {
  test("there are some", () => expect(cases.length).toBeGreaterThan(1));

  test.each(cases.map(({ name }) => name))("%s", async (name) => {
    const clock = createManualClock();
    const wire = readWireScript(text(name, "wire.txt"));
    const hub = createMemoryHub(JSON.parse(text(name, "desired.json")) as JsonObject);
    const translator = createMemoryTranslator({ clock, hub, openerFor: wire.openerFor });
    await translator.start();
    await clock.advance(runOf(name).ms);
    await clock.advanceUntil(translator.close());
    expect(wire.faults()).toEqual([]);
    const lines = hub.messages.filter(({ output }) => output !== "events").map(line);
    expect(lines.join("\n")).toBe(text(name, "messages.jsonl").trimEnd());
    const { module: _module, ...reported } = hub.reported();
    expect(withoutTimes(reported)).toEqual(JSON.parse(text(name, "reported.json")));
  });
});
