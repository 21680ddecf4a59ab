/**
 * A module as the samples of azure-iot-device write it, with nothing around the SDK: the counter-proof of the defects
 * that ours defends against. A process of its own, for some of them end it. Orders come as JSON lines on standard
 * input, `{"id","do",…}`, each answered by `{"done":id,"error"?}`; what happens goes out as `{"event",…}`.
 */
const { createInterface } = require("node:readline");
const { ExponentialBackOffWithJitter } = require("azure-iot-common");
const { IotEdgeAuthenticationProvider, Message, ModuleClient } = require("azure-iot-device");
const { Mqtt } = require("azure-iot-device-mqtt");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const settings = JSON.parse(process.env.PLAIN_SDK ?? "{}");
let client;
let twin;

const orders = {
  /** As `ModuleClient.fromEnvironment` does it, with other times for the token where they are asked for. */
  create(_order, done) {
    const { env } = process;
    const provider = new IotEdgeAuthenticationProvider(
      {
        workloadUri: env.IOTEDGE_WORKLOADURI,
        deviceId: env.IOTEDGE_DEVICEID,
        moduleId: env.IOTEDGE_MODULEID,
        iothubHostName: env.IOTEDGE_IOTHUBHOSTNAME,
        authScheme: env.IOTEDGE_AUTHSCHEME,
        gatewayHostName: env.IOTEDGE_GATEWAYHOSTNAME,
        generationId: env.IOTEDGE_MODULEGENERATIONID,
      },
      settings.validS,
      settings.marginS,
    );
    provider.getTrustBundle((error, ca) => {
      if (error) return done(error);
      client = ModuleClient.fromAuthenticationProvider(provider, Mqtt);
      client.on("disconnect", () => say({ event: "disconnect" }));
      client.setOptions({ ca }, done);
    });
  },
  open: (_order, done) => client.open(done),
  options: ({ options }, done) => client.setOptions(options, done),
  /** Acknowledgements are missed sooner, and repeats follow sooner, than by the SDK's own 30 s and 10 s. */
  hurry(_order, done) {
    const publishes = client._transport._mqtt._onTheWirePublishes;
    publishes.timerCheckInMilliseconds = 100;
    publishes.setTimeoutInSeconds(1);
    client.setRetryPolicy(new ExponentialBackOffWithJitter(true));
    done();
  },
  send: ({ body }, done) => client.sendOutputEvent("telemetry", new Message(body), done),
  inputs(_order, done) {
    client.on("inputMessage", (input, message) => say({ event: "input", input, body: message.data.toString() }));
    done();
  },
  method({ name, how }, done) {
    client.onMethod(name, async (_request, response) => {
      say({ event: "method", name });
      if (how === "reject") throw new TypeError("the handler failed");
      await response.send(200, {});
    });
    done();
  },
  twin(_order, done) {
    client.getTwin((error, got) => {
      if (error) return done(error);
      twin = got;
      twin.on("properties.desired", () => say({ event: "desired", list: twin.properties.desired.list }));
      done();
    });
  },
  report: ({ patch }, done) => twin.properties.reported.update(patch, done),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  orders[order.do](order, (error) => say({ done: order.id, ...(error ? { error: error.name } : {}) }));
});
