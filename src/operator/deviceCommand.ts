import type { MethodAnswer } from "../cloud/edgeHub";
import { commandRestMs } from "../core/config/commandRest";
import type { DeviceCommand } from "../core/config/deviceCommand";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { LONGEST_COMMAND_MS } from "../core/config/schemaCommand";
import type { PointValue } from "../core/points/point";
import { sameValue } from "../core/points/pointValue";
import { valueForTwin, valueToJsonText } from "../core/points/valueText";
import type { Sample } from "../core/telemetry/sample";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { between, later, type MonotonicMs } from "../kernel/units";
import { wait } from "../kernel/wait";
import type { WriteResult } from "../runtime/deviceAccess";
import { planCommand, type ReadyCommand, type ReadyStep } from "./commandPlan";
import { answerError, type CommandPorts, deadline, type MethodError, refusal } from "./methodError";
import { changedMeanwhile } from "./readPoints";
import { auditRefusal, auditResults } from "./writeAudit";
import { failureText, refusedResults, resultJson, tooSoon, worstStatus } from "./writePlanRefusal";
import { WRITES_OFF } from "./writePoints";

/** Inside the 30 s that IoT Central waits for a command, with room for the way back. */
const COMMAND_MS = 25_000;
/** Of that for the requests: the steps of a command may wait for the rest (`LONGEST_COMMAND_MS`). */
const SPARE_MS = COMMAND_MS - LONGEST_COMMAND_MS;
const UNTIL_POLL_MS = 250;
const CLOSING = "the module is closing";

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
  const limit = deadline(ports.clock, ports.signal, COMMAND_MS);
  const run = new CommandRun(device, command, ports, limit.signal);
  const refused = run.forbidden(wanted) ?? run.tooSoon(wanted);
  if (refused !== undefined) {
    limit.done();
    return refuse(refused, device, command, wanted, ports);
  }
  const turn = await ownTurn(device, command, ports);
  try {
    const obstacle = turn.ok ? await run.obstacle(plan.value, wanted) : turn.error;
    if (obstacle !== undefined) return refuse(obstacle, device, command, wanted, ports);
    return await run.carryOut(plan.value.steps, wanted);
  } finally {
    if (turn.ok) turn.value();
    limit.done();
  }
}

/**
 * The device for this command alone: its commands come one after another. It waits only as long as its steps would still
 * have their time afterwards, so that no command ends in the middle because of another one.
 */
async function ownTurn(
  device: DeviceConfig,
  command: DeviceCommand,
  { access, clock, signal }: CommandPorts,
): Promise<Result<() => void, MethodError>> {
  const limit = deadline(clock, signal, COMMAND_MS - SPARE_MS - restsOf(device, command));
  const turn = await access.turn(device.name, limit.signal);
  limit.done();
  if (turn.kind === "mine") return ok(() => turn.done());
  if (signal.aborted) return err(refusal(504, CLOSING));
  const why = turn.kind === "full" ? "too many wait for it already" : "this one could not wait any longer";
  return err(
    refusal(409, `another command (or set point) of "${device.name}" is under way, and ${why}; nothing was written`),
  );
}

/** What its rests and conditions may take, without the requests. */
function restsOf({ points }: DeviceConfig, { steps }: DeviceCommand): number {
  return commandRestMs(steps, (name) => points.find((point) => point.name === name));
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
  const stands = ports.access.standing(device);
  const seen = judge(await ports.access.read(device.name, [...when.keys()], signal), when);
  if (!stands()) return withoutPath(changedMeanwhile(device.name, ports));
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
  /** The device is what it was when the command was asked for. */
  readonly #isSame: () => boolean;
  readonly #endsAt: MonotonicMs;

  constructor(
    private readonly device: DeviceConfig,
    private readonly command: DeviceCommand,
    private readonly ports: CommandPorts,
    private readonly signal: AbortSignal,
  ) {
    this.#isSame = ports.access.standing(device);
    this.#endsAt = later(ports.clock.monotonic(), COMMAND_MS);
  }

  /** Why nothing of it may be written. */
  forbidden(wanted: JsonObject): MethodError | undefined {
    const isWriting = Object.keys(wanted).length > 0;
    return isWriting && this.ports.writes() === "off" ? refusal(403, WRITES_OFF) : undefined;
  }

  /** `minWriteIntervalMs` asks for so much rest that not all steps would have their time. */
  tooSoon(wanted: JsonObject): MethodError | undefined {
    const { device, command, ports } = this;
    const restMs = ports.access.writableInMs(device.name, Object.keys(wanted));
    const leftMs = between(ports.clock.monotonic(), this.#endsAt) - SPARE_MS - restsOf(device, command);
    return restMs > 0 && restMs > leftMs ? withoutPath(tooSoon(restMs)) : undefined;
  }

  /** Why it can't begin, now that it is its turn. */
  async obstacle({ when }: ReadyCommand, wanted: JsonObject): Promise<MethodError | undefined> {
    if (!this.#isSame()) return this.#changed("nothing was written");
    const obstacle = this.forbidden(wanted) ?? this.tooSoon(wanted);
    return obstacle ?? obstacleOf(this.device, when, this.ports, this.signal);
  }

  async carryOut(steps: readonly ReadyStep[], wanted: JsonObject): Promise<MethodAnswer> {
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
    const rest = "this step and the rest were not carried out";
    if (!this.#isSame()) return { shown: {}, error: this.#changed(rest) };
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
        if (!this.#isSame()) return { shown: {}, error: this.#changed("the rest was not carried out") };
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

  #changed(consequence: string): MethodError {
    const { name } = this.device;
    if (this.ports.access.device(name) === undefined) return refusal(404, `the device "${name}" is gone`);
    return refusal(409, `the configuration of "${name}" has just changed; ${consequence}`);
  }

  #timeOver(): MethodError {
    const why = this.ports.signal.aborted ? CLOSING : `its ${COMMAND_MS} ms are over`;
    return refusal(504, why);
  }
}
