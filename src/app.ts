import { setMaxListeners } from "node:events";
import type { LinkOpener } from "./bus/link";
import type { EdgeHub } from "./cloud/edgeHub";
import { createReporter, type Reporter } from "./cloud/reporter";
import { createTwinMirror, type TwinMirror } from "./cloud/twinMirror";
import type { ConnectionConfig, GatewayConfig, LogLevel } from "./core/config/gatewayConfig";
import type { Problem } from "./core/config/problem";
import type { ProfileLookup } from "./core/config/profiles";
import { cycleOf, type DeviceCycle, type Sample } from "./core/telemetry/sample";
import type { Clock } from "./kernel/clock";
import type { Json, JsonObject } from "./kernel/json";
import type { Result } from "./kernel/result";
import { createScope, type Scope } from "./kernel/scope";
import { between } from "./kernel/units";
import { within } from "./kernel/wait";
import { type Answers, createAnswers } from "./operator/answers";
import { type ConfigurationSource, createConfigurationSource, rememberedModelId } from "./operator/configurationSource";
import { createConfigurationTrial, TRIAL_PATH, type TrialPorts } from "./operator/configurationTrial";
import { costJson } from "./operator/costJson";
import { type Facts, hubHandlers } from "./operator/hubHandlers";
import { deadline } from "./operator/methodError";
import { createMonitoring, type MonitoringPlace } from "./operator/monitoring";
import { createPollingSwitch, POLLING_DOCUMENT, type PollingSwitch } from "./operator/pollingSwitch";
import { createProperties, SET_POINTS } from "./operator/properties";
import type { ReportedState } from "./operator/reportedState";
import type { SetPoints } from "./operator/setPoints";
import { repeatStatus } from "./operator/statusBeat";
import { auditInto } from "./operator/writeAudit";
import { narrowed, type WritePolicy } from "./operator/writePolicy";
import { type ClockBook, readClockBook } from "./runtime/clockBook";
import { connectionLog } from "./runtime/connectionLog";
import type { ConnectionRunner, ConnectionStatus } from "./runtime/connectionRunner";
import { createDelivery, type Delivery } from "./runtime/delivery";
import { createDeviceAccess } from "./runtime/deviceAccess";
import type { HealthPorts } from "./runtime/health";
import { createLearnedBook } from "./runtime/learnedBook";
import type { ProcessLog } from "./runtime/log";
import { boundsOf, type SpoolPorts, sayWhatIsLeft } from "./runtime/outboxOpening";
import { createSupervisor, type Supervisor, type SupervisorOutcome } from "./runtime/supervisor";
import { createTraces, type Traces } from "./runtime/traces";
import { createWatchedHealth } from "./runtime/watchedHealth";
import type { DataFolder } from "./store/dataFolder";

/** What delivering the rest may take at the end, and all before it, inside the 10 s that edgeAgent waits before it kills. */
const DRAIN_MS = 4000;
const CLOSE_MS = 6500;
/** The last reported properties, from a hub that may be silent. */
const FLUSH_MS = 1000;
const STATUS_INTERVAL_MS = 60_000;

/** Everything that the product needs of the world. Tests and the demo hand in others than `run` does. */
export interface TranslatorPorts extends SpoolPorts {
  readonly clock: Clock;
  readonly log: ProcessLog;
  readonly hub: EdgeHub;
  readonly data: DataFolder;
  openerFor(connection: ConnectionConfig): LinkOpener;
  profiles(): Promise<ProfileLookup>;
  /** Stores a profile in the mounted folder, or says why not. Absent: there is none. */
  saveProfile?(name: string, text: string): Promise<Result<void, string>>;
  /** Begins an end in good order after which somebody starts the module anew. Absent: nobody would. */
  readonly restart?: () => void;
  /** The configuration of a file (`--config`), or why it can't be read: the twin then only sets properties. */
  readonly file?: Result<Json, Problem>;
  /** Where `/metrics` is served. Absent: nowhere. */
  readonly monitoring?: MonitoringPlace;
  readonly writes: WritePolicy;
  /** The level of the log where the configuration names none. */
  readonly logLevel: LogLevel;
  readonly version: string;
  /** Unique to this start of this process: the stem of message ids. */
  readonly bootId: string;
}

/** The whole product: polls, translates, delivers, obeys. */
export interface Translator {
  start(): Promise<void>;
  /** What `getStatus` answers. */
  status(): JsonObject;
  /** What must move while the module is well. */
  pulses(): ReturnType<Supervisor["pulses"]>;
  /** Finishes what is under way, delivers what waits (a few seconds at most), closes everything. Memoised, never rejects. */
  close(): Promise<void>;
}

