import fc from "fast-check";
import type { OutgoingMessage } from "../../src/cloud/edgeHub";
import { fitsHub } from "../../src/cloud/wireSize";
import type { OutputConfig } from "../../src/core/config/gatewayConfig";
import { OUTPUT_DEFAULTS } from "../../src/core/config/outputs";
import { messageBytes } from "../../src/core/telemetry/messageSize";
import { cycleOf, type Sample } from "../../src/core/telemetry/sample";
import { createPipeline } from "../../src/runtime/pipeline";
import { createManualClock } from "../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../support/points";

function anOutput(more: Pick<OutputConfig, "format"> & Partial<OutputConfig>): OutputConfig {
  return { name: "telemetry", ...OUTPUT_DEFAULTS, ...more };
}

/** A string point has at most 125 registers; how much of a message its text takes depends on the alphabet. */
const text = fc.string({ unit: "binary", maxLength: 250, size: "max" });
const short = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const tags = fc.dictionary(fc.constantFrom("site", "hall", "line"), short);
/** Of a device in one cycle. */
const cycle = fc.array(text, { minLength: 1, maxLength: 60, size: "max" });

/** What the pipeline hands over for the cycles of a device, one text to a point. */
function sent(output: OutputConfig, deviceTags: Readonly<Record<string, string>>, cycles: readonly string[][]) {
  const clock = createManualClock();
  const groups = new Map([["default", aGroup("default", 1000, { output: output.name })]]);
  const device = aDevice("a", [], { groups, tags: deviceTags });
  const config = {
    devices: new Map([["a", device]]),
    outputs: new Map([[output.name, output]]),
    connections: new Map([["line", aConnection()]]),
  };
  const messages: OutgoingMessage[] = [];
  const outbox = { offer: (_: string, message: OutgoingMessage) => void messages.push(message) };
  const pipeline = createPipeline({ clock, outbox, bootId: "b00t", config: () => config });
  let number = 0;
  for (const texts of cycles) {
    const samples = texts.map((value): Sample => {
      number += 1;
      return { point: aPoint(`p${number}`, 0), at: clock.epoch(), reading: { value } };
    });
    pipeline.cycle(cycleOf("a", samples));
  }
  pipeline.flush();
  return messages;
}

/** The texts of the points in the order of the messages. */
const READ: Readonly<Record<OutputConfig["format"], (body: never) => readonly string[]>> = {
  pnp: (body: Record<string, string>) => Object.values(body),
  records: (body: readonly { values: Record<string, string> }[]) => body.flatMap(({ values }) => Object.values(values)),
  legacy: (body: { Content: readonly { Data: readonly { Values: readonly { Value: string }[] }[] }[] }) =>
    body.Content.flatMap(({ Data }) => Data.flatMap(({ Values }) => Values.map(({ Value }) => Value))),
  legacyV1: (body: readonly { Value: string }[]) => body.map(({ Value }) => Value),
};

test.each(["pnp", "records", "legacy", "legacyV1"] as const)(
  "%s: whatever a device yields, no message is too big for the output or the hub, and every value is in one, in order",
  (format) => {
    fc.assert(
      fc.property(
        fc.array(cycle, { maxLength: 5 }),
        tags,
        fc.integer({ min: 4000, max: 20_000 }),
        (cycles, own, maxBytes) => {
          const messages = sent(anOutput({ format, maxBytes }), own, cycles);
          for (const message of messages) {
            expect(fitsHub(message)).toBe(true);
            expect(messageBytes(Buffer.byteLength(message.body), message)).toBeLessThanOrEqual(maxBytes);
          }
          const read = messages.flatMap(({ body }) => READ[format](JSON.parse(body) as never));
          expect(read).toEqual(cycles.flat());
        },
      ),
      // Shrinking thousands of characters takes minutes and says no more.
      { numRuns: 60, endOnFailure: true },
    );
  },
);

test.each(["pnp", "records", "legacy", "legacyV1"] as const)(
  "%s: more than the hub takes at once goes in several",
  (format) => {
    const texts = Array.from({ length: 3000 }, (_, i) => `${i}${"ü".repeat(120)}`);
    const messages = sent(anOutput({ format }), { site: "ü".repeat(200) }, [texts]);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.filter((message) => !fitsHub(message))).toEqual([]);
    expect(messages.flatMap(({ body }) => READ[format](JSON.parse(body) as never))).toEqual(texts);
  },
);
