import { compareDecimals } from "../points/decimal";
import type { Point } from "../points/point";
import { pointValueFromJson } from "../points/valueText";
import { encodeForWrite } from "../points/writeField";
import { numericValue, outsideText, writeLimits } from "../points/writeRefusal";
import { commandRestMs } from "./commandRest";
import type { CommandStep, DeviceCommand, RequestField, StepItem, StepValue } from "./deviceCommand";
import { type Place, within } from "./layers";
import { didYouMean } from "./nearest";
import { natureOf, toDecimal } from "./pointMeaning";
import type { Problem } from "./problem";
import { type CommandKeys, type FieldKeys, LONGEST_COMMAND_MS, type StepKeys } from "./schemaCommand";

/** Commands as a document has them, and where. */
export interface CommandSource {
  readonly commands: Readonly<Record<string, CommandKeys | null>> | undefined;
  readonly place: Place;
  /** Names of points that are defined there, even if this device leaves them out. */
  readonly defined: ReadonlySet<string>;
}

/**
 * The commands of a device: a later source replaces one of the same name, `null` takes it away. A command of the
 * profile is left out where the device leaves out a point that it needs.
 */
export function resolveCommands(
  sources: readonly CommandSource[],
  points: readonly Point[],
  problems: Problem[],
): ReadonlyMap<string, DeviceCommand> {
  const winners = new Map<string, { readonly keys: CommandKeys; readonly source: CommandSource }>();
  for (const source of sources) {
    for (const [name, keys] of Object.entries(source.commands ?? {})) {
      if (keys === null) winners.delete(name);
      else winners.set(name, { keys, source });
    }
  }
  const known = new Map(points.map((point) => [point.name, point]));
  const resolved = new Map<string, DeviceCommand>();
  for (const [name, { keys, source }] of winners) {
    const draft = new CommandDraft(keys, within(source.place, "commands", name), known, source.defined);
    if (known.has(name)) draft.fault([], `a point is called "${name}" too: call one of the two otherwise`);
    const command = draft.resolve(name);
    problems.push(...draft.problems);
    if (draft.problems.length === 0 && !draft.lacksPoint) resolved.set(name, command);
  }
  return resolved;
}

const PLACEHOLDER = /^\{(.*)\}$/;

/** A command while it is being resolved. */
class CommandDraft {
  readonly problems: Problem[] = [];
  /** A point is defined, and this device leaves it out. */
  lacksPoint = false;
  readonly #fields: ReadonlyMap<string, RequestField>;
  readonly #used = new Set<string>();

