import { type Answer, ask, handOver, type OutcomeSink, type TransactOptions, type Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { failure, type ModbusFailure, unsent } from "../core/modbus/failure";
import { modelPlace } from "../core/modbus/modelAddress";
import type { ModbusRequest, ReadRegisters } from "../core/modbus/pdu";
import { createModelChain, isNotHere, type ModelChain, placeInChain } from "../core/planning/modelChain";
import { err, type Result } from "../kernel/result";
import { optionsFor } from "./cycle";

const CHANGED = "not sent: the configuration has just changed";

/** A unit with points in SunSpec models. */
interface Unit {
  /** Lists of model ids by number. */
  readonly wanted: ReadonlyMap<number, readonly number[]>;
  readonly options: TransactOptions;
  /** Address ranges that may not be read. */
  readonly neverRead: DeviceConfig["limits"]["neverRead"];
  /** The walk under way, or that has found what there is. */
  chain: ModelChain;
  /** Why the last step of the walk failed: told to the next request that needs it. */
  failed: ModbusFailure | undefined;
}

const NO_UNITS: ReadonlyMap<number, Unit> = new Map();

/**
 * The bus of a connection on which requests may name places in SunSpec models (`modelAddress`): they are led to where
 * the unit's chain has the model. The chain is walked again after each connect, and after a unit has been silent: it
 * may be another device that answers now.
 */
export class ModelLocations implements Transactor {
  readonly #bus: Transactor;
  #units = NO_UNITS;

  constructor(bus: Transactor) {
    this.#bus = bus;
  }

  /** The devices of this connection from now on. A unit that looks for the same keeps what it knows. */
  stand(devices: readonly DeviceConfig[]): void {
    const before = this.#units;
    const units = new Map<number, Unit>();
    for (const device of devices) {
      if (device.models === undefined) continue;
      const known = units.get(device.unitId);
      units.set(device.unitId, unitWith(device, known));
    }
    for (const [unitId, unit] of units) {
      const known = before.get(unitId);
      if (known !== undefined && isSame(known.wanted, unit.wanted)) unit.chain = known.chain;
    }
    this.#units = units.size === 0 ? NO_UNITS : units;
  }

  linkOpened(): void {
    for (const unit of this.#units.values()) restart(unit);
  }

  /** Whether a request has to wait for steps of the walk. */
  isUnknown(unitId: number, request: ModbusRequest | undefined): boolean {
    if (request === undefined || !needsModel(request)) return false;
    const unit = this.#units.get(unitId);
    return unit !== undefined && unit.chain.next !== undefined && unit.failed === undefined;
  }

  /** One request of the walk. */
  async survey(unitId: number): Promise<void> {
    const unit = this.#units.get(unitId);
    const address = unit?.chain.next;
    if (unit === undefined || address === undefined) return;
    const { chain } = unit;
    const request: ReadRegisters = { kind: "readRegisters", table: "holding", address, count: 2 };
    const forbidden = unit.neverRead.some(([first, last]) => first <= address + 1 && last >= address);
    const answer = forbidden ? undefined : await this.#bus.transact(unitId, request, unit.options);
    // The walk has begun anew meanwhile, or another request has brought it further: not the answer to this step.
    if (unit.chain !== chain || chain.next !== address) return;
    if (answer === undefined) chain.refused();
    else if (answer.ok) chain.answered(answer.value.response.registers);
    else if (answer.error.kind === "exception" && isNotHere(answer.error.code)) chain.refused();
    else {
      restart(unit);
      unit.failed = answer.error;
    }
  }

  transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    const unit = this.#units.get(unitId);
    if (needsModel(request)) return this.#askInModel(unitId, request, options);
    return unit === undefined
      ? this.#bus.transact(unitId, request, options)
      : this.#ask(unit, unitId, request, options);
  }

  ask(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void {
    if (this.#units.size === 0 && !needsModel(request)) ask(this.#bus, unitId, request, options, sink);
    else handOver(this.transact(unitId, request, options), sink);
  }

  async #askInModel<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options: TransactOptions | undefined,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    while (this.isUnknown(unitId, request) && options?.signal?.aborted !== true) await this.survey(unitId);
    // Asked anew: the devices may have changed meanwhile.
    const unit = this.#units.get(unitId);
    if (unit === undefined) return err(unsent(failure("aborted", CHANGED)));
    const located = locate(unit, unitId, request);
    return located.ok ? this.#ask(unit, unitId, located.value, options) : located;
  }

  async #ask<R extends ModbusRequest>(
    unit: Unit,
    unitId: number,
    request: R,
    options: TransactOptions | undefined,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    const answer = await this.#bus.transact(unitId, request, options);
    if (!answer.ok && isSilent(answer.error)) restart(unit);
    return answer;
  }
}

function unitWith(device: DeviceConfig, known: Unit | undefined): Unit {
  const wanted = new Map(known?.wanted);
  for (const [number, models] of device.models ?? []) {
    const other = wanted.get(number);
    // Two lists with one number can't be told apart: neither is found, rather than one taken for the other.
    wanted.set(number, other === undefined || other.join() === models.join() ? models : []);
  }
  return {
    wanted,
    options: { ...optionsFor(device), ...known?.options },
    neverRead: [...(known?.neverRead ?? []), ...device.limits.neverRead],
    chain: createModelChain(wanted),
    failed: undefined,
  };
}

function restart(unit: Unit): void {
  unit.chain = createModelChain(unit.wanted);
  unit.failed = undefined;
}

function isSame(a: Unit["wanted"], b: Unit["wanted"]): boolean {
  return a.size === b.size && [...a].every(([number, models]) => b.get(number)?.join() === models.join());
}

/** Another device may answer next time. */
function isSilent({ kind, ...rest }: ModbusFailure): boolean {
  const code = "code" in rest ? rest.code : undefined;
  return kind === "timeout" || kind === "lost" || code === 10 || code === 11;
}

function addressOf(request: ModbusRequest): number | undefined {
  return "address" in request && typeof request.address === "number" ? request.address : undefined;
}

function needsModel(request: ModbusRequest): boolean {
  const address = addressOf(request);
  return address !== undefined && modelPlace(address) !== undefined;
}

/** The request at the place that the chain says; or why there is none. */
function locate<R extends ModbusRequest>(unit: Unit, unitId: number, request: R): Result<R, ModbusFailure> {
  const place = modelPlace(addressOf(request) ?? 0);
  const ids = unit.wanted.get(place?.number ?? 0);
  if (place === undefined || ids === undefined) return err(unsent(failure("aborted", CHANGED)));
  const { failed, chain } = unit;
  unit.failed = undefined;
  // Of the walk, not of this request.
  if (failed !== undefined) return err(unsent(failed));
  if (chain.next !== undefined) return err(unsent(failure("aborted", "given up by the caller")));
  const count = countOf(request);
  const found = placeInChain(chain, ids, place, count, unitId);
  if (!found.ok) return found;
  const first = found.value;
  const last = first + count - 1;
  const forbidden = unit.neverRead.find(([from, to]) => from <= last && to >= first);
  if (forbidden === undefined) return { ok: true, value: { ...request, address: first } };
  const text = `holding ${first} to ${last} may not be read: neverRead names ${forbidden[0]} to ${forbidden[1]} (0-based)`;
  return err(failure("absent", text));
}

function countOf(request: ModbusRequest): number {
  if ("count" in request && typeof request.count === "number") return request.count;
  return "values" in request ? request.values.length : 1;
}
