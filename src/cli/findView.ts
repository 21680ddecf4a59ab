import { type DisplayMatch, MOST_MATCHES } from "../core/fieldwork/displaySearch";
import { matchDefinition, signedTwin } from "../core/fieldwork/matchDefinition";
import { addressText } from "../core/modbus/address";
import type { JsonObject } from "../kernel/json";
import { columns } from "./fieldView";
import type { FindJob } from "./findOptions";

/** Candidates for people, the simplest first. */
export function matchTable(matches: readonly DisplayMatch[], limit: number): string {
  const rows = matches.slice(0, limit).map((match) => {
    const twin = signedTwin(match);
    return [
      addressText(match.table, match.address),
      `${match.form.type}${twin === undefined ? "" : ` (or ${twin})`}`,
      match.form.order ?? match.form.deviceOrder ?? "",
      match.scale === 1 ? "" : String(match.scale),
      shownValue(match),
    ];
  });
  const rest = matches.length > limit ? `… and ${matches.length - limit} more that are less simple\n` : "";
  return `${columns([["address", "type", "order", "scale", "value"], ...rows])}${rest}`;
}

/** As a person compares it: without the noise of doubles. */
function shownValue({ value }: DisplayMatch): string {
  return String(Number(value.toPrecision(9)));
}

/** The point for a configuration, and the command that watches it. */
export function definitionText(match: DisplayMatch, { where, target }: FindJob): string {
  const definition = matchDefinition(match);
  const parts = Object.entries(definition).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  const { deviceOrder } = match.form;
  const above = deviceOrder === undefined ? "" : `The device (or profile) needs "order": "${deviceOrder}" for it.\n`;
  const watch = where.length === 0 ? "" : `\nWatch it: ${watchCommand(match, where)}\n`;
  const place = where.length === 0 ? `the points of "${target.device.name}"` : "the points of a device";
  return `For ${place}:\n  "measured": { ${parts.join(", ")} }\n${above}${watch}`;
}

function watchCommand(match: DisplayMatch, where: readonly string[]): string {
  const { table, address, form, scale } = match;
  const meaning = [
    `--type ${form.type}`,
    ...(form.type === "mod10k" ? [`--length ${form.count}`] : []),
    ...(form.order === undefined && form.deviceOrder === undefined
      ? []
      : [`--order ${form.order ?? form.deviceOrder}`]),
    ...(scale === 1 ? [] : [`--scale ${scale}`]),
  ];
  return `modbus-edge read ${where.join(" ")} --table ${table} ${address} ${meaning.join(" ")} --watch`;
}

/** What to do about several. */
export function severalText(matches: readonly DisplayMatch[]): string {
  if (matches.length < 2) return "";
  return `${matches.length} candidates are left, this is the simplest. When the display shows something else: the same again with one more --expect.\n`;
}

export interface FindOutcome {
  readonly rounds: readonly { readonly expected: number; readonly candidates: number }[];
  readonly matches: readonly DisplayMatch[];
  readonly registers: number;
  readonly requests: number;
  readonly complete: boolean;
}

export function findJson(outcome: FindOutcome, limit: number): JsonObject {
  const { rounds, matches, registers, requests, complete } = outcome;
  const [first] = matches;
  return {
    rounds: rounds.map(({ expected, candidates }) => ({ expected, candidates })),
    registers,
    requests,
    complete,
    candidates: matches.slice(0, limit).map((match) => ({
      ...matchDefinition(match),
      ...(match.form.deviceOrder === undefined ? {} : { deviceOrder: match.form.deviceOrder }),
      value: Number(match.value.toPrecision(12)),
    })),
    ...(first === undefined ? {} : { point: matchDefinition(first) }),
  };
}

export const TOO_MANY = `more than ${MOST_MATCHES} candidates: only the simplest are followed; more digits help`;
