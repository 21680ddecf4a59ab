import type { OutputConfig } from "../core/config/gatewayConfig";
import { ARRAY_BRACKETS, ARRAY_COMMA, type RecordText, recordsBody, recordsOf } from "../core/telemetry/records";
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
  #records: RecordText[] = [];
  #bytes = 0;
  #output: OutputConfig | undefined;
  #timer: Timer | undefined;
  #most: { readonly maxBytes: number; readonly room: number } | undefined;

  constructor(ports: CollectorPorts) {
    this.#ports = ports;
  }

  add(device: string, parts: readonly (readonly SampleRun[])[], output: OutputConfig): void {
    this.#output = output;
    const most = this.#room(output.maxBytes);
    for (const runs of parts) {
      for (const record of recordsOf(device, runs, most, output)) {
        if (this.#records.length > 0 && this.#bytes + ARRAY_COMMA + record.bytes > most) this.flush();
        this.#bytes += record.bytes + (this.#records.length > 0 ? ARRAY_COMMA : 0);
        this.#records.push(record);
      }
    }
    if (this.#records.length > 0) {
      this.#timer ??= this.#ports.clock.setTimer(output.maxDelayMs, () => this.flush());
    }
  }

  /** Asked for every device, and nearly always the same. */
  #room(maxBytes: number): number {
    if (this.#most?.maxBytes !== maxBytes) {
      const { messages, properties } = this.#ports;
      this.#most = { maxBytes, room: messages.room(maxBytes, properties) - ARRAY_BRACKETS };
    }
    return this.#most.room;
  }

  flush(shift = this.#ports.clock.shift()): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const output = this.#output;
    if (output === undefined || this.#records.length === 0) return;
    const { clock, messages, properties } = this.#ports;
    const { body, places } = recordsBody(this.#records);
    const bytes = this.#bytes + ARRAY_BRACKETS;
    this.#records = [];
    this.#bytes = 0;
    const at = epochMs(clock.epoch() - clock.shift() + shift);
    messages.send(laneOf(output.name), { output: output.name, body, bytes, at, places, properties, shift });
  }
}

/** No device is called like this. */
export function laneOf(output: string): string {
  return `output:${output}`;
}
