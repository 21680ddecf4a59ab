import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import type { PointValue } from "../../../src/core/points/point";
import type { Sample } from "../../../src/core/telemetry/sample";
import { epochMs } from "../../../src/kernel/units";
import { createPipeline } from "../../../src/runtime/pipeline";
import { aPoint } from "../../support/points";

const T = Date.UTC(2026, 10, 23, 10, 15, 30, 123);

function setUp() {
  const offered: [lane: string, message: OutgoingMessage][] = [];
  const pipeline = createPipeline({
    outbox: { offer: (lane, message) => void offered.push([lane, message]) },
    bootId: "b00t",
  });
  return { offered, pipeline };
}

const good = (name: string, value: PointValue, at = T): Sample => ({
  point: aPoint(name, 1),
  at: epochMs(at),
  reading: { value },
});

test("what a device yields in a cycle is one message, in its own lane", () => {
  const { offered, pipeline } = setUp();
  const energy = { coefficient: 18446744073709551615n, scale: 3 };
  pipeline({ device: "boiler", samples: [good("supplyTemperature", 61.5, T - 40), good("energy", energy)] });
  expect(offered).toEqual([
    [
      "boiler",
      {
        output: "telemetry",
        messageId: "b00t-1",
        body: '{"supplyTemperature":61.5,"energy":18446744073709551.615}',
        contentType: "application/json",
        contentEncoding: "utf-8",
        properties: { "$.sub": "boiler", "iothub-creation-time-utc": "2026-11-23T10:15:30.123Z" },
      },
    ],
  ]);
});

test("values more than a second apart go in messages of their own, in order", () => {
  const { offered, pipeline } = setUp();
  pipeline({ device: "boiler", samples: [good("a", 1), good("b", 2, T + 1000), good("c", 3, T + 1001)] });
  expect(offered.map(([, { body, properties }]) => [body, properties["iothub-creation-time-utc"]])).toEqual([
    ['{"a":1,"b":2}', "2026-11-23T10:15:31.123Z"],
    ['{"c":3}', "2026-11-23T10:15:31.124Z"],
  ]);
});

test("no good value, no message; a property is no telemetry", () => {
  const { offered, pipeline } = setUp();
  pipeline({ device: "boiler", samples: [] });
  pipeline({ device: "boiler", samples: [{ point: aPoint("a", 1), at: epochMs(T), reading: { bad: "timeout" } }] });
  pipeline({
    device: "boiler",
    samples: [{ point: aPoint("s", 1, { kind: "property" }), at: epochMs(T), reading: { value: "A1" } }],
  });
  expect(offered).toEqual([]);
});

test("message ids are unique over devices and name the start of the process", () => {
  const { offered, pipeline } = setUp();
  for (const device of ["a", "b", "a"]) pipeline({ device, samples: [good("x", 1)] });
  expect(offered.map(([lane, { messageId }]) => [lane, messageId])).toEqual([
    ["a", "b00t-1"],
    ["b", "b00t-2"],
    ["a", "b00t-3"],
  ]);
});
