import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceCommand } from "../core/config/deviceCommand";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { PointValue } from "../core/points/point";
import { sameValue } from "../core/points/pointValue";
import { valueForTwin, valueToJsonText } from "../core/points/valueText";
import type { Sample } from "../core/telemetry/sample";
import type { Json, JsonObject } from "../kernel/json";
import { wait } from "../kernel/wait";
import type { WriteResult } from "../runtime/deviceAccess";
import { planCommand, type ReadyCommand, type ReadyStep } from "./commandPlan";
import { answerError, type CommandPorts, deadline, type MethodError, refusal } from "./methodError";
import { auditRefusal, auditResults } from "./writeAudit";
import { failureText, refusedResults, resultJson, tooSoon, worstStatus } from "./writePlanRefusal";
import { WRITES_OFF } from "./writePoints";

/** Inside the 30 s that IoT Central waits for a command, with room for the way back. */
const COMMAND_MS = 25_000;
const UNTIL_POLL_MS = 250;

/**
 * `DEVICE*NAME`: `{field: value}` → `{device, command, results: {point: …}, steps: [{results} | {waitMs} | {until,
 * ms}]}`. Everything is checked before anything is written: request (400, 422), policy (403), values (403, 422),
 * `when` (409). Steps in order; the first that fails ends it with its status (502, 504), `results` always: of a point
 * that is written twice, the last; of one not reached, `refused`.
 */
export async function runDeviceCommand(
  device: DeviceConfig,
  command: DeviceCommand,
  payload: JsonObject,
  ports: CommandPorts,
): Promise<MethodAnswer> {
  const plan = planCommand(device, command, payload);
  if (!plan.ok) return refuse(plan.error, device, command, wantedConstants(command), ports);
  const wanted = wantedOf(plan.value);
  const isWriting = Object.keys(wanted).length > 0;
  if (isWriting && ports.writes() === "off") return refuse(refusal(403, WRITES_OFF), device, command, wanted, ports);
  const restMs = ports.access.writableInMs(device.name, Object.keys(wanted));
  if (restMs >= COMMAND_MS) return refuse(withoutPath(tooSoon(restMs)), device, command, wanted, ports);
  const limit = deadline(ports.clock, ports.signal, COMMAND_MS);
  try {
    const obstacle = await obstacleOf(device, plan.value.when, ports, limit.signal);
    if (obstacle !== undefined) return refuse(obstacle, device, command, wanted, ports);
    return await new CommandRun(device, command, ports, limit.signal).run(plan.value.steps, wanted);
  } finally {
    limit.done();
  }
}

/** Values by point, the last of those that are written twice. */
function wantedOf({ steps }: ReadyCommand): JsonObject {
  const writes = steps.flatMap((step) => (step.kind === "write" ? [...step.values] : []));
  return Object.fromEntries(writes.map(([name, value]) => [name, valueForTwin(value)]));
}

/** What of it is known before the request is good. */
function wantedConstants({ steps }: DeviceCommand): JsonObject {
  const items = steps.flatMap((step) => (step.kind === "write" ? step.items : []));
  return Object.fromEntries(
    items.map(({ point, value }) => [point, "constant" in value ? valueForTwin(value.constant) : `{${value.field}}`]),
  );
}

function withoutPath({ status, message }: MethodError): MethodError {
  return { status, message };
}

function refuse(
  error: MethodError,
  { name }: DeviceConfig,
  command: DeviceCommand,
  wanted: JsonObject,
  ports: CommandPorts,
): MethodAnswer {
  auditRefusal(ports.onAudit, { device: name, by: `command ${command.name}`, at: ports.clock.epoch() }, wanted);
  return answerError(error, { device: name, command: command.name, results: refusedResults(wanted), steps: [] });
}

/** Why `when` does not let it be carried out. */
async function obstacleOf(
  device: DeviceConfig,
  when: ReadonlyMap<string, PointValue>,
  ports: CommandPorts,
  signal: AbortSignal,
): Promise<MethodError | undefined> {
  if (when.size === 0) return undefined;
  const seen = judge(await ports.access.read(device.name, [...when.keys()], signal), when);
  if (seen.unread !== undefined) return refusal(seen.unread.status, `${seen.unread.text}; nothing was written`);
  return seen.differing === undefined ? undefined : refusal(409, `${seen.differing}; nothing was written`);
}

interface Seen {
  /** A point without a value, and the status that this means. */
  readonly unread?: { readonly status: 502 | 504; readonly text: string };
  /** A point with another value, in words. */
  readonly differing?: string;
  readonly values: JsonObject;
}

