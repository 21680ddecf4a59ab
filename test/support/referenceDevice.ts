import type { ModbusClient } from "../../src/client";

/** The values of the foreign servers (test/foreign/servers), worked out here once more. */
export const reference = {
  coil: (i: number): boolean => i % 3 === 0,
  discrete: (i: number): boolean => i % 5 === 0,
  input: (i: number): number => (i * 257 + 1) & 0xffff,
  holding: (i: number): number => (i * 31 + 7) & 0xffff,
};

/** Addresses that every foreign server has. */
export const SIZE = 1000;

/** One less than function 16 allows. */
const MOST_WRITTEN = 122;

function range<T>(first: number, count: number, value: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => value(first + i));
}

/** What a client must be able to do with any server that reads and writes: every value literal, both ends of every limit. */
export async function exchange(client: ModbusClient, unit: number, most = MOST_WRITTEN): Promise<void> {
  expect(await client.read(unit, "coil", 3, 19)).toEqual(range(3, 19, reference.coil));
  expect(await client.read(unit, "discrete", 0, 1)).toEqual([true]);
  expect(await client.read(unit, "input", 100, 3)).toEqual(range(100, 3, reference.input));
  expect(await client.read(unit, "holding", 0, 125)).toEqual(range(0, 125, reference.holding));
  expect(await client.read(unit, "input", SIZE - 1, 1)).toEqual([reference.input(SIZE - 1)]);
  await client.write(unit, "coil", 500, true);
  await client.write(unit, "coil", 501, [false, true, true, false, true, false, true, true, true]);
  expect(await client.read(unit, "coil", 500, 10)).toEqual([
    true,
    false,
    true,
    true,
    false,
    true,
    false,
    true,
    true,
    true,
  ]);
  await client.write(unit, "holding", 500, 0xabcd);
  await client.write(
    unit,
    "holding",
    501,
    range(0, most, (i) => 65_535 - i),
    { function: "multiple" },
  );
  const written = range(0, most, (i) => 65_535 - i);
  expect(await client.read(unit, "holding", 500, 1 + most)).toEqual([0xabcd, ...written]);
}

/** With a conforming one, which also knows where its tables end. */
export async function converse(client: ModbusClient, unit: number): Promise<void> {
  await exchange(client, unit);
  await expect(client.read(unit, "holding", SIZE - 1, 2)).rejects.toMatchObject({
    kind: "exception",
    exceptionCode: 2,
  });
  await expect(client.write(unit, "coil", SIZE, true)).rejects.toMatchObject({ kind: "exception", exceptionCode: 2 });
  // The line is as good as new after a refusal.
  expect(await client.read(unit, "holding", 7, 1)).toEqual([reference.holding(7)]);
}
