import type { GatewayConfig, OutputConfig } from "../core/config/gatewayConfig";
import {
  LEGACY_PROPERTIES,
  type LegacyValue,
  legacyBytes,
  legacyV1Body,
  legacyV2Body,
  legacyValue,
  localStamp,
} from "../core/telemetry/legacy";
import { type SampleRun, samplesOf } from "../core/telemetry/sample";
import type { Timer } from "../kernel/clock";
import { epochMs } from "../kernel/units";
import { type Collector, type CollectorPorts, laneOf } from "./recordCollector";

export interface LegacyCollectorPorts extends CollectorPorts {
  devices(): GatewayConfig["devices"];
}

/** Bytes of a body around its values. */
const AROUND = 100;

/** Messages in the formats of the archived Modbus module: what has come in `maxDelayMs`, its publish interval. */
export class LegacyCollector implements Collector {
  readonly #ports: LegacyCollectorPorts;
  #values: LegacyValue[] = [];
  #bytes = AROUND;
  #output: OutputConfig | undefined;
  #timer: Timer | undefined;

  constructor(ports: LegacyCollectorPorts) {
    this.#ports = ports;
  }

  add(device: string, parts: readonly (readonly SampleRun[])[], output: OutputConfig): void {
    this.#output = output;
    const { clock, devices } = this.#ports;
    const source = devices().get(device) ?? { name: device };
    const most = this.#ports.messages.room(output.maxBytes, { ...this.#ports.properties, ...LEGACY_PROPERTIES });
    for (const { point, at, reading } of samplesOf(parts.flat())) {
      if (!("value" in reading)) continue;
      const value = legacyValue(source, point, reading.value, at);
      const bytes = legacyBytes(value);
      if (this.#values.length > 0 && this.#bytes + bytes > most) this.flush();
      this.#values.push(value);
      this.#bytes += bytes;
    }
    if (this.#values.length > 0) this.#timer ??= clock.setTimer(output.maxDelayMs, () => this.flush());
  }

  flush(shift = this.#ports.clock.shift()): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const output = this.#output;
    if (output === undefined || this.#values.length === 0) return;
    const { clock, messages, properties } = this.#ports;
    const by = clock.shift() - shift;
    const values = by === 0 ? this.#values : this.#values.map((value) => ({ ...value, at: epochMs(value.at + by) }));
    this.#values = [];
    this.#bytes = AROUND;
    const at = clock.epoch();
    const body =
      output.format === "legacyV1"
        ? legacyV1Body(values, localStamp)
        : legacyV2Body(values, at, this.#slaves(), localStamp);
    const bytes = Buffer.byteLength(body);
    messages.send(laneOf(output.name), {
      output: output.name,
      body,
      bytes,
      at,
      properties: { ...LEGACY_PROPERTIES, ...properties },
    });
  }

  #slaves(): string[] {
    return [...this.#ports.devices().values()].map(({ name, legacy }) => legacy?.slave ?? name);
  }
}
