import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import { fitsHub } from "../../../src/cloud/wireSize";
import { withCurrentTimes } from "../../../src/core/telemetry/messageTimes";
import { epochMs } from "../../../src/kernel/units";
import { createEvents } from "../../../src/runtime/events";
import { createMessageSender } from "../../../src/runtime/messageSender";
import { createManualClock } from "../../support/manualClock";

const T = Date.UTC(2026, 10, 23, 10, 15, 30, 123);

function setUp(start = T) {
  const clock = createManualClock(start);
  const sent: [lane: string, message: OutgoingMessage][] = [];
  const messages = createMessageSender({
    clock,
    bootId: "b",
    outbox: { offer: (lane, m) => void sent.push([lane, m]) },
  });
  return { clock, sent, events: createEvents({ clock, messages }) };
}

test("the state of a device once per change, with the instant at which it began", () => {
  const { sent, events } = setUp();
  const bad = new Map();
  events.deviceStatus("boiler", { state: "offline", reason: 'no "answer"', since: epochMs(T - 500), bad });
  events.deviceStatus("boiler", { state: "offline", reason: "another", since: epochMs(T - 500), bad });
  events.deviceStatus("boiler", { state: "online", reason: "", since: epochMs(T), bad });
  expect(sent.map(([lane, { output, body }]) => [lane, output, body])).toEqual([
    [
      "output:events",
      "events",
      '{"deviceStatus":{"device":"boiler","state":"offline","reason":"no \\"answer\\"","since":"2026-11-23T10:15:29.623Z"}}',
    ],
    [
      "output:events",
      "events",
      '{"deviceStatus":{"device":"boiler","state":"online","reason":"","since":"2026-11-23T10:15:30.123Z"}}',
    ],
  ]);
});

test("writes, and who asked", () => {
  const { sent, events } = setUp();
  const values = { counter: "18446744073709551615", mode: "auto" };
  events.writeAudit({ device: "boiler", values, outcome: "verified", by: "writePoints", at: epochMs(T) });
  expect(sent[0]?.[1].body).toBe(
    '{"writeAudit":{"device":"boiler","values":{"counter":"18446744073709551615","mode":"auto"},"outcome":"verified","by":"writePoints","at":"2026-11-23T10:15:30.123Z"}}',
  );
});

test("an event of 1970 leaves with the time that the clock has been set to", () => {
  const { clock, sent, events } = setUp(5000);
  events.moduleEvent("clockStepped", "a text");
  clock.stepEpoch(T - 5000);
  const message = withCurrentTimes(sent[0]?.[1] as OutgoingMessage, "b", clock.shift());
  expect(message.body).toBe('{"moduleEvent":{"kind":"clockStepped","text":"a text","at":"2026-11-23T10:15:30.123Z"}}');
  expect(message.properties).toEqual({ "iothub-creation-time-utc": "2026-11-23T10:15:30.123Z" });
});

test("an event that repeats what somebody sent stays a message that the hub takes", () => {
  const { sent, events } = setUp();
  const huge = "€".repeat(200_000);
  events.moduleEvent("writeRefused", `there is no device "${huge}"`);
  const values = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`p${i}`, 1e20]));
  events.writeAudit({ device: "boiler", values, outcome: "refused", by: "input write", at: epochMs(T) });
  expect(sent.filter(([, message]) => !fitsHub(message))).toEqual([]);
  expect(JSON.parse(sent[0]?.[1].body ?? "").moduleEvent.text).toMatch(/^there is no device "€{3980} …$/);
  expect(JSON.parse(sent[1]?.[1].body ?? "").writeAudit.values).toEqual({ "…": "9000 values" });
});
