import { parseTree } from "jsonc-parser";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { Point } from "../core/points/point";
import type { HubMessage } from "../devhub/messageLog";
import { isJsonObject, type JsonObject } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import type { Simulator } from "../simulator/simulator";
import type { DemoRow } from "./demoView";

/** What arrived at the hub for one point. */
interface Arrival {
  readonly point: Point;
  readonly device: string;
  /** As it stood in the message or the twin, every digit. */
  value?: string;
  at?: number;
  /** Values that the simulator had served. */
  right: number;
  /** Values that it had not: there must be none. */
  readonly wrong: string[];
}

/** Compares what the hub received with what the simulator served. */
export interface DemoWatch {
  message(message: HubMessage, now: EpochMs): void;
  /** The reported properties as they stand. */
  reported(document: JsonObject, now: EpochMs): void;
  rows(now: EpochMs): readonly DemoRow[];
  /** What is missing or wrong, in words; empty: every configured point arrived with a value that was served. */
  faults(): readonly string[];
}

export function createDemoWatch(
  config: GatewayConfig,
  simulator: Pick<Simulator, "wasServed">,
  start: EpochMs,
): DemoWatch {
  const arrivals = new Map<string, Arrival>();
  let states: JsonObject = {};
  for (const device of config.devices.values()) {
    for (const point of device.points) {
      // What can only be written has no value to arrive, and what is read for others does not leave.
      if (point.access !== "write" && point.kind !== "none")
        arrivals.set(`${device.name}/${point.name}`, { point, device: device.name, right: 0, wrong: [] });
    }
  }

  function arrive(device: string, name: string, text: string, value: unknown, now: EpochMs): void {
    const arrival = arrivals.get(`${device}/${name}`);
    if (arrival === undefined) return;
    arrival.at = now;
    arrival.value = text;
    // Beyond 2^53 only the digits can be compared, not the double.
    const exact = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER ? text : value;
    if (simulator.wasServed(device, name, exact, start)) arrival.right += 1;
    else arrival.wrong.push(text);
  }

  return {
    message({ properties, body }, now) {
      const device = properties["$.sub"];
      const values: unknown = JSON.parse(body);
      if (device === undefined || !isJsonObject(values)) return;
      for (const [name, text] of memberTexts(body)) arrive(device, name, text, values[name], now);
    },
    reported(document, now) {
      states = document;
      for (const { point, device } of arrivals.values()) {
        if (point.kind !== "property") continue;
        const component = document[device];
        const found = isJsonObject(component) ? component[point.name] : undefined;
        const value = isJsonObject(found) ? found["value"] : found;
        if (value !== undefined && value !== null) arrive(device, point.name, JSON.stringify(value), value, now);
      }
    },
    rows: (now) => [...arrivals.values()].map((arrival) => rowOf(arrival, states, now)),
    faults: () => [...arrivals.values()].flatMap(faultOf),
  };
}

function rowOf({ point, device, value, at }: Arrival, states: JsonObject, now: EpochMs): DemoRow {
  const component = states[device];
  const state = isJsonObject(component) ? component["modbus"] : undefined;
  const bad = isJsonObject(state) && isJsonObject(state["bad"]) ? state["bad"][point.name] : undefined;
  return {
    device,
    point: point.name,
    unit: point.unit ?? "",
    quality: typeof bad === "string" ? bad : at === undefined ? "waiting" : "good",
    ...(value === undefined || at === undefined ? {} : { value, ageMs: now - at }),
  };
}

function faultOf({ point, device, right, wrong }: Arrival): readonly string[] {
  const name = `${device}/${point.name}`;
  if (wrong.length > 0)
    return [`${name}: ${wrong.length} values that the simulator never served, e.g. ${wrong.slice(0, 3).join(", ")}`];
  return right === 0 ? [`${name}: no value arrived`] : [];
}

/** The members of a JSON object with their values as they stand in the text: `JSON.parse` would cut digits. */
function memberTexts(body: string): readonly (readonly [name: string, text: string])[] {
  return (parseTree(body)?.children ?? []).flatMap(({ children }) => {
    const [name, value] = children ?? [];
    return name === undefined || value === undefined
      ? []
      : [[String(name.value), body.slice(value.offset, value.offset + value.length)] as const];
  });
}
