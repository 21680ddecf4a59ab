import type { EdgeHub } from "../cloud/edgeHub";
import type { Outbox } from "../cloud/outbox";
import { withTimelyMessages } from "../cloud/timelyMessages";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { Scope } from "../kernel/scope";
import type { ClockBook } from "./clockBook";
import { createEvents, type Events } from "./events";
import { createModuleNews, type ModuleNews } from "./moduleNews";
import { openOutbox, type SpoolPorts } from "./outboxOpening";
import { createPipeline, type Pipeline } from "./pipeline";

/** Everything between a sample and the hub. */
export interface Delivery {
  readonly outbox: Outbox;
  readonly pipeline: Pipeline;
  readonly events: Events;
  readonly news: ModuleNews;
}

export interface DeliveryPorts extends SpoolPorts {
  readonly hub: Pick<EdgeHub, "send">;
  readonly clock: Clock;
  readonly log: Log;
  /** Unique to this start of this process: the stem of message ids. */
  readonly bootId: string;
  readonly clocks: ClockBook;
  config(): Pick<GatewayConfig, "devices" | "outputs" | "connections">;
}

/** @param scope waits for the start of the outbox before it is closed. */
export function createDelivery(ports: DeliveryPorts, scope: Scope): Delivery {
  const { hub, clock, clocks, log } = ports;
  const outbox = openOutbox({ ...ports, hub: withTimelyMessages(hub, clocks.shiftOf) }, scope);
  const pipeline = createPipeline({ ...ports, outbox, onStep: (by) => stepped(by) });
  const events = createEvents({ clock, messages: pipeline.messages });

  function stepped(byMs: number): void {
    const text = `the wall clock was set ${byMs < 0 ? "back" : "forward"} by ${Math.abs(byMs) / 1000} s: what had not been sent was corrected`;
    log.warn(text);
    clocks.stepped(clock.shift());
    events.moduleEvent("clockStepped", text);
  }

  const news = createModuleNews({ clock, outbox, events }, scope);
  return { outbox, pipeline, events, news };
}