  constructor(
    private readonly keys: CommandKeys,
    private readonly place: Place,
    private readonly points: ReadonlyMap<string, Point>,
    private readonly defined: ReadonlySet<string>,
  ) {
    const fields = Object.entries(keys.request ?? {}).map(([name, field]) => this.#field(name, field));
    this.#fields = new Map(fields.map((field) => [field.name, field]));
  }

  fault(steps: readonly (string | number)[], text: string): undefined {
    this.problems.push(this.place(steps, text));
    return undefined;
  }

  resolve(name: string): DeviceCommand {
    const when = this.keys.when === undefined ? [] : this.#conditions(this.keys.when, ["when"]);
    const steps = this.keys.steps.flatMap((step, at) => this.#step(step, ["steps", at]) ?? []);
    for (const field of this.#fields.keys()) {
      if (!this.#used.has(field)) this.fault(["request", field], `no step takes "{${field}}": leave the field out`);
    }
    const restMs = commandRestMs(steps, (point) => this.points.get(point));
    if (restMs > LONGEST_COMMAND_MS) {
      const asked = commandRestMs(steps, () => undefined);
      const hidden = asked === restMs ? "" : " (verifyDelayMs and minWriteIntervalMs counted)";
      const text = `the steps wait for ${restMs} ms together${hidden}; a command has ${LONGEST_COMMAND_MS} ms`;
      this.fault(["steps"], text);
    }
    const { title } = this.keys;
    return { name, ...(title === undefined ? {} : { title }), request: [...this.#fields.values()], when, steps };
  }

  #field(name: string, { type, min, max, title }: FieldKeys): RequestField {
    if (type !== "number" && (min !== undefined || max !== undefined)) {
      this.fault(
        ["request", name, min === undefined ? "max" : "min"],
        `only a number has limits, and this is a ${type}`,
      );
    }
    const [low, high] = [min, max].map((limit) => (limit === undefined ? undefined : toDecimal(limit)));
    if (low !== undefined && high !== undefined && compareDecimals(low, high) > 0) {
      this.fault(["request", name, "min"], '"min" is greater than "max": no value is between them');
    }
    return {
      name,
      type,
      ...(low === undefined ? {} : { min: low }),
      ...(high === undefined ? {} : { max: high }),
      ...(title === undefined ? {} : { title }),
    };
  }

  #step(step: StepKeys, at: readonly (string | number)[]): CommandStep | undefined {
    const kinds = (["write", "waitMs", "until"] as const).filter((kind) => step[kind] !== undefined);
    if (kinds.length !== 1) return this.fault(at, "a step is one of write, waitMs, until");
    if (step.timeoutMs !== undefined && step.until === undefined) {
      return this.fault([...at, "timeoutMs"], '"timeoutMs" belongs to "until"');
    }
    if (step.waitMs !== undefined) return { kind: "wait", waitMs: step.waitMs };
    if (step.write !== undefined) return { kind: "write", items: this.#writes(step.write, [...at, "write"]) };
    if (step.timeoutMs === undefined) return this.fault(at, '"until" needs "timeoutMs"');
    const items = this.#conditions(step.until ?? {}, [...at, "until"]);
    return { kind: "until", items, timeoutMs: step.timeoutMs };
  }

  #writes(values: Readonly<Record<string, boolean | number | string>>, at: readonly (string | number)[]) {
    return this.#items(values, at, (point, value, path) => {
      if (point.access === "read") return this.fault(path, `the point "${point.name}" can only be read`);
      if ("field" in value) return this.#fieldFits(point, value.field, path, true);
      const encoded = encodeForWrite(point, value.constant);
      return encoded.ok ? undefined : this.fault(path, encoded.error.text);
    });
  }

  #conditions(values: Readonly<Record<string, boolean | number | string>>, at: readonly (string | number)[]) {
    return this.#items(values, at, (point, value, path) => {
      if (point.access === "write") return this.fault(path, `the point "${point.name}" is never read`);
      if ("field" in value) return this.#fieldFits(point, value.field, path, false);
      const nature = natureOf(point, point);
      const given = { boolean: "boolean", number: "number", string: "text" }[typeof value.constant as "number"];
      if (given !== nature) return this.fault(path, `the value of "${point.name}" is a ${nature}, not a ${given}`);
      const texts = point.enum === undefined ? undefined : [...point.enum.values()];
      if (texts === undefined || texts.includes(String(value.constant))) return undefined;
      return this.fault(path, `"${value.constant}" is not one of ${texts.map((text) => `"${text}"`).join(", ")}`);
    });
  }

  #items(
    values: Readonly<Record<string, boolean | number | string>>,
    at: readonly (string | number)[],
    check: (point: Point, value: StepValue, path: readonly (string | number)[]) => void,
  ): readonly StepItem[] {
    const entries = Object.entries(values);
    if (entries.length === 0) this.fault(at, "names no point: leave it out");
    return entries.flatMap(([name, json]) => {
      const path = [...at, name];
      const point = this.points.get(name);
      const value = this.#value(json, path);
      if (point === undefined) this.#missing(name, path);
      if (point === undefined || value === undefined) return [];
      check(point, value, path);
      return [{ point: name, value }];
    });
  }

  #missing(name: string, path: readonly (string | number)[]): void {
    if (this.defined.has(name)) this.lacksPoint = true;
    else this.fault(path, `there is no point "${name}"${didYouMean(name, this.points.keys())}`);
  }

  #value(json: boolean | number | string, path: readonly (string | number)[]): StepValue | undefined {
    const field = typeof json === "string" ? PLACEHOLDER.exec(json)?.[1] : undefined;
    if (field !== undefined) {
      this.#used.add(field);
      if (this.#fields.has(field)) return { field };
      return this.fault(path, `the request has no field "${field}"${didYouMean(field, this.#fields.keys())}`);
    }
    const value = pointValueFromJson(json);
    return value.ok ? { constant: value.value } : this.fault(path, value.error);
  }

  #fieldFits(point: Point, name: string, path: readonly (string | number)[], isWritten: boolean): undefined {
    const field = this.#fields.get(name);
    if (field === undefined) return undefined;
    const nature = natureOf(point, point);
    const given = field.type === "string" ? "text" : field.type;
    const takesRaw = isWritten && point.enum !== undefined && given === "number";
    if (given !== nature && !takesRaw) {
      return this.fault(path, `the value of "${point.name}" is a ${nature}, and "${name}" is a ${field.type}`);
    }
    for (const key of ["min", "max"] as const) {
      const limit = field[key];
      if (!isWritten || limit === undefined || nature !== "number") continue;
      const number = numericValue(limit);
      const outside = number.ok ? outsideText(writeLimits(point), number.value) : undefined;
      if (outside !== undefined) this.fault(["request", name, key], `${outside} to "${point.name}"`);
    }
    return undefined;
  }
}
