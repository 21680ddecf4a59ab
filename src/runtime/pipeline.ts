import type { Outbox } from "../cloud/outbox";
import type { DeviceConfig, GatewayConfig, OutputConfig } from "../core/config/gatewayConfig";
import { outputOf } from "../core/config/outputs";
import { splitBySkew } from "../core/telemetry/batch";
import { pnpMessages } from "../core/telemetry/envelope";
import type { DeviceCycle, SampleRun } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import { type EpochMs, epochMs } from "../kernel/units";
import { DeviceReports } from "./deviceReports";
import { placeOf } from "./deviceStanding";
import { LegacyCollector } from "./legacyCollector";
import { createMessageSender, type MessageSender, type Traffic } from "./messageSender";
import type { Now } from "./publishWindow";
import { type Collector, RecordCollector } from "./recordCollector";

/** Where samples become messages: cycle → what is worth sending → batches → envelope → outbox (journey 1). */
export interface PipelinePorts {
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, "offer">;
  /** Unique over restarts and gateways: the stem of message ids. */
  readonly bootId: string;
  config(): PublishedConfig;
  /** The wall clock has been set, by so many ms. */
  onStep?(byMs: number): void;
}

type PublishedConfig = Pick<GatewayConfig, "devices" | "outputs" | "connections">;

/** What is being gathered of a device, and where that is. */
interface Gathering {
  readonly reports: DeviceReports;
  readonly place: string;
  /** Under which it was last looked at. */
  connections: GatewayConfig["connections"];
}

/** A collector, and what it is for. */
interface Gatherer {
  readonly collector: Collector;
  readonly output: Pick<OutputConfig, "name" | "format">;
  readonly properties: string;
}

export interface Pipeline {
  /** Turns a device cycle into the messages it is worth and hands them to the outbox. */
  cycle(cycle: DeviceCycle): void;
  /** Sends what is still being gathered, periods that are cut short too: for the end. */
  flush(): void;
  traffic(): Traffic;
  /** When something of the device was last worth sending; `undefined`: not since the start. */
  sentAt(device: string): EpochMs | undefined;
  /** For messages that come from elsewhere: they have the same ids and are counted with the others. */
  readonly messages: MessageSender;
}

/** So long after a step of the wall clock cycles may still carry samples from before it. */
const STEP_ECHO_MS = 60_000;

const NO_TAGS: Readonly<Record<string, string>> = {};

export function createPipeline(ports: PipelinePorts): Pipeline {
  return new SamplePipeline(ports);
}

class SamplePipeline implements Pipeline {
  readonly messages: MessageSender;
  readonly #ports: PipelinePorts;
  readonly #reports = new Map<string, Gathering>();
  readonly #collectors = new Map<string, Gatherer>();
  /** The one that was used last: nearly always the next one too. */
  #last: { readonly tags: object; readonly output: OutputConfig; readonly collector: Collector } | undefined;
  readonly #sentAt = new Map<string, EpochMs>();
  #devices: GatewayConfig["devices"] | undefined;
  #shift: number;
  #step = { by: 0, until: 0 };

  constructor(ports: PipelinePorts) {
    this.#ports = ports;
    this.messages = createMessageSender(ports);
    this.#shift = ports.clock.shift();
  }

