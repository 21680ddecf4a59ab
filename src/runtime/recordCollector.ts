import type { OutputConfig } from "../core/config/gatewayConfig";
import { runSlicesOf } from "../core/telemetry/inParts";
import { RecordsBody } from "../core/telemetry/records";
import type { SampleRun } from "../core/telemetry/sample";
import type { Clock, Timer } from "../kernel/clock";
import { epochMs } from "../kernel/units";
import type { MessageSender } from "./messageSender";

/** Gathers what devices yield until it is worth a message. */
export interface Collector {
  add(device: string, parts: readonly (readonly SampleRun[])[], output: OutputConfig): void;
  /** Sends what there is. `shift`: by how much the wall clock had been stepped when it was gathered; absent: as now. */
  flush(shift?: number): void;
}

export interface CollectorPorts {
  readonly clock: Clock;
  readonly messages: MessageSender;
  /** Properties of the messages. */
  readonly properties: Readonly<Record<string, string>>;
}

/** Messages of the format `records`. */
export class RecordCollector implements Collector {
  readonly #ports: CollectorPorts;
  readonly #body = new RecordsBody();
  #output: OutputConfig | undefined;
  #timer: Timer | undefined;
  #most: { readonly maxBytes: number; readonly room: number } | undefined;

  constructor(ports: CollectorPorts) {
    this.#ports = ports;
  }

  add(device: string, parts: readonly (readonly SampleRun[])[], output: OutputConfig): void {
    this.#output = output;
    const most = this.#room(output.maxBytes);
    for (const runs of parts) this.#append(device, runs, most, output);
    if (!this.#body.isEmpty) {
      this.#timer ??= this.#ports.clock.setTimer(output.maxDelayMs, () => this.flush());
    }
  }

  #append(device: string, runs: readonly SampleRun[], most: number, output: OutputConfig): void {
    let bytes = this.#body.append(device, runs, most, output);
    if (bytes > 0 && !this.#body.isEmpty) {
      this.flush();
      bytes = this.#body.append(device, runs, most, output);
    }
    if (bytes === 0) return;
    for (const part of runSlicesOf(runs, bytes, most)) this.#append(device, part, most, output);
  }

  /** Asked for every device, and nearly always the same. */
  #room(maxBytes: number): number {
    if (this.#most?.maxBytes !== maxBytes) {
      const { messages, properties } = this.#ports;
      this.#most = { maxBytes, room: messages.room(maxBytes, properties) };
    }
    return this.#most.room;
  }

  flush(shift = this.#ports.clock.shift()): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const output = this.#output;
    if (output === undefined || this.#body.isEmpty) return;
    const { clock, messages, properties } = this.#ports;
    const { body, bytes, places } = this.#body.take();
    const at = epochMs(clock.epoch() - clock.shift() + shift);
    messages.send(laneOf(output.name), { output: output.name, body, bytes, at, places, properties, shift });
  }
}

/** No device is called like this. */
export function laneOf(output: string): string {
  return `output:${output}`;
}
