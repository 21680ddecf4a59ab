import * as z from "zod";
import { NAME, nameFault, RESERVED_FOR_POINTS } from "./names";
import { show } from "./nearest";
import { decimal, duration, key, namedBy, objectOf, oneOf, pattern, required, text } from "./schemaKinds";
import { pointName } from "./schemaPoint";

/** All rests and conditions of a command together, ms: it answers inside the 30 s that a hub waits. */
export const LONGEST_COMMAND_MS = 20_000;

const commandName = { pattern: NAME, fault: (name: string) => nameFault(name, "a command", RESERVED_FOR_POINTS) };
const fieldName = { pattern: NAME, fault: (name: string) => nameFault(name, "a field of a request") };

const valueError = ({ input }: { readonly input: unknown }): string =>
  `${show(input)} does not fit: true, false, a number, a text, or a field of the request such as "{level}"`;
const value = z.union(
  [z.boolean({ error: valueError }), z.number({ error: valueError }), z.string({ error: valueError }).max(1024)],
  { error: valueError },
);
const values = (label: string) => namedBy(label, pointName, value);

const fieldSchema = objectOf("a field of a request", {
  type: required(oneOf("a type of a field", ["number", "boolean", "string"]), "What the caller gives."),
  min: key(decimal(), "Smallest number accepted."),
  max: key(decimal(), "Largest number accepted."),
  title: key(text("a title"), "For people."),
}).meta({ id: "RequestField" });

const stepSchema = objectOf("a step", {
  write: key(values("points and values"), "Values to write, in order, as `writePoints` does: `{point: value}`."),
  waitMs: key(duration(1, LONGEST_COMMAND_MS), "Rest; the connection serves others meanwhile."),
  until: key(
    values("points and values"),
    "Reads these points four times a second until each has its value; needs `timeoutMs`.",
  ),
  timeoutMs: key(duration(1, LONGEST_COMMAND_MS), "Of `until`: after that the command has failed."),
}).meta({ id: "CommandStep" });

const stepsError = ({ input }: { readonly input: unknown }): string =>
  input === undefined ? "is missing: a list of steps" : `${show(input)} does not fit: a list of 1 to 32 steps`;

export const commandSchema = objectOf("a command", {
  title: key(text("a title"), "For people."),
  request: key(
    namedBy("a request", fieldName, fieldSchema),
    'What the caller gives, by name; all of it is required. A step takes it as `"{level}"`.',
  ),
  when: key(values("points and values"), "Only carried out while each of these points has its value; else 409."),
  steps: required(
    z.array(stepSchema, { error: stepsError }).min(1, { error: stepsError }).max(32, { error: stepsError }),
    "In order, stopping at the first failure. A step is one of `write`, `waitMs`, `until`.",
  ),
}).meta({ id: "Command" });

export const commands = namedBy("commands", commandName, z.nullable(commandSchema));

export type CommandKeys = z.infer<typeof commandSchema>;
export type StepKeys = z.infer<typeof stepSchema>;
export type FieldKeys = z.infer<typeof fieldSchema>;

const sequenceError = ({ input }: { readonly input: unknown }): string =>
  `${show(input)} does not fit: a list of 2 to 64 values such as [0, 1], or "increment"`;

const watchdogWrite = objectOf("what a watchdog writes", {
  point: required(pattern(NAME, "the name of a point"), "A point that may be written."),
  values: required(
    z.union(
      [z.literal("increment"), z.array(value).min(2, { error: sequenceError }).max(64, { error: sequenceError })],
      { error: sequenceError },
    ),
    'Written one after another, over and over; `"increment"`: one more each time, from the lowest to the highest value that may be written.',
  ),
  everyMs: required(duration(50, 3_600_000), "Between two writes."),
}).meta({ id: "WatchdogWrite" });

const watchdogRead = objectOf("what a watchdog reads", {
  point: required(pattern(NAME, "the name of a point"), "A point that the device keeps changing."),
  maxUnchangedMs: required(duration(100, 86_400_000), "Unchanged for longer, the device is degraded."),
}).meta({ id: "WatchdogRead" });

export const watchdogSchema = objectOf("a watchdog", {
  write: key(watchdogWrite, "Shows the device that we live. Overtakes polling."),
  read: key(watchdogRead, "Looks whether the device lives."),
}).meta({ id: "Watchdog" });

export type WatchdogKeys = z.infer<typeof watchdogSchema>;
