import type { Outbox } from "../cloud/outbox";
import type { Applied } from "../core/config/apply";
import type { Problem } from "../core/config/problem";
import type { ModuleEventKind } from "../core/model/moduleEvents";
import type { Clock } from "../kernel/clock";
import type { Scope } from "../kernel/scope";
import { between, type MonotonicMs } from "../kernel/units";
import type { Events } from "./events";

/** What the operator should know without asking for it, as events of the module. */
export interface ModuleNews {
  /** What became of a document. The same refusal of the same document is told once. */
  configured(outcome: ConfigurationOutcome): void;
}

/** `version`: of the desired properties; 0: a file, or the data folder. */
export type ConfigurationOutcome = Pick<Applied, "state" | "problems"> &
  Partial<Pick<Applied, "config">> & { readonly version: number };

export interface ModuleNewsPorts {
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly outbox: Pick<Outbox, "status">;
  readonly events: Pick<Events, "moduleEvent">;
}

const LOOK_MS = 5000;
/** Trouble that lasts is told at most so often: what is told must not take the room of what is lost. */
const REST_MS = 600_000;

/** @param scope ends the looking. */
export function createModuleNews({ clock, outbox, events }: ModuleNewsPorts, scope: Pick<Scope, "defer">): ModuleNews {
  const told = new Map<string, MonotonicMs>();
  const counted = { dropped: 0, quarantined: 0 };
  let isFailing = false;
  let refused = "";

  function tell(subject: string, kind: ModuleEventKind, text: string): boolean {
    const last = told.get(subject);
    const now = clock.monotonic();
    if (last !== undefined && between(last, now) < REST_MS) return false;
    told.set(subject, now);
    events.moduleEvent(kind, text);
    return true;
  }

  function look(): void {
    const { dropped, quarantined, spool } = outbox.status();
    const lost = `${count(dropped - counted.dropped, "message")} given up: there was no room for what waits for the hub, or the disk was damaged where they were`;
    if (dropped > counted.dropped && tell("dropped", "messagesDropped", lost)) counted.dropped = dropped;
    const aside = `${count(quarantined - counted.quarantined, "message")} put aside, for the hub would not have them; they are in the data folder under "quarantine"`;
    if (quarantined > counted.quarantined && tell("quarantined", "messagesQuarantined", aside))
      counted.quarantined = quarantined;
    const fails = spool.state === "failing";
    if (fails === isFailing) return;
    const isTold = fails
      ? tell(
          "failing",
          "spoolFailing",
          `the spool can't be used, what waits for the hub is in memory only: ${spool.reason}`,
        )
      : tell("works", "spoolWorks", "what waits for the hub is written to the spool again");
    if (isTold) isFailing = fails;
  }

  let timer = clock.setTimer(LOOK_MS, function beat() {
    look();
    timer = clock.setTimer(LOOK_MS, beat);
  });
  scope.defer(() => timer.cancel());

  return {
    configured(outcome) {
      const refusal = outcome.state === "rejected" ? outcome.problems.map(problemText).join("\n") : "";
      const isKnown = refusal !== "" && refusal === refused;
      refused = refusal;
      if (!isKnown) events.moduleEvent(KINDS[outcome.state], outcomeText(outcome));
    },
  };
}

const KINDS = {
  applied: "configurationApplied",
  partial: "configurationPartial",
  rejected: "configurationRejected",
} as const satisfies Readonly<Record<Applied["state"], ModuleEventKind>>;

/** The rest stands in `configurationStatus`. */
const MOST_PROBLEMS = 3;

function outcomeText({ state, version, config, problems }: ConfigurationOutcome): string {
  const which = version === 0 ? "configuration" : `configuration ${version}`;
  const what =
    config === undefined
      ? ""
      : ` (${count(config.devices.size, "device")}, ${count(config.connections.size, "connection")} in force)`;
  const shown = problems.slice(0, MOST_PROBLEMS).map(problemText);
  const more = problems.length > shown.length ? [`and ${problems.length - shown.length} more`] : [];
  return `${which} ${state}${what}${problems.length === 0 ? "" : `: ${[...shown, ...more].join("; ")}`}`;
}

function problemText({ path, text }: Problem): string {
  return path === "" ? text : `${path}: ${text}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
