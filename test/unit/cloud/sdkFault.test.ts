import { isSdkFault } from "../../../src/cloud/sdkFault";

const at = (...places: string[]): string =>
  ["TypeError: x", ...places.map((place) => `    at f (${place}:1:2)`)].join("\n");

test.each<[string, string, boolean]>([
  ["thrown in the SDK", at("node_modules/azure-iot-device/dist/twin.js", "node:events"), true],
  ["thrown in mqtt.js below it", at("node_modules/mqtt/lib/client.js", "src/cloud/azureTransport.ts"), true],
  ["a Node function called by the SDK", at("node:internal/url", "node_modules/azure-iot-mqtt-base/dist/x.js"), true],
  ["an absolute place", at("/app/node_modules/machina/lib/machina.js"), true],
  ["thrown by us, called by the SDK", at("src/cloud/azureClient.ts", "node_modules/mqtt/lib/client.js"), false],
  ["thrown in another package", at("node_modules/serialport/dist/index.js"), false],
  ["no stack", "TypeError: x", false],
  ["nothing", "", false],
])("%s", (_what, stack, expected) => {
  expect(isSdkFault(stack)).toBe(expected);
});
