import { readPublication } from "../../../src/cloud/publication";

const text = (body: string): Uint8Array => Buffer.from(body);
const NO_UTF8 = Buffer.from([0x7b, 0xff, 0x7d]);

test.each<[string, string, Uint8Array, object]>([
  [
    "a method",
    "$iothub/methods/POST/boiler*readPoints/?$rid=7",
    text("{}"),
    { kind: "method", name: "boiler*readPoints", requestId: "7", body: "{}" },
  ],
  [
    "a method with another property before the request id",
    "$iothub/methods/POST/x/?a=1&$rid=7",
    text(""),
    { kind: "method", name: "x", requestId: "7", body: "" },
  ],
  [
    "a method whose payload is no UTF-8",
    "$iothub/methods/POST/x/?$rid=7",
    NO_UTF8,
    { kind: "method", name: "x", requestId: "7", body: undefined },
  ],
  ["a patch", "$iothub/twin/PATCH/properties/desired/?$version=3", text("{}"), { kind: "desired", body: "{}" }],
  ["a patch that is no UTF-8", "$iothub/twin/PATCH/properties/desired/?$version=3", NO_UTF8, { kind: "desired" }],
  ["a twin answer", "$iothub/twin/res/204/?$rid=7&$version=3", text(""), { kind: "twinAnswer", status: 204, body: "" }],
  [
    "an input message",
    "devices/g/modules/m/inputs/write/a%20b=%C3%BC&%24.mid=m1&%24.cid=c1&flag/",
    text("[1]"),
    {
      kind: "input",
      message: { input: "write", messageId: "m1", body: "[1]", properties: { "a b": "ü", "$.cid": "c1", flag: "" } },
    },
  ],
  [
    "an input message without properties",
    "devices/g/modules/m/inputs/input1/",
    text("x"),
    { kind: "input", message: { input: "input1", body: "x", properties: {} } },
  ],
  [
    "a property called __proto__",
    "devices/g/modules/m/inputs/i/__proto__=1/",
    text("x"),
    { kind: "input", message: { properties: JSON.parse('{"__proto__":"1"}') } },
  ],
  [
    "malformed percent-encoding in a property",
    "devices/g/modules/m/inputs/write/a=%E0%A4%A/",
    text("x"),
    { kind: "unreadable", reason: "malformed percent-encoding in the topic of a message" },
  ],
  ["malformed percent-encoding in the input", "devices/g/modules/m/inputs/%zz/", text("x"), { kind: "unreadable" }],
  ["a message that is no UTF-8", "devices/g/modules/m/inputs/write/", NO_UTF8, { kind: "unreadable" }],
  ["another topic", "devices/g/messages/devicebound/x", text("x"), { kind: "unreadable" }],
  ["an empty topic", "", text(""), { kind: "unreadable" }],
])("%s", (_what, topic, payload, expected) => {
  expect(readPublication(topic, payload)).toMatchObject(expected);
});
