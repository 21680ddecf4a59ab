import { createDevHub, type DevHub, type DevHubOptions } from "../../src/devhub/devHub";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createHubProbe, type HubProbe } from "../support/hubProbe";

const clock = createSystemClock();
const closing: (() => Promise<unknown>)[] = [];

async function stage(options: DevHubOptions = {}): Promise<{ devHub: DevHub; probe: HubProbe }> {
  const created = await createDevHub(options, { clock });
  if (!created.ok) throw new TypeError(created.error);
  const devHub = created.value;
  const probe = createHubProbe(devHub.environmentFor("modbus"));
  closing.push(
    () => devHub.close(),
    () => probe.hub.close(),
  );
  await probe.until(({ twins }) => twins.length === 1);
  return { devHub, probe };
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe("input messages through the real SDK", () => {
  it("come with name, id, properties and body, one after the other, and are acknowledged", async () => {
    const { devHub, probe } = await stage();
    devHub.sendInput("modbus", "write", '{"device":"boiler"}', { "$.mid": "m1", "site & hall": "Köln/2=%" });
    devHub.sendInput("modbus", "input1", "[]", {});
    await probe.until(({ inputs }) => inputs.length === 2);
    expect(probe.inputs).toEqual([
      { input: "write", messageId: "m1", body: '{"device":"boiler"}', properties: { "site & hall": "Köln/2=%" } },
      { input: "input1", body: "[]", properties: {} },
    ]);
    // Method calls come after what the module has sent before: its acknowledgements.
    await devHub.invokeMethod("modbus", "getStatus", {}, 5000);
    expect(devHub.modules()).toMatchObject([{ inputsWaiting: 0, inputsDropped: 0 }]);
  });

  it("that come while the link is down wait at the hub", async () => {
    const { devHub, probe } = await stage();
    devHub.disconnect("modbus");
    await probe.until(({ states }) => states.includes("disconnected"));
    devHub.sendInput("modbus", "write", "{}", { "$.mid": "m2" });
    await probe.until(({ inputs }) => inputs.length === 1);
    expect(probe.inputs).toMatchObject([{ messageId: "m2" }]);
  });
});
