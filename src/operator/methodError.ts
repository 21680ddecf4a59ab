import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { nearest, show } from "../core/config/nearest";
import type { ConnectionPlan } from "../core/planning/connectionPlan";
import type { Clock } from "../kernel/clock";
import { type Json, type JsonObject, pointerStep } from "../kernel/json";
import type { Log } from "../kernel/log";
import { err, ok, type Result } from "../kernel/result";
import type { ConnectionRunner } from "../runtime/connectionRunner";
import type { DeviceAccess } from "../runtime/deviceAccess";
import type { Traces } from "../runtime/traces";
import type { PollingSwitch } from "./pollingSwitch";
import type { ProfileShelf } from "./putProfile";
import type { AuditPort } from "./writeAudit";
import type { WritePolicy } from "./writePolicy";

/** A refusal or failure in the words of contract section 6. `path` is a JSON pointer into the payload. */
export interface MethodError {
  readonly status: number;
  readonly message: string;
  readonly path?: string;
  /** The nearest value that would be accepted (422). */
  readonly nearest?: Json;
}

/** What commands need of the house. */
export interface CommandPorts extends ProfileShelf {
  readonly access: DeviceAccess;
  /** What may be written now. */
  writes(): WritePolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the module closes. */
  readonly signal: AbortSignal;
  config(): GatewayConfig;
  /** The lane of a connection, for registers that no point describes. */
  runner(connection: string): Pick<ConnectionRunner, "command"> | undefined;
  readonly traces: Pick<Traces, "take">;
  readonly polling: Pick<PollingSwitch, "pause" | "resume">;
  /** A write was carried out or refused. */
  readonly onAudit: AuditPort;
  /** The requests of a connection as they are planned now; `undefined` for one that does not run. */
  plan(connection: string): ConnectionPlan | undefined;
  /** The answer of `getStatus`. */
  status(payload: JsonObject): MethodAnswer;
  /** Applies the document in force again, since what stands beside it has changed; resolves to it. */
  reapply(): Promise<Json | undefined>;
  /** Ends the module in good order, to be started anew. Absent: nobody would start it. */
  readonly restart?: () => void;
}

export function refusal(status: number, message: string, path?: string): MethodError {
  return path === undefined ? { status, message } : { status, message, path };
}

/** `{error: {code, message, path?, nearest?}}` with `more` beside it. */
export function answerError(error: MethodError, more: JsonObject = {}): MethodAnswer {
  const { status, message, path, nearest: value } = error;
  const about = {
    ...(path === undefined ? {} : { path }),
    ...(value === undefined ? {} : { nearest: value }),
  };
  return { status, payload: { ...more, error: { code: status, message, ...about } } };
}

/** The device that the payload names: 400 without a name, 404 for an unknown one, 409 for a disabled one. */
export function deviceOf(payload: JsonObject, ports: CommandPorts): Result<DeviceConfig, MethodError> {
  const name = payload["device"];
  if (typeof name !== "string") return err(refusal(400, `"device" must name a device`, "/device"));
  const device = ports.access.device(name);
  if (device === undefined) {
    const guess = nearest(name, ports.config().devices.keys());
    return err(
      refusal(
        404,
        `there is no device ${show(name)}${guess === undefined ? "" : `; did you mean "${guess}"?`}`,
        "/device",
      ),
    );
  }
  if (!device.enabled) return err(refusal(409, `the device "${name}" is disabled in the configuration`, "/device"));
  return ok(device);
}

/** Refuses keys that the method does not know, naming the nearest. */
export function unknownKey(payload: JsonObject, known: readonly string[]): MethodError | undefined {
  const key = Object.keys(payload).find((candidate) => !known.includes(candidate));
  if (key === undefined) return undefined;
  const guess = nearest(key, known);
  return refusal(
    400,
    `${show(key)} is not a key of this payload; ${guess === undefined ? `known: ${known.join(", ")}` : `did you mean "${guess}"?`}`,
    pointerStep(key),
  );
}

/** A whole number of milliseconds of the payload, inside its range, or its default. */
export function duration(
  payload: JsonObject,
  key: string,
  range: { readonly least: number; readonly most: number; readonly otherwise: number },
): Result<number, MethodError> {
  const value = payload[key] ?? range.otherwise;
  if (typeof value !== "number" || !Number.isInteger(value) || value < range.least || value > range.most) {
    return err(
      refusal(
        400,
        `"${key}" is ${JSON.stringify(value)}; it must be a whole number from ${range.least} to ${range.most}`,
        `/${key}`,
      ),
    );
  }
  return ok(value);
}

/** A signal that aborts with `parent` or after `delayMs`; `done` releases its timer. */
export function deadline(
  clock: Pick<Clock, "setTimer">,
  parent: AbortSignal,
  delayMs: number,
): { signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = clock.setTimer(delayMs, abort);
  parent.addEventListener("abort", abort, { once: true });
  if (parent.aborted) abort();
  return {
    signal: controller.signal,
    done() {
      timer.cancel();
      parent.removeEventListener("abort", abort);
    },
  };
}
