import type { ModbusClient, RequestOptions } from "../client/modbusClient";
import {
  COMMON_MODEL_REGISTERS,
  type SunSpecIdentity,
  sunspecIdentity,
  type UnitIdentity,
} from "../core/fieldwork/unitIdentity";
import { identificationTexts, serverIdTexts } from "../core/modbus/identityText";
import { createModelChain, isNotHere } from "../core/planning/modelChain";
import { modbusErrorOf } from "./fieldRead";
import type { Readable } from "./scanProbe";

type Client = Pick<ModbusClient, "read" | "request" | "readDeviceIdentification">;

/** What a unit says of itself, each way that there is (FC 43/14, FC 17, the common model of SunSpec). Reads only. */
export async function identifyUnit(client: Client, unitId: number, options: RequestOptions): Promise<UnitIdentity> {
  const identification = await orNothing(() => identification43(client, unitId, options));
  const serverId = await orNothing(() => client.request(unitId, { kind: "reportServerId" } as const, options));
  const sunspec = await orNothing(() => sunspecOf(client, unitId, options));
  return {
    ...(identification === undefined ? {} : { identification }),
    ...(serverId === undefined ? {} : { serverId: serverIdTexts(serverId.data) }),
    ...(sunspec === undefined ? {} : { sunspec }),
  };
}

/** The first table in which there is a register (or a bit) at 0. */
export async function readableAt0(
  client: Client,
  unitId: number,
  options: RequestOptions,
): Promise<Readable | undefined> {
  for (const table of ["holding", "input"] as const) {
    if ((await orNothing(() => client.read(unitId, table, 0, 1, options))) !== undefined) return table;
  }
  const coil = await orNothing(() => client.read(unitId, "coil", 0, 1, options));
  return coil === undefined ? undefined : "coil";
}

async function orNothing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    // That a unit does not say something is no failure of the scan; anything else would be a bug of ours.
    modbusErrorOf(error);
    return undefined;
  }
}

async function identification43(client: Client, unitId: number, options: RequestOptions) {
  const { retries: _, ...once } = options;
  for (const category of ["extended", "regular"] as const) {
    try {
      return identificationTexts((await client.readDeviceIdentification(unitId, category, once)).objects);
    } catch (error) {
      // Some refuse a category that they do not have; a function that is unknown stays so.
      const { exceptionCode } = modbusErrorOf(error);
      if (exceptionCode === undefined || exceptionCode === 1) throw error;
    }
  }
  return identificationTexts((await client.readDeviceIdentification(unitId, "basic", once)).objects);
}

/** Stands in no chain: the walk goes to its end. */
const NO_MODEL = 65_534;
const COMMON = 1;

async function sunspecOf(
  client: Client,
  unitId: number,
  options: RequestOptions,
): Promise<SunSpecIdentity | undefined> {
  const chain = createModelChain(
    new Map([
      [0, [COMMON]],
      [1, [NO_MODEL]],
    ]),
  );
  const models: number[] = [];
  for (let at = chain.next; at !== undefined; at = chain.next) {
    try {
      const registers = await client.read(unitId, "holding", at, 2, options);
      if (chain.hasMarker) models.push(registers[0] ?? 0);
      chain.answered(registers);
    } catch (error) {
      const { exceptionCode } = modbusErrorOf(error);
      if (exceptionCode === undefined || !isNotHere(exceptionCode)) throw error;
      chain.refused();
    }
  }
  if (!chain.hasMarker) return undefined;
  const common = chain.found.get(0);
  const count = Math.min(common?.length ?? 0, COMMON_MODEL_REGISTERS);
  const registers =
    common === undefined || count === 0 ? [] : await client.read(unitId, "holding", common.start + 2, count, options);
  return sunspecIdentity(
    registers,
    models.filter((id) => id !== 0 && id !== 0xffff),
  );
}
