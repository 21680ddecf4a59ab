import { readDeviceIdentification } from "../../../src/bus/deviceIdentification";
import type { Answer, Transactor } from "../../../src/bus/transactor";
import { exceptionFailure, failure, type ModbusFailure } from "../../../src/core/modbus/failure";
import { decodeResponse, type ModbusRequest } from "../../../src/core/modbus/pdu";
import { err, ok, type Result } from "../../../src/kernel/result";
import { epochMs, monotonicMs } from "../../../src/kernel/units";

/** A device that answers page after page; asked again behind the last, it goes on with the last. */
function device(pages: readonly (string | ModbusFailure)[]): Transactor & { readonly asked: ModbusRequest[] } {
  const asked: ModbusRequest[] = [];
  return {
    asked,
    async transact<R extends ModbusRequest>(_unit: number, request: R): Promise<Result<Answer<R>, ModbusFailure>> {
      const page = pages[Math.min(asked.length, pages.length - 1)] ?? "";
      asked.push(request);
      if (typeof page !== "string") return err(page);
      const response = decodeResponse(request, Uint8Array.from(Buffer.from(page, "hex")));
      if (!response.ok) return response;
      return ok({ response: response.value, at: epochMs(0), elapsedMs: 1, receivedAt: monotonicMs(0) });
    },
  };
}

/** A page with one object `id` of value "A". */
const page = (id: number, next?: number): string => {
  const more = next === undefined ? "0000" : `ff${next.toString(16).padStart(2, "0")}`;
  return `2b0e0183${more}01${id.toString(16).padStart(2, "0")}0141`;
};

test("pages are put together", async () => {
  const bus = device([page(0, 1), page(1, 2), page(2)]);
  expect(await readDeviceIdentification(bus, 1, "basic")).toEqual({
    ok: true,
    value: { conformity: 0x83, objects: [0, 1, 2].map((id) => ({ id, value: Uint8Array.of(0x41) })) },
  });
  expect(bus.asked.map((request) => "objectId" in request && request.objectId)).toEqual([0, 1, 2]);
});

test.each<[string, readonly (string | ModbusFailure)[], string, number]>([
  ["more follows for ever from the same object", [page(0, 1)], "protocol", 2],
  ["more follows, and what follows is known already", [page(0, 1), page(0, 2)], "protocol", 2],
  ["more follows, back where it began", [page(0, 5), page(5, 3)], "protocol", 2],
  ["more follows, then silence", [page(0, 1), failure("timeout", "no answer")], "timeout", 2],
  ["more follows, then an exception", [page(0, 1), exceptionFailure(2)], "exception", 2],
])("%s: an error after few requests", async (_name, pages, kind, requests) => {
  const bus = device(pages);
  expect(await readDeviceIdentification(bus, 1, "basic")).toMatchObject({ ok: false, error: { kind } });
  expect(bus.asked).toHaveLength(requests);
});

test("a device with something new on every page ends by its last object id", async () => {
  const bus = device([...Array.from({ length: 255 }, (_, id) => page(id, id + 1)), page(255)]);
  const all = await readDeviceIdentification(bus, 1, "basic");
  expect(all.ok && all.value.objects).toHaveLength(256);
  expect(bus.asked).toHaveLength(256);
});
