import type { JsonObject } from "../../kernel/json";

/** What a unit says of itself; what it does not answer is absent. */
export interface UnitIdentity {
  /** FC 43/14, by the names of the specification. */
  readonly identification?: Readonly<Record<string, string>>;
  /** FC 17. */
  readonly serverId?: { readonly hex: string; readonly text?: string };
  readonly sunspec?: SunSpecIdentity;
}

/** The common model (1) of a SunSpec device, and the ids of all its models. */
export interface SunSpecIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  readonly serialNumber: string;
  readonly models: readonly number[];
}

/** Registers of the common model behind id and length: text fields, and how many registers each has. */
export const COMMON_MODEL_REGISTERS = 64;
const FIELDS = { manufacturer: [0, 16], model: [16, 16], version: [40, 8], serialNumber: [48, 16] } as const;

/** @param registers of the common model, behind its id and length. */
export function sunspecIdentity(registers: ArrayLike<number>, models: readonly number[]): SunSpecIdentity {
  const text = ([from, count]: readonly [number, number]): string => {
    const bytes = Array.from({ length: 2 * count }, (_, index) => {
      const register = registers[from + (index >> 1)] ?? 0;
      return index % 2 === 0 ? register >> 8 : register & 0xff;
    });
    const end = bytes.indexOf(0);
    const shown = (end < 0 ? bytes : bytes.slice(0, end)).filter((byte) => byte >= 0x20 && byte < 0x7f);
    return String.fromCharCode(...shown).trim();
  };
  const { manufacturer, model, version, serialNumber } = FIELDS;
  return {
    ...{ manufacturer: text(manufacturer), model: text(model) },
    ...{ version: text(version), serialNumber: text(serialNumber), models },
  };
}

/** Maker, product and the like in one line; empty where the unit says nothing. */
export function identityLine({ identification: said = {}, serverId, sunspec }: UnitIdentity): string {
  const name = [said["vendorName"], said["productName"] ?? said["modelName"] ?? said["productCode"]].filter(Boolean);
  const parts =
    sunspec !== undefined && sunspec.manufacturer !== ""
      ? [sunspec.manufacturer, sunspec.model, sunspec.serialNumber === "" ? "" : `serial ${sunspec.serialNumber}`]
      : [...name, said["majorMinorRevision"] ?? ""];
  const line = parts.filter((part) => part !== "").join(" ");
  return line === "" ? (serverId?.text ?? "") : line;
}

/** Everything that it says, for comparing with names of models. */
export function identityText({ identification, serverId, sunspec }: UnitIdentity): string {
  const { manufacturer = "", model = "" } = sunspec ?? {};
  return [...Object.values(identification ?? {}), serverId?.text ?? "", manufacturer, model].join(" ");
}

export function identityJson({ identification, serverId, sunspec }: UnitIdentity): JsonObject {
  return {
    ...(identification === undefined ? {} : { identification: { ...identification } }),
    ...(serverId === undefined ? {} : { serverId: { ...serverId } }),
    ...(sunspec === undefined ? {} : { sunspec: { ...sunspec } }),
  };
}
