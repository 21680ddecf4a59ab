import { hubTopics, parseClientTopic, parseProperties, topicMatches } from "../../../src/devhub/topics";

describe("topics of edgeHub", () => {
  it("reads an output event as azure-iot-device 1.18.4 publishes it", () => {
    const topic =
      "devices/gateway/modules/modbus/messages/events/%24.on=telemetry&%24.mid=b7-1&%24.ct=application%2Fjson&%24.ce=utf-8&%24.sub=boiler&site%20%26%20hall=K%C3%B6ln%2F2/";
    expect(parseClientTopic(topic)).toEqual({
      kind: "event",
      sender: "gateway/modbus",
      properties: {
        "$.on": "telemetry",
        "$.mid": "b7-1",
        "$.ct": "application/json",
        "$.ce": "utf-8",
        "$.sub": "boiler",
        "site & hall": "Köln/2",
      },
    });
  });

  it("reads a leaf device's event", () => {
    expect(parseClientTopic("devices/meter1/messages/events/a=1")).toEqual({
      kind: "event",
      sender: "meter1",
      properties: { a: "1" },
    });
    expect(parseClientTopic("devices/meter1/messages/events/")).toMatchObject({ sender: "meter1", properties: {} });
  });

  it("reads requests with their id", () => {
    expect(parseClientTopic("$iothub/twin/GET/?$rid=4b")).toEqual({ kind: "twinGet", requestId: "4b" });
    expect(parseClientTopic("$iothub/twin/PATCH/properties/reported/?$rid=7")).toEqual({
      kind: "reported",
      requestId: "7",
    });
    expect(parseClientTopic("$iothub/methods/res/404/?$rid=1f")).toEqual({
      kind: "methodResponse",
      requestId: "1f",
      status: 404,
    });
  });

  it.each(["devices/gateway/other", "$iothub/methods/res/x/?$rid=1", "$iothub/twin", ""])(
    "does not know %p",
    (topic) => {
      expect(parseClientTopic(topic)).toEqual({ kind: "unknown" });
    },
  );

  it("survives malformed percent-encoding", () => {
    expect(parseProperties("a=%zz&%=1&b")).toEqual({ a: "%zz", "%": "1", b: "" });
  });

  it("writes an input topic", () => {
    expect(hubTopics.input({ deviceId: "gateway", moduleId: "m" }, "write", { "a b": "1/2", "$.mid": "x" })).toBe(
      "devices/gateway/modules/m/inputs/write/a%20b=1%2F2&%24.mid=x",
    );
  });

  it.each([
    ["$iothub/methods/POST/#", "$iothub/methods/POST/a/?$rid=1", true],
    ["devices/d/modules/m/inputs/#", "devices/d/modules/m/inputs/in/", true],
    ["devices/+/modules/m", "devices/d/modules/m", true],
    ["devices/+", "devices/d/modules", false],
    ["devices/d/x", "devices/d", false],
    ["$iothub/twin/res/#", "$iothub/methods/POST/a", false],
  ])("filter %s on %s: %s", (filter, topic, matches) => {
    expect(topicMatches(filter, topic)).toBe(matches);
  });
});
