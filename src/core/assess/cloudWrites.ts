import type { GatewayConfig, WritePolicy } from "../config/gatewayConfig";
import { addressText } from "../modbus/address";
import type { Table } from "../modbus/spec";
import { decimalText } from "../points/decimal";
import type { Point } from "../points/point";

/** A point that somebody in the cloud may write. */
export interface WritableRow {
  readonly device: string;
  readonly point: string;
  readonly table: Table;
  /** 0-based. */
  readonly address: number;
  /** For people: `holding 199 (400200)`. */
  readonly place: string;
  /** Values that are taken, for people: `10 … 80 °C`, `off | on`, `any uint16`. */
  readonly limits: string;
  /** What makes sure of it: the point itself or another one is read back, or the device's answer is enough. */
  readonly verify: string;
  /** By a desired property too, not only by `writePoints`. */
  readonly desired: boolean;
}

/** Everything that could be written from outside by this configuration. What the gateway allows is decided there. */
export interface CloudWrites {
  /** What the configuration narrows it to; absent: it leaves that to `MODBUS_EDGE_WRITES`. */
  readonly configured: WritePolicy | undefined;
  /** Other modules may write by messages. */
  readonly input: boolean;
  /** Other modules may write any holding register and coil of its slaves: the input of the archived Modbus module. */
  readonly legacyInput: boolean;
  readonly points: readonly WritableRow[];
  /** `DEVICE*COMMAND`: sequences that somebody in the cloud may start. */
  readonly commands: readonly string[];
}

/** Enabled devices only, in the order of the document. */
export function cloudWrites({ devices, module }: GatewayConfig): CloudWrites {
  const enabled = [...devices.values()].filter((device) => device.enabled);
  const none = module.writes === "off";
  return {
    configured: module.writes,
    input: module.writeInput === true,
    legacyInput: enabled.some(({ legacy }) => typeof legacy?.hwId === "string"),
    points: none
      ? []
      : enabled.flatMap(({ name, identity, points }) =>
          points
            .filter(({ access }) => access !== "read")
            .map((point) => rowOf(name, point, identity !== "none" && point.kind === "property")),
        ),
    commands: none
      ? []
      : enabled.flatMap(({ name, commands }) => [...(commands?.keys() ?? [])].map((command) => `${name}*${command}`)),
  };
}

function rowOf(device: string, point: Point, desired: boolean): WritableRow {
  const { name, table, address } = point;
  const place = addressText(table, address);
  return { device, point: name, table, address, place, limits: limitsText(point), verify: verifyText(point), desired };
}

function limitsText({ type, bit, enum: names, write, unit }: Point): string {
  const { min, max } = write ?? {};
  if (names !== undefined) return [...names.values()].join(" | ");
  if (type === "bool" || bit !== undefined) return "false | true";
  const tail = unit === undefined ? "" : ` ${unit}`;
  if (min !== undefined && max !== undefined) return `${decimalText(min)} … ${decimalText(max)}${tail}`;
  if (min !== undefined) return `at least ${decimalText(min)}${tail}`;
  return max === undefined ? `any ${type}` : `at most ${decimalText(max)}${tail}`;
}

function verifyText({ access, write }: Point): string {
  if (write?.verifyPoint !== undefined) return `read back: ${write.verifyPoint}`;
  return access === "write" || write?.verify === "echo" ? "echo" : "read back";
}