  cycle(cycle: DeviceCycle): void {
    const config = this.#ports.config();
    const { devices, outputs } = config;
    const device = devices.get(cycle.device);
    if (device === undefined) return;
    const now = this.#now();
    if (devices !== this.#devices) this.#forget(config, now);
    const runs = this.#asOfNow(cycle.runs, now);
    this.#reportsOf(device, config, now).take(runs, outputs, now, (output, part) => this.#emit(device, output, part));
  }

  flush(): void {
    const now = this.#now();
    for (const name of [...this.#reports.keys()]) this.#end(name, now);
    for (const { collector } of this.#collectors.values()) collector.flush();
  }

  readonly sentAt = (device: string): EpochMs | undefined => this.#sentAt.get(device);

  readonly traffic = (): Traffic => this.messages.traffic();

  #now(): Now {
    const { clock } = this.#ports;
    const epoch = clock.epoch();
    const now = { running: clock.monotonic(), epoch, shift: clock.shift() };
    if (now.shift !== this.#shift) {
      // What was gathered by the old time leaves by the old time, and is corrected on its way out.
      for (const { collector } of this.#collectors.values()) collector.flush(this.#shift);
      this.#step = { by: now.shift - this.#shift, until: now.running + STEP_ECHO_MS };
      this.#shift = now.shift;
      this.#ports.onStep?.(this.#step.by);
    }
    return now;
  }

  /** After a step: each response by whichever of the two times puts it nearer to now. */
  #asOfNow(runs: readonly SampleRun[], { running, epoch }: Now): readonly SampleRun[] {
    const { by, until } = this.#step;
    if (by === 0 || running >= until) return runs;
    const distance = (at: EpochMs): number => Math.abs(epoch - at);
    return runs.map((run) => {
      const at = epochMs(run.at + by);
      return distance(at) < distance(run.at) ? { ...run, at } : run;
    });
  }

  /** Devices that are gone, or disabled, are not remembered. */
  #forget({ devices, outputs }: PublishedConfig, now: Now): void {
    this.#devices = devices;
    for (const name of [...this.#reports.keys()]) if (devices.get(name)?.enabled !== true) this.#end(name, now);
    for (const name of this.#sentAt.keys()) if (!devices.has(name)) this.#sentAt.delete(name);
    this.#forgetCollectors(devices, outputs);
  }

  /** Those to which nothing can come any more send what they have and are gone: each keeps the room of its largest body. */
  #forgetCollectors(devices: GatewayConfig["devices"], outputs: GatewayConfig["outputs"]): void {
    if (this.#collectors.size === 0) return;
    const tags = new Set(Array.from(devices.values(), (device) => tagsText(device.tags)));
    for (const [key, { collector, output, properties }] of this.#collectors) {
      if (tags.has(properties) && outputOf(outputs, output.name)?.format === output.format) continue;
      collector.flush();
      this.#collectors.delete(key);
    }
    this.#last = undefined;
  }

  /** What the device was is over: what was being gathered of it is sent as far as it came. */
  #end(name: string, now: Now): void {
    const reports = this.#reports.get(name)?.reports;
    this.#reports.delete(name);
    reports?.end(now, (output, part) => this.#emit(reports.device, output, part));
  }

  #reportsOf(device: DeviceConfig, config: PublishedConfig, now: Now): DeviceReports {
    const { connections } = config;
    const known = this.#reports.get(device.name);
    const isSame = known?.reports.device.fingerprint === device.fingerprint;
    if (known !== undefined && isSame && known.connections === connections) return known.reports;
    const place = placeOf(config, device);
    // Of another unit nothing goes on: what is gathered of two is the value of neither.
    const before = known?.place === place ? known : undefined;
    if (before !== undefined && isSame) {
      before.connections = connections;
      return before.reports;
    }
    this.#end(device.name, now);
    const reports = new DeviceReports(device, config.outputs, before?.reports);
    this.#reports.set(device.name, { reports, place, connections });
    return reports;
  }

  #emit(device: DeviceConfig, output: OutputConfig, runs: readonly SampleRun[]): void {
    const parts = splitBySkew(runs, output.maxSkewMs);
    this.#sentAt.set(device.name, this.#ports.clock.epoch());
    if (output.format === "pnp") this.#emitPnp(device, output, parts);
    else this.#collectorFor(device, output).add(device.name, parts, output);
  }

  #emitPnp({ name, tags }: DeviceConfig, output: OutputConfig, parts: readonly (readonly SampleRun[])[]): void {
    const properties = { "$.sub": name, ...tags };
    const most = this.messages.room(output.maxBytes, properties);
    for (const part of parts) {
      for (const { body, bytes, at } of pnpMessages(part, most, output)) {
        this.messages.send(name, { output: output.name, body, bytes, at, properties });
      }
    }
  }

  /** Devices share messages where these have the same output, format and properties. */
  #collectorFor({ tags = NO_TAGS }: DeviceConfig, output: OutputConfig): Collector {
    const last = this.#last;
    if (last?.tags === tags && last.output === output) return last.collector;
    const collector = this.#collectorOf(tags, output);
    this.#last = { tags, output, collector };
    return collector;
  }

  #collectorOf(tags: Readonly<Record<string, string>>, output: OutputConfig): Collector {
    const { name, format } = output;
    const properties = tagsText(tags);
    const key = JSON.stringify([name, format, properties]);
    const known = this.#collectors.get(key);
    if (known !== undefined) return known.collector;
    const ports = { clock: this.#ports.clock, messages: this.messages, properties: tags };
    const devices = (): GatewayConfig["devices"] => this.#ports.config().devices;
    const collector = format === "records" ? new RecordCollector(ports) : new LegacyCollector({ ...ports, devices });
    this.#collectors.set(key, { collector, output, properties });
    return collector;
  }
}

/** Equal texts, equal properties. */
function tagsText(tags: Readonly<Record<string, string>> = NO_TAGS): string {
  return JSON.stringify(Object.entries(tags).sort());
}
