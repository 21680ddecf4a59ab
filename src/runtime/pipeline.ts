import type { Outbox } from "../cloud/outbox";
import { splitBySkew } from "../core/telemetry/batch";
import { pnpMessage } from "../core/telemetry/envelope";
import type { DeviceCycle } from "../core/telemetry/sample";

/** Where samples become messages: cycle → batches → envelope → outbox (journey 1). */
export interface PipelinePorts {
  readonly outbox: Pick<Outbox, "offer">;
  /** Unique over restarts and gateways: the stem of message ids. */
  readonly bootId: string;
}

/** Turns each device cycle into the messages it is worth and hands them to the outbox. */
export function createPipeline(ports: PipelinePorts): (cycle: DeviceCycle) => void {
  let sequence = 0;
  return (cycle) => {
    for (const batch of splitBySkew(cycle.samples)) {
      const message = pnpMessage(batch);
      if (message === undefined) continue;
      sequence += 1;
      ports.outbox.offer(cycle.device, {
        output: "telemetry",
        messageId: `${ports.bootId}-${sequence}`,
        body: message.body,
        contentType: "application/json",
        contentEncoding: "utf-8",
        properties: { "$.sub": cycle.device, "iothub-creation-time-utc": new Date(message.at).toISOString() },
      });
    }
  };
}
