import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";

/** Faults that last until they are cleared or have happened `times` times. */
export const LASTING_FAULTS = {
  down: "the hub does not listen: connections are cut, new ones refused",
  silence: "nothing passes in either direction, connections stay open (a half-open link)",
  noPuback: "messages are taken and never acknowledged",
  slowPuback: "acknowledgements come after delayMs (default 5000)",
  poison: "a message whose body contains text closes the link, unacknowledged and not taken",
  expiredToken: "CONNECT is refused (return code 5) as if the token had expired; connections are cut at the start",
  signError: "the workload API cannot sign: text 500 (default), empty, notJson or hang",
  twinError: "reading the twin is answered 500 with an empty body",
  reportedError: "reported properties are answered 400 and not taken",
} as const;

/** Faults that happen at once and are over. */
export const SUDDEN_FAULTS = {
  reset: "every connection is reset (RST)",
  loseSessions: "the hub restarts without its storage: connections are cut, sessions and subscriptions forgotten",
  recreate: "loseSessions, and a new authority signs the hub's certificate: the trust bundle changes",
} as const;

export type LastingFault = keyof typeof LASTING_FAULTS;
export type SuddenFault = keyof typeof SUDDEN_FAULTS;
export type FaultName = LastingFault | SuddenFault;

export interface FaultSetting {
  /** How often it happens; absent: until it is cleared. */
  readonly times?: number;
  readonly delayMs?: number;
  readonly text?: string;
  /** The one module (or leaf) that it happens to; absent: all. */
  readonly module?: string;
}

/** The lasting faults in force. */
export interface FaultBoard {
  set(name: LastingFault, setting: FaultSetting): void;
  clear(name: LastingFault): void;
  /** Whether it happens now to this client (`deviceId/moduleId`, or a leaf's id): counts one of its times. */
  strikes(name: LastingFault, client: string, fits?: (setting: FaultSetting) => boolean): FaultSetting | undefined;
  list(): JsonObject;
}

export function createFaultBoard(): FaultBoard {
  const active = new Map<LastingFault, { setting: FaultSetting; left: number }>();
  return {
    set: (name, setting) => void active.set(name, { setting, left: setting.times ?? Number.POSITIVE_INFINITY }),
    clear: (name) => void active.delete(name),
    strikes(name, client, fits = () => true) {
      const entry = active.get(name);
      if (entry === undefined || !concerns(entry.setting, client) || !fits(entry.setting)) return undefined;
      entry.left -= 1;
      if (entry.left <= 0) active.delete(name);
      return entry.setting;
    },
    list: () =>
      Object.fromEntries(
        [...active].map(([name, { setting, left }]) => [
          name,
          { ...(setting as JsonObject), ...(Number.isFinite(left) ? { times: left } : {}) },
        ]),
      ),
  };
}

function concerns({ module }: FaultSetting, client: string): boolean {
  return module === undefined || client === module || client.endsWith(`/${module}`);
}

export function isLasting(name: FaultName): name is LastingFault {
  return Object.hasOwn(LASTING_FAULTS, name);
}

/** The fault of this name, or which there are. */
export function faultNamed(name: string): Result<FaultName, string> {
  const known = [...Object.keys(LASTING_FAULTS), ...Object.keys(SUDDEN_FAULTS)];
  if (known.includes(name)) return ok(name as FaultName);
  return err(`there is no fault "${name}"; known: ${known.join(", ")}`);
}

/** `noPuback`, `slowPuback=2000`, `poison=text`, `signError=hang`: as `--fault` takes them. */
export function parseFault(text: string): Result<{ readonly name: FaultName; readonly setting: FaultSetting }, string> {
  const [first = "", ...rest] = text.split("=");
  const name = faultNamed(first);
  if (!name.ok) return name;
  if (rest.length === 0) return checked(name.value, {});
  const value = rest.join("=");
  if (name.value !== "slowPuback") return checked(name.value, { text: value });
  return /^\d{1,7}$/.test(value)
    ? checked(name.value, { delayMs: Number(value) })
    : err(`slowPuback takes milliseconds, not "${value}"`);
}

/** A setting as it comes from outside: known keys, of the right kind. */
export function faultSetting(name: FaultName, given: JsonObject): Result<FaultSetting, string> {
  for (const [key, value] of Object.entries(given)) {
    const isCount = key === "times" || key === "delayMs";
    if (!isCount && key !== "text" && key !== "module")
      return err(`a fault has no "${key}": times, delayMs, text, module`);
    const fits = isCount
      ? Number.isInteger(value) && Number(value) >= 1 && Number(value) < 1e7
      : typeof value === "string";
    if (!fits) return err(`${key} must be ${isCount ? "a whole number from 1" : "a text"}`);
  }
  const outcome = checked(name, given as FaultSetting);
  return outcome.ok ? ok(outcome.value.setting) : outcome;
}

function checked(name: FaultName, setting: FaultSetting) {
  const { text } = setting;
  if (name === "poison" && (text ?? "") === "") return err('poison needs the text that poisons a message: "text"');
  if (name === "signError" && text !== undefined && !["500", "empty", "notJson", "hang"].includes(text))
    return err("signError knows 500, empty, notJson, hang");
  return ok({ name, setting });
}