interface House extends Answers {
  readonly mirror: TwinMirror;
  readonly delivery: Delivery;
  readonly supervisor: Supervisor;
  readonly source: ConfigurationSource;
  readonly reporter: Reporter;
  readonly reported: ReportedState;
  readonly setPoints: SetPoints;
  readonly facts: Facts;
}

export function createTranslator(ports: TranslatorPorts): Translator {
  const scope = createScope();
  // Everything that waits listens to it: many listeners are no leak here.
  setMaxListeners(0, scope.signal);
  let house: House | undefined;
  let closing: Promise<void> | undefined;

  return {
    async start() {
      const remembered = await ports.data.read(SET_POINTS);
      const paused = await ports.data.read(POLLING_DOCUMENT);
      const clocks = await readClockBook(ports.data, ports.clock, ports.bootId);
      ports.hub.announce(await rememberedModelId(ports.data));
      if (scope.signal.aborted) return;
      const changed = (): void => house?.supervisor.repoll();
      const polling = createPollingSwitch({ ...ports, signal: scope.signal, remembered: paused, changed });
      const built = build({ ...ports, polling, clocks, traces: createTraces(ports.clock) }, scope, remembered);
      house = built;
      house.serve();
      ports.hub.start(hubHandlers(ports, house));
      await house.source.start();
      repeatStatus(ports.clock, scope, () => renewStatus(built));
    },
    status: () => house?.status.whole() ?? {},
    pulses: () => house?.supervisor.pulses() ?? [],
    close() {
      closing ??= shutDown(ports, scope, house);
      return closing;
    },
  };
}

interface BuildPorts extends TranslatorPorts {
  readonly polling: PollingSwitch;
  readonly clocks: ClockBook;
  readonly traces: Traces;
}

/** Joins the rooms. Each follower of a cycle sees it in the order of journey 1; messages come last. */
function build(ports: BuildPorts, scope: Scope, remembered: Json | undefined): House {
  const { clock, log, hub } = ports;
  const facts: Facts = { hub: { state: "disconnected", reason: "not connected yet", since: clock.epoch() } };
  const mirror = createTwinMirror();
  const delivery = createDelivery({ ...ports, config: () => supervisor.config() }, scope);
  const { outbox, pipeline, events } = delivery;
  const touch = (): void => reporter.touch();
  const arrived = (cycle: DeviceCycle): void => {
    access.arrived(cycle);
    health.cycle(cycle);
    reported.cycle(cycle);
    setPoints.cycle(cycle);
    pipeline.cycle(cycle);
  };
  const config = (): GatewayConfig => supervisor.config();
  const writes = (): WritePolicy => narrowed(ports.writes, config().module.writes);
  const runner = (name: string): ConnectionRunner | undefined => supervisor.runner(name);
  const onChange = healthNews(events, () => setPoints, touch);
  const health = createWatchedHealth({ clock, signal: scope.signal, runner, writes, onChange });
  const supervisor = createSupervisor({
    ...{ ...ports, ...ports.polling },
    openerFor: (line) => ports.traces.tapped(line.name, ports.openerFor(line)),
    learned: createLearnedBook(ports.data),
    onConfig: (next) => health.apply([...next.devices.values()]),
    onCycle: arrived,
    onConnection: connectionLog(log, clock, health.connection),
    onApplied: (outcome) => applied(house, ports, outcome),
  });
  const monitoring = createMonitoring(ports, scope);
  const onAudit = monitoring.audited(auditInto(log, events));
  const onSamples = (device: string, samples: readonly Sample[]): void => arrived(cycleOf(device, samples));
  const access = createDeviceAccess({ clock, config, runner, writes, onSamples });
  const shared = { config, writes, configuration: () => facts.outcome, health: (device: string) => health.of(device) };
  const standing = { ...shared, access, onAudit, remembered, changed: touch, module: () => facts.module };
  const { setPoints, reported } = createProperties({ ...ports, ...standing, signal: scope.signal });
  const reporter = createReporter({ hub, clock, log, compose: () => reported.compose() });
  const connection = (name: string): ConnectionStatus | undefined => runner(name)?.status();
  const startedAt = clock.epoch();
  const cost = (): JsonObject => costJson({ startedAt, config, access, pipeline });
  const { sentAt, traffic } = pipeline;
  const seen = { outbox, connection, hub: () => facts.hub, sentAt, traffic, now: () => clock.epoch(), startedAt, cost };
  const source = sourceOf({ ...ports, ...delivery, config, health: shared.health }, mirror, supervisor, facts, touch);
  const reapply: ConfigurationSource["reapply"] = () => source.reapply();
  const plan = (name: string) => runner(name)?.plan();
  const needs = { access, runner, plan, onAudit, signal: scope.signal, reapply, events };
  const answers = createAnswers(monitoring, { ...ports, ...shared, ...seen, ...needs });
  const answering = { source, reporter, reported, setPoints, ...answers };
  const house = { mirror, delivery, supervisor, facts, ...answering };
  return house;
}

