import type { HubFailure, OutgoingMessage } from "../../src/cloud/edgeHub";
import { err, ok, type Result } from "../../src/kernel/result";

/** A send that the hub has not answered yet. */
export interface PendingSend {
  readonly message: OutgoingMessage;
  acknowledge(): void;
  fail(kind: HubFailure["kind"]): void;
}

/** The sending side of a hub that answers when, and as, the test says. */
export interface ScriptedHub {
  send(message: OutgoingMessage): Promise<Result<void, HubFailure>>;
  /** Sends without an answer, oldest first. */
  readonly pending: readonly PendingSend[];
  /** `messageId`s as they arrived, repeats included. */
  readonly arrived: readonly string[];
  /** `messageId`s that were acknowledged. */
  readonly acknowledged: readonly string[];
}

export function createScriptedHub(): ScriptedHub {
  const pending: PendingSend[] = [];
  const arrived: string[] = [];
  const acknowledged: string[] = [];
  return {
    pending,
    arrived,
    acknowledged,
    send(message) {
      arrived.push(message.messageId);
      return new Promise((resolve) => {
        const settle = (outcome: Result<void, HubFailure>): void => {
          pending.splice(pending.indexOf(entry), 1);
          resolve(outcome);
        };
        const entry: PendingSend = {
          message,
          acknowledge() {
            acknowledged.push(message.messageId);
            settle(ok(undefined));
          },
          fail: (kind) => settle(err({ kind, detail: `test: ${kind}` })),
        };
        pending.push(entry);
      });
    },
  };
}

/** A message of which only the id matters. */
export function aMessage(messageId: string, output = "telemetry"): OutgoingMessage {
  return {
    output,
    messageId,
    body: "{}",
    contentType: "application/json",
    contentEncoding: "utf-8",
    properties: {},
  };
}
