import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { optionsOf } from "../../../src/runtime/unitRead";
import { aConnection, aDevice } from "../../support/points";

const connection = aConnection({ responseTimeoutMs: 1000, requestGapMs: 20 });

function options(...devices: readonly Partial<DeviceConfig>[]) {
  return optionsOf(
    devices.map((more, i) => ({ device: aDevice(`d${i}`, [], more), points: [] })),
    connection,
  );
}

describe("a request of devices that share a unit", () => {
  it("waits as long as the most patient of them, the connection's time where one says nothing", () => {
    expect(options({}, { responseTimeoutMs: 5000 }).timeoutMs).toBe(5000);
    expect(options({ responseTimeoutMs: 300 }, {}).timeoutMs).toBe(1000);
    expect(options({ responseTimeoutMs: 300 }, { responseTimeoutMs: 400 }).timeoutMs).toBe(400);
  });

  it("rests as long as the most delicate of them asks for, or the connection", () => {
    expect(options({}, { requestGapMs: 50 }).gapMs).toBe(50);
    expect(options({ requestGapMs: 5 }, {}).gapMs).toBe(20);
  });

  it("of one device alone has what that one says", () => {
    expect(options({ responseTimeoutMs: 300, requestGapMs: 5 })).toMatchObject({ timeoutMs: 300, gapMs: 5 });
    expect(options({})).toEqual({});
  });
});
