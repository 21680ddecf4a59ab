import { EVENTS_OUTPUT } from "../core/config/outputs";
import type { ModuleEventKind } from "../core/model/moduleEvents";
import { INSTANT_LENGTH } from "../core/telemetry/messageTimes";
import type { Clock } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import type { DeviceHealth } from "./health";
import type { MessageSender } from "./messageSender";
import { laneOf } from "./recordCollector";

/** Something written, or asked to be, and by whom. */
export interface AuditEvent {
  readonly device: string;
  /** Point → value asked for. */
  readonly values: JsonObject;
  readonly outcome: string;
  readonly by: string;
  readonly at: EpochMs;
}

/** What the module tells about itself, on the output `events`: telemetry of the module, one to a message. */
export interface Events {
  /** A device has another state than before. */
  deviceStatus(device: string, health: DeviceHealth): void;
  writeAudit(audit: AuditEvent): void;
  /** `kind` is for machines, `text` for people. */
  moduleEvent(kind: ModuleEventKind, text: string): void;
}

export interface EventsPorts {
  readonly clock: Pick<Clock, "epoch">;
  readonly messages: MessageSender;
}

/** Of a text for people: what follows repeats what somebody else has sent, and may be larger than a message. */
const MOST_TEXT = 4000;
/** Values asked for that take more than this are told by their number: no device has so many. */
const MOST_VALUES = 64 * 1024;

/** Two braces and a quote close what an instant ends. */
const AFTER_INSTANT = 3;

export function createEvents({ clock, messages }: EventsPorts): Events {
  const states = new Map<string, DeviceHealth["state"]>();

  /** `fields`: JSON without the closing braces and without its last instant, under `key`. */
  function send(what: string, fields: string, key: string, instant: EpochMs): void {
    const body = `{"${what}":{${fields},"${key}":"${new Date(instant).toISOString()}"}}`;
    messages.send(laneOf(EVENTS_OUTPUT), {
      output: EVENTS_OUTPUT,
      body,
      bytes: Buffer.byteLength(body),
      at: clock.epoch(),
      places: [body.length - AFTER_INSTANT - INSTANT_LENGTH],
    });
  }

  return {
    deviceStatus(device, { state, reason, since }) {
      if (states.get(device) === state) return;
      states.set(device, state);
      send(
        "deviceStatus",
        `"device":"${device}","state":"${state}","reason":${JSON.stringify(reason)}`,
        "since",
        since,
      );
    },
    writeAudit({ at, ...audit }) {
      const { device, values, outcome, by } = audit;
      const told =
        JSON.stringify(values).length > MOST_VALUES ? { "…": `${Object.keys(values).length} values` } : values;
      send("writeAudit", JSON.stringify({ device, values: told, outcome, by }).slice(1, -1), "at", at);
    },
    moduleEvent(kind, text) {
      send("moduleEvent", `"kind":"${kind}","text":${JSON.stringify(cut(text))}`, "at", clock.epoch());
    },
  };
}

function cut(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}
