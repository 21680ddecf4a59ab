import { Mqtt } from "azure-iot-device-mqtt";
import fc from "fast-check";
import { sdkMessage } from "../../../src/cloud/azureClient";
import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import { createEventTopics } from "../../../src/cloud/eventTopic";

/** The topic that the SDK itself would send the message on. */
function topicOfSdk(message: OutgoingMessage, path: string): string {
  const build = Reflect.get(Mqtt.prototype, "_getEventTopicFromMessage") as (...args: unknown[]) => string;
  const transport = { _topicTelemetryPublish: `devices/${path}/messages/events/` };
  return `${Reflect.apply(build, transport, [sdkMessage(message), { "$.on": message.output }])}/`;
}

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const messages = fc.record({
  output: fc.string({ minLength: 1, maxLength: 20 }),
  messageId: text.filter((id) => id !== ""),
  body: fc.constant("{}"),
  contentType: fc.constant("application/json" as const),
  contentEncoding: fc.constant("utf-8" as const),
  properties: fc.dictionary(
    fc.oneof(
      fc.constant("$.sub"),
      text.filter((name) => name !== ""),
    ),
    text,
    { maxKeys: 5 },
  ),
});

test("a message goes on the topic that the SDK would send it on, whatever its texts are", () => {
  const ofModule = createEventTopics({ deviceId: "gw-1", moduleId: "modbus" });
  const ofDevice = createEventTopics({ deviceId: "gw-1", moduleId: undefined });
  fc.assert(
    fc.property(messages, (message) => {
      expect(ofModule(message)).toBe(topicOfSdk(message, "gw-1/modules/modbus"));
      expect(ofDevice(message)).toBe(topicOfSdk(message, "gw-1"));
    }),
    { numRuns: 500 },
  );
});

test("half a surrogate pair has no place in a topic: refused as by the SDK", () => {
  const topicOf = createEventTopics({ deviceId: "gw-1", moduleId: "modbus" });
  const message = {
    output: "telemetry",
    body: "{}",
    contentType: "application/json",
    contentEncoding: "utf-8",
  } as const;
  expect(() => topicOf({ ...message, messageId: "\ud800", properties: {} })).toThrow(URIError);
});
