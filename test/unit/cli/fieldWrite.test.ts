import type { FieldClient } from "../../../src/cli/fieldModels";
import { planValues, writeVerified } from "../../../src/cli/fieldWrite";
import { ModbusError } from "../../../src/client/modbusError";
import { aPoint } from "../../support/points";

/** A device that answers every write with this exception and holds this value. */
async function writing(exceptionCode: number, holds: number) {
  let writes = 0;
  const client = {
    async write() {
      writes += 1;
      throw new ModbusError("no", { kind: "exception", detail: "no", exceptionCode });
    },
    read: async () => [holds],
  } as unknown as FieldClient;
  const planned = planValues([aPoint("x", 5)], ["7"]);
  if (!planned.ok) throw new TypeError(planned.error);
  const { outcome } = await writeVerified(client, 1, planned.value, { function: "auto", echo: true });
  expect(writes).toBe(1);
  return outcome;
}

test.each<[number, string, string]>([
  [2, "refused", "refused"],
  [4, "verified", "refused"],
  [5, "verified", "mismatch"],
  [6, "refused", "refused"],
  [11, "verified", "mismatch"],
])("exception %i: %s where the device holds the value, %s where not", async (code, same, other) => {
  expect([await writing(code, 7), await writing(code, 9)]).toEqual([same, other]);
});
