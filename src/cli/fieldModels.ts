import type { ModbusClient, RequestOptions, WriteOptions } from "../client/modbusClient";
import { ModbusError } from "../client/modbusError";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import { modelPlace } from "../core/modbus/modelAddress";
import type { Table } from "../core/modbus/spec";
import { createModelChain, isNotHere, type ModelChain, placeInChain } from "../core/planning/modelChain";
import { modbusErrorOf } from "./fieldRead";

/** What the commands need of a client. */
export type FieldClient = Pick<ModbusClient, "read" | "write">;

/** The client of a device with points in SunSpec models: its chain is walked before the first of them is asked for. */
export function findingModels(client: FieldClient, device: DeviceConfig): FieldClient {
  const asked = asForgiving(client, device);
  return device.models === undefined ? asked : new ModelFinder(asked, device.models);
}

/** The client of a device, whose answers may carry another unit id where its configuration says so. */
export function asForgiving(client: FieldClient, { lenientUnitId }: DeviceConfig): FieldClient {
  if (lenientUnitId !== true) return client;
  type Read = (...request: unknown[]) => Promise<never>;
  const [read, write] = [client.read.bind(client) as Read, client.write.bind(client) as Read];
  // Options stand last; those who leave them out ask for none.
  const forgiving =
    (ask: Read): Read =>
    (unitId, table, address, data, options) =>
      ask(unitId, table, address, data, { ...(options as RequestOptions | undefined), lenientUnitId });
  return { read: forgiving(read) as FieldClient["read"], write: forgiving(write) as FieldClient["write"] };
}

class ModelFinder implements FieldClient {
  private walked: ModelChain | undefined;

  constructor(
    private readonly client: FieldClient,
    private readonly models: NonNullable<DeviceConfig["models"]>,
  ) {}

  read(
    unitId: number,
    table: "coil" | "discrete",
    address: number,
    count: number,
    options?: RequestOptions,
  ): Promise<boolean[]>;
  read(
    unitId: number,
    table: "input" | "holding",
    address: number,
    count: number,
    options?: RequestOptions,
  ): Promise<number[]>;
  async read(
    unitId: number,
    table: Table,
    address: number,
    count: number,
    options?: RequestOptions,
  ): Promise<boolean[] | number[]> {
    if (table === "coil" || table === "discrete") return this.client.read(unitId, table, address, count, options);
    const place = await this.placeOf(unitId, address, count, options);
    return this.client.read(unitId, table, place, count, options);
  }

  write(
    unitId: number,
    table: "coil",
    address: number,
    values: boolean | readonly boolean[],
    options?: WriteOptions,
  ): Promise<void>;
  write(
    unitId: number,
    table: "holding",
    address: number,
    values: number | readonly number[] | Uint16Array,
    options?: WriteOptions,
  ): Promise<void>;
  async write(
    unitId: number,
    table: "coil" | "holding",
    address: number,
    values: boolean | number | readonly boolean[] | readonly number[] | Uint16Array,
    options?: WriteOptions,
  ): Promise<void> {
    if (table === "coil") return this.client.write(unitId, table, address, values as readonly boolean[], options);
    const registers = values as number | readonly number[];
    const count = typeof registers === "number" ? 1 : registers.length;
    const place = await this.placeOf(unitId, address, count, options);
    return this.client.write(unitId, table, place, registers, options);
  }

  private async placeOf(unitId: number, address: number, count: number, options?: RequestOptions): Promise<number> {
    const place = modelPlace(address);
    if (place === undefined) return address;
    this.walked ??= await this.walk(unitId, options);
    const found = placeInChain(this.walked, this.models.get(place.number) ?? [], place, count, unitId);
    if (found.ok) return found.value;
    throw errorOf(unitId, found.error);
  }

  private async walk(unitId: number, options?: RequestOptions): Promise<ModelChain> {
    const chain = createModelChain(this.models);
    for (let at = chain.next; at !== undefined; at = chain.next) {
      try {
        chain.answered(await this.client.read(unitId, "holding", at, 2, options));
      } catch (error) {
        const { exceptionCode } = modbusErrorOf(error);
        if (exceptionCode === undefined || !isNotHere(exceptionCode)) throw error;
        chain.refused();
      }
    }
    return chain;
  }
}

function errorOf(unitId: number, failure: ModbusFailure): ModbusError {
  const exception = failure.kind === "exception" ? { exceptionCode: failure.code } : {};
  return new ModbusError(failure.detail, { kind: failure.kind, detail: failure.detail, unitId, ...exception });
}
