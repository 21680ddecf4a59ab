import { canonicalText } from "../core/config/fingerprint";
import type { DeviceConfig, Group, OutputConfig } from "../core/config/gatewayConfig";
import { DEFAULT_OUTPUT, outputOf } from "../core/config/outputs";
import type { BadReason, Point } from "../core/points/point";
import { isWorthSending, type Sent } from "../core/points/reportFilter";
import { runsOf, type Sample, type SampleRun, samplesOf } from "../core/telemetry/sample";
import { type Now, PublishWindow } from "./publishWindow";

type Outputs = ReadonlyMap<string, OutputConfig> | undefined;

/** Hears what is to be sent, and where to. */
type Emit = (output: OutputConfig, runs: readonly SampleRun[]) => void;

/** Where the values of a group go, and when. */
interface Route {
  readonly group: Group;
  readonly window?: PublishWindow;
  output: OutputConfig;
}

/**
 * What of a device's samples is sent, and where to: readings gathered over the publishing period of their group, then
 * filtered by what was sent last. It remembers what was sent as long as the definition of the device is the same.
 */
export class DeviceReports {
  readonly #device: DeviceConfig;
  readonly #routes: ReadonlyMap<string, Route>;
  /** What was sent last of points that report by change, and bad readings that were sent. */
  #last: Map<string, Sent | BadReason> | undefined;
  #outputs: Outputs;

  /** @param before what there was of the same unit until now, ended: what a counter has counted is not lost. */
  constructor(device: DeviceConfig, outputs: Outputs, before?: DeviceReports) {
    this.#device = device;
    this.#outputs = outputs;
    this.#routes = new Map([...device.groups.values()].map((group) => [group.name, routeOf(group, outputs)]));
    if (before !== undefined) this.#continueFrom(before);
  }

  get device(): DeviceConfig {
    return this.#device;
  }

  /** Hands to `emit` what is to be sent, once for each output that there is something for. */
  take(runs: readonly SampleRun[], outputs: Outputs, now: Now, emit: Emit): void {
    if (outputs !== this.#outputs) this.#reroute(outputs);
    const output = this.#wholeOutput(runs);
    if (output === undefined) this.#sort(samplesOf(runs), now, emit);
    else emit(output, runs);
  }

  /** Where all of it goes as it is, as nearly always. */
  #wholeOutput(runs: readonly SampleRun[]): OutputConfig | undefined {
    let whole: OutputConfig | undefined;
    for (const run of runs) {
      const output = this.#plainOutput(run);
      if (output === undefined || (whole !== undefined && output !== whole)) return undefined;
      whole = output;
    }
    return whole;
  }

  /** Where a response goes of which nothing is gathered, filtered or left out. */
  #plainOutput({ list, bads }: SampleRun): OutputConfig | undefined {
    if (bads > 0 || (this.#last !== undefined && this.#last.size > 0)) return undefined;
    const route = list.plainGroup === undefined ? undefined : this.#routes.get(list.plainGroup);
    return route?.window === undefined ? route?.output : undefined;
  }

  #sort(samples: readonly Sample[], now: Now, emit: Emit): void {
    const parts = new Map<OutputConfig, Sample[]>();
    let gathering: Set<Route> | undefined;
    for (const sample of samples) {
      const route = this.#routes.get(sample.point.group);
      if (route === undefined || !this.#isSent(sample.point)) continue;
      if (route.window === undefined) this.#pass(route, sample, now, parts);
      else {
        route.window.add(sample, now);
        gathering ??= new Set();
        gathering.add(route);
      }
    }
    for (const route of gathering ?? []) {
      for (const sample of route.window?.close(now) ?? []) this.#pass(route, sample, now, parts);
    }
    for (const [output, part] of parts) emit(output, runsOf(part));
  }

  /** Hands over what is being gathered: nobody will add to it. */
  end(now: Now, emit: Emit): void {
    const parts = new Map<OutputConfig, Sample[]>();
    for (const route of this.#routes.values()) {
      for (const sample of route.window?.cutShort(now) ?? []) this.#pass(route, sample, now, parts);
    }
    for (const [output, part] of parts) emit(output, runsOf(part));
  }

  #continueFrom(before: DeviceReports): void {
    for (const { group, window } of this.#routes.values()) {
      const earlier = before.#routes.get(group.name)?.window;
      const points = this.#device.points.filter((point) => point.group === group.name);
      if (earlier !== undefined) window?.continueFrom(earlier, isSamePoint, points);
    }
  }

  #reroute(outputs: Outputs): void {
    this.#outputs = outputs;
    for (const route of this.#routes.values()) route.output = target(route.group, outputs);
  }

  /** Without identity nothing is reported: its properties are sent like telemetry. */
  #isSent({ kind }: Point): boolean {
    return kind === "telemetry" || (kind === "property" && this.#device.identity === "none");
  }

  #pass({ group, output }: Route, sample: Sample, now: Now, parts: Map<OutputConfig, Sample[]>): void {
    if (!this.#isWorthSending(group, output, sample, now)) return;
    const part = parts.get(output);
    if (part === undefined) parts.set(output, [sample]);
    else part.push(sample);
  }

  #isWorthSending({ intervalMs }: Group, { format }: OutputConfig, { point, reading }: Sample, now: Now): boolean {
    const last = this.#last?.get(point.name);
    if ("bad" in reading) {
      // Other formats than `records` have no place for it: what was sent last stays what was sent last.
      if (format !== "records" || last === reading.bad) return false;
      this.#remember(point, reading.bad);
      return true;
    }
    if (point.report === undefined) {
      if (last !== undefined) this.#last?.delete(point.name);
      return true;
    }
    const sent = typeof last === "string" ? undefined : last;
    const interval = Number.isFinite(intervalMs) ? intervalMs : 0;
    if (!isWorthSending(point, reading.value, sent, now.running, interval)) return false;
    this.#remember(point, { value: reading.value, at: now.running });
    return true;
  }

  #remember({ name }: Point, sent: Sent | BadReason): void {
    this.#last ??= new Map();
    this.#last.set(name, sent);
  }
}

function isSamePoint(was: Point, is: Point): boolean {
  return was === is || canonicalText(was) === canonicalText(is);
}

function routeOf(group: Group, outputs: Outputs): Route {
  const output = target(group, outputs);
  return group.publish === undefined
    ? { group, output }
    : { group, output, window: new PublishWindow(group, group.publish) };
}

/** A device that stays on its last good definition may name an output that is gone: its values are sent all the same. */
function target({ output }: Group, outputs: Outputs): OutputConfig {
  return outputOf(outputs, output) ?? (outputOf(outputs, DEFAULT_OUTPUT) as OutputConfig);
}
