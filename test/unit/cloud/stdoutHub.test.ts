import type { EdgeHubHandlers, OutgoingMessage, TwinDocument } from "../../../src/cloud/edgeHub";
import { createStdoutHub } from "../../../src/cloud/stdoutHub";

const message: OutgoingMessage = {
  output: "telemetry",
  messageId: "m1",
  body: '{"energy":18446744073709551.615,\n"supplyTemperature":61.50}',
  contentType: "application/json",
  contentEncoding: "utf-8",
  properties: { "$.sub": "boiler" },
};

function startedHub(): { lines: string[]; twins: TwinDocument[]; hub: ReturnType<typeof createStdoutHub> } {
  const lines: string[] = [];
  const twins: TwinDocument[] = [];
  const hub = createStdoutHub((line) => lines.push(line));
  const handlers: EdgeHubHandlers = {
    twin: (document) => twins.push(document),
    desiredPatch: () => undefined,
    input: () => undefined,
    twinRefused: () => undefined,
    method: async () => ({ status: 200, payload: {} }),
    connection: () => undefined,
  };
  hub.start(handlers);
  return { lines, twins, hub };
}

describe("stdout hub", () => {
  it("prints a message as one line and keeps every digit of the body", async () => {
    const { lines, hub } = startedHub();
    await expect(hub.send(message)).resolves.toEqual({ ok: true, value: undefined });
    expect(lines).toEqual([
      '{"output":"telemetry","properties":{"$.sub":"boiler"},"body":{"energy":18446744073709551.615, "supplyTemperature":61.50}}',
    ]);
  });

  it("prints reported properties and gives an empty twin", async () => {
    const { lines, twins, hub } = startedHub();
    await hub.patchReported({ boiler: { __t: "c", setpoint: null } });
    expect(lines).toEqual(['{"reported":{"boiler":{"__t":"c","setpoint":null}}}']);
    expect(twins).toEqual([{ desired: { $version: 1 }, reported: { $version: 1 } }]);
  });

  it("refuses messages once closed", async () => {
    const { lines, hub } = startedHub();
    await hub.close();
    await expect(hub.send(message)).resolves.toMatchObject({ ok: false, error: { kind: "closed" } });
    expect(lines).toEqual([]);
  });
});