function judge(samples: readonly Sample[], wanted: ReadonlyMap<string, PointValue>): Seen {
  const known = new Map(samples.map(({ point, reading }) => [point.name, reading]));
  const values: [string, Json][] = [];
  let seen: Omit<Seen, "values"> = {};
  for (const [name, value] of wanted) {
    const reading = known.get(name) ?? { bad: "offline" as const };
    if ("bad" in reading) {
      const answered = !["timeout", "offline", "crc", "protocol"].includes(reading.bad);
      seen = { ...seen, unread: { status: answered ? 502 : 504, text: `"${name}" has no value (${reading.bad})` } };
      continue;
    }
    values.push([name, valueForTwin(reading.value)]);
    if (sameValue(reading.value, value)) continue;
    seen = { ...seen, differing: `"${name}" is ${valueToJsonText(reading.value)}, not ${valueToJsonText(value)}` };
  }
  return { ...seen, values: Object.fromEntries(values) };
}

/** What a step that ended left to say, and why it ended the command. */
interface StepEnd {
  readonly shown: JsonObject;
  readonly error?: MethodError;
}

class CommandRun {
  readonly #results = new Map<string, WriteResult>();

  constructor(
    private readonly device: DeviceConfig,
    private readonly command: DeviceCommand,
    private readonly ports: CommandPorts,
    private readonly signal: AbortSignal,
  ) {}

  async run(steps: readonly ReadyStep[], wanted: JsonObject): Promise<MethodAnswer> {
    const shown: JsonObject[] = [];
    let failed: MethodError | undefined;
    for (const step of steps) {
      const end = await this.#step(step);
      shown.push(end.shown);
      failed = end.error;
      if (failed !== undefined) break;
    }
    const done = [...this.#results].map(([name, result]) => [name, resultJson(result)] as const);
    const results = { ...refusedResults(wanted), ...Object.fromEntries(done) };
    const payload: JsonObject = { device: this.device.name, command: this.command.name, results, steps: shown };
    const outcome = failed === undefined ? "done" : failed.message;
    this.ports.log.info(`command ${this.device.name}*${this.command.name}: ${outcome}`);
    if (failed === undefined) return { status: 200, payload };
    return answerError({ ...failed, message: `step ${shown.length} of ${steps.length}: ${failed.message}` }, payload);
  }

  #step(step: ReadyStep): Promise<StepEnd> | StepEnd {
    if (!this.#isSame()) return { shown: {}, error: this.#changed() };
    if (step.kind === "write") return this.#write(step.values);
    return step.kind === "wait" ? this.#rest(step.waitMs) : this.#until(step.values, step.timeoutMs);
  }

  async #write(values: ReadonlyMap<string, PointValue>): Promise<StepEnd> {
    const { ports, device } = this;
    const results = await ports.access.write(device.name, values, this.signal);
    const about = { device: device.name, by: `command ${this.command.name}`, at: ports.clock.epoch() };
    auditResults(ports.onAudit, about, results);
    for (const [name, result] of results) this.#results.set(name, result);
    const shown = { results: Object.fromEntries([...results].map(([name, result]) => [name, resultJson(result)])) };
    // The device was removed in the meantime.
    const gone = results.size === 0;
    const status = gone ? 404 : worstStatus(results);
    if (status === 200) return { shown };
    return { shown, error: refusal(status, gone ? `the device "${device.name}" is gone` : failureText(results)) };
  }

  async #rest(waitMs: number): Promise<StepEnd> {
    const shown = { waitMs };
    if ((await wait(this.ports.clock, waitMs, this.signal)) === "elapsed") return { shown };
    return { shown, error: this.#timeOver() };
  }

  async #until(values: ReadonlyMap<string, PointValue>, timeoutMs: number): Promise<StepEnd> {
    const { clock, access } = this.ports;
    const start = clock.monotonic();
    const limit = deadline(clock, this.signal, timeoutMs);
    try {
      for (;;) {
        const seen = judge(await access.read(this.device.name, [...values.keys()], limit.signal), values);
        const ms = Math.round(clock.monotonic() - start);
        const shown = { until: seen.values, ms };
        if (seen.unread === undefined && seen.differing === undefined) return { shown };
        const over = limit.signal.aborted || (await wait(clock, UNTIL_POLL_MS, limit.signal)) === "aborted";
        if (!over) continue;
        if (this.signal.aborted) return { shown, error: this.#timeOver() };
        const status = seen.unread === undefined ? 502 : seen.unread.status;
        const text = seen.unread?.text ?? seen.differing ?? "";
        return { shown, error: refusal(status, `${text} after ${timeoutMs} ms`) };
      }
    } finally {
      limit.done();
    }
  }

  /** The device is what it was when the command began. */
  #isSame(): boolean {
    return this.ports.access.device(this.device.name)?.fingerprint === this.device.fingerprint;
  }

  #changed(): MethodError {
    const { name } = this.device;
    if (this.ports.access.device(name) === undefined) return refusal(404, `the device "${name}" is gone`);
    return refusal(409, `the configuration of "${name}" has just changed; this step and the rest were not carried out`);
  }

  #timeOver(): MethodError {
    const why = this.ports.signal.aborted ? "the module is closing" : `its ${COMMAND_MS} ms are over`;
    return refusal(504, why);
  }
}
