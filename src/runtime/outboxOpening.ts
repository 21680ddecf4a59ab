import type { EdgeHub } from "../cloud/edgeHub";
import { createOutbox, DEFAULT_BOUNDS, type Outbox } from "../cloud/outbox";
import type { Bounds } from "../cloud/spoolBacklog";
import type { ModuleConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { OrderedStore } from "../kernel/orderedStore";
import type { Scope } from "../kernel/scope";
import type { QuarantineFolder } from "../store/quarantineFolder";

export interface SpoolPorts {
  /** Where messages wait for the hub; without it they wait in memory and end with the process. */
  readonly spool?: OrderedStore | undefined;
  /** Where messages are kept that will not be sent again. */
  readonly quarantine?: QuarantineFolder | undefined;
}

interface OutboxWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly hub: Pick<EdgeHub, "send">;
}

/** It starts by itself: what is offered before it has found what an earlier start has left waits behind that. */
export function openOutbox(ports: SpoolPorts & OutboxWorld, scope: Scope): Outbox {
  const { hub, clock, log, spool, quarantine } = ports;
  const outbox = createOutbox({
    hub,
    clock,
    log,
    store: spool,
    bounds: DEFAULT_BOUNDS,
    quarantine(message, reason) {
      const at = new Date(clock.epoch()).toISOString();
      quarantine?.keep(`${at}-${message.messageId}`, { at, reason, message: { ...message } });
    },
  });
  const started = outbox.start();
  scope.defer(() => started);
  return outbox;
}

/** The bounds that a configuration asks for. */
export function boundsOf({ queueMaxBytes, spoolMaxBytes }: ModuleConfig): Bounds {
  return {
    memoryBytes: queueMaxBytes ?? DEFAULT_BOUNDS.memoryBytes,
    spoolBytes: spoolMaxBytes ?? DEFAULT_BOUNDS.spoolBytes,
  };
}

/** After closing: what was not delivered, and where it is. */
export function sayWhatIsLeft(outbox: Outbox, log: Log): void {
  const { queued, inFlight, spool } = outbox.status();
  const left = queued + inFlight;
  if (left === 0) return;
  const what = `not delivered before the end: ${left} message${left === 1 ? "" : "s"}`;
  if (spool.state === "failing") log.error(`${what}, lost, for the spool can't be used: ${spool.reason}`);
  else if (spool.state === "none") log.warn(`${what}, lost: there is no spool`);
  else log.info(`${what}, in the spool for the next start`);
}