/** A state of a device: an event, a property, and what its set points stand on. */
function healthNews(
  events: Delivery["events"],
  setPoints: () => SetPoints,
  touch: () => void,
): HealthPorts["onChange"] {
  return (device, now) => {
    events.deviceStatus(device, now);
    setPoints().presence(device, now.state === "online" || now.state === "degraded");
    touch();
  };
}

function sourceOf(
  ports: TranslatorPorts & Pick<TrialPorts, "config" | "health"> & Pick<Delivery, "news">,
  mirror: TwinMirror,
  supervisor: Supervisor,
  facts: Facts,
  touch: () => void,
): ConfigurationSource {
  const onTrial = (warning: Problem | undefined): void => {
    if (facts.outcome === undefined) return;
    const others = facts.outcome.warnings.filter(({ path }) => path !== TRIAL_PATH);
    facts.outcome = { ...facts.outcome, warnings: warning === undefined ? others : [...others, warning] };
    touch();
  };
  return createConfigurationSource({
    ...ports,
    file: ports.file,
    trial: createConfigurationTrial({ ...ports, onTrial }),
    mirror,
    remember: (config) => supervisor.remember(config),
    apply: (document, version) => supervisor.apply(document, version),
    reaffirm(version) {
      if (facts.outcome !== undefined) facts.outcome = { ...facts.outcome, version };
      touch();
    },
    refuse(problem, version) {
      facts.outcome = { state: "rejected", version, at: ports.clock.epoch(), problems: [problem], warnings: [] };
      ports.news.configured(facts.outcome);
      const where = problem.path === "" ? "" : `${problem.path}: `;
      ports.log.error(`${nameOf(version)} rejected: ${where}${problem.text}`);
      touch();
    },
  });
}

/** A document has been taken: everyone who stands on it is told. */
function applied(house: House, ports: TranslatorPorts, outcome: SupervisorOutcome): void {
  const { config, state, problems, warnings } = outcome;
  house.facts.outcome = outcome;
  house.delivery.news.configured(outcome);
  ports.log.setLevel(config.module.logLevel ?? ports.logLevel);
  house.delivery.outbox.setBounds(boundsOf(config.module));
  house.serve();
  ports.hub.announce(config.module.modelId);
  house.source.taken(state);
  const counts = { devices: config.devices.size, connections: config.connections.size, problems: problems.length };
  ports.log[state === "applied" ? "info" : "warn"](`${nameOf(outcome.version)} ${state}`, counts);
  for (const { path, text } of problems) ports.log.error(`configuration: ${path === "" ? "/" : path}: ${text}`);
  for (const { path, text } of warnings) ports.log.warn(`configuration: ${path === "" ? "/" : path}: ${text}`);
  const desired = house.mirror.desired();
  if (desired !== undefined) house.setPoints.desired(desired, house.mirror.version());
  house.reporter.touch();
}

/** 0: of a file, or the data folder. */
function nameOf(version: number): string {
  return version === 0 ? "configuration" : `configuration ${version}`;
}

/** Takes the `module` property; returns how long it stands, ms. */
function renewStatus(house: House): number {
  house.facts.module = house.status.property();
  house.reporter.touch();
  return house.supervisor.config().module.statusIntervalMs ?? STATUS_INTERVAL_MS;
}

/** Close order: intake → workers finish the transaction in flight → what waits is delivered → hub → data folder. */
async function shutDown(ports: TranslatorPorts, scope: Scope, house: House | undefined): Promise<void> {
  const from = ports.clock.monotonic();
  const errors = await scope.close();
  if (house !== undefined) {
    house.source.close();
    await house.supervisor.close();
    await house.setPoints.close();
    house.delivery.pipeline.flush();
    // Devices that let us wait leave less for it: what is not delivered must still be stored in time.
    const leftMs = CLOSE_MS - between(from, ports.clock.monotonic());
    const limit = deadline(ports.clock, new AbortController().signal, Math.max(Math.min(DRAIN_MS, leftMs), 0));
    await house.delivery.outbox.drained(limit.signal);
    if (!limit.signal.aborted) await within(ports.clock, FLUSH_MS, house.reporter.flush());
    limit.done();
    house.reporter.close();
    await house.delivery.outbox.close();
    sayWhatIsLeft(house.delivery.outbox, ports.log);
  }
  await ports.hub.close();
  await ports.data.close();
  await ports.quarantine?.close();
  for (const error of errors) ports.log.error("closing", { error: String(error) });
}
