import type { Traffic } from "./traffic";

const MAX_TEXT = 300;

/** One line for people: time, who, which way, what. `at` is ISO 8601. */
export function trafficLine(event: Traffic, at: string): string {
  return `${at.slice(11, 23)} ${event.client === "" ? "(unknown)" : event.client} ${describe(event)}`;
}

function describe(event: Traffic): string {
  switch (event.kind) {
    case "connected":
      return "connected";
    case "disconnected":
      return `disconnected: ${event.reason}`;
    case "refused":
      return `refused: ${event.reason}`;
    case "message":
      return `> ${event.message.output} ${JSON.stringify(event.message.properties)} ${short(event.message.body)}`;
    case "discarded":
      return `> discarded: ${event.reason}`;
    case "twinRead":
      return `> reads its twin (desired $version ${event.desiredVersion})`;
    case "desired":
      return `< desired ${short(JSON.stringify(event.patch))}`;
    case "reported":
      return `> reported ${short(JSON.stringify(event.patch))}${event.problem === undefined ? "" : ` REFUSED: ${event.problem}`}`;
    case "method":
      return `< method ${event.name} ${short(JSON.stringify(event.payload))}`;
    case "methodAnswer":
      return `> method answer ${event.status} ${short(event.body)}`;
    case "input":
      return `< input ${event.input} ${short(event.body)}`;
  }
}

function short(text: string): string {
  const line = text.replace(/[\r\n]+/g, " ");
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}… (${text.length} characters)` : line;
}
