import { didYouMean } from "../../core/config/nearest";
import { err, ok, type Result } from "../../kernel/result";
import { isContentFault } from "./contentFault";
import type { Direction, FaultPlan, PlannedFault, When } from "./fault";
import { FAULT_WORDS } from "./faultWords";

/** All connections that have no clause of their own. */
export const EVERY_CONNECTION = "*";

const WHEN = /(?:^|\s)(\d+(?:\.\d+)?%|#\d+(?:-\d+)?|every \d+)$/;

/**
 * What people write for `simulate --faults`: `CONNECTION: FAULT, FAULT; CONNECTION: FAULT`, where a fault is
 * `NAME[=TEXT] [WHEN]`, with `requests` before it for the other direction. `#` begins a comment, a line break ends a
 * clause as `;` does. Returns the plan of each connection named (`*`: all others).
 */
export function readFaultText(text: string): Result<ReadonlyMap<string, FaultPlan>, string> {
  const plans = new Map<string, FaultPlan>();
  const clauses = text.split("\n").flatMap((line) => line.replace(/(^|\s)#(?!\d).*$/, "").split(";"));
  for (const clause of clauses) {
    if (clause.trim() === "") continue;
    const [name = "", faults, ...more] = clause.split(":").map((part) => part.trim());
    if (faults === undefined || more.length > 0 || !/^(\*|[\w.-]+)$/.test(name)) {
      return err(`"${clause.trim()}": write CONNECTION: FAULT, FAULT (for example plant: delay=200ms, drop=2%)`);
    }
    if (plans.has(name)) return err(`connection ${name} stands there twice`);
    const plan = readPlan(faults);
    if (!plan.ok) return err(`${name}: ${plan.error}`);
    plans.set(name, plan.value);
  }
  return plans.size > 0 ? ok(plans) : err("there is no fault in it");
}

function readPlan(text: string): Result<FaultPlan, string> {
  const faults: PlannedFault[] = [];
  let seed = 1;
  let refuse: When | undefined;
  for (const part of text.split(",").map((one) => one.trim())) {
    const seeded = /^seed=(\d{1,9})$/.exec(part);
    if (seeded !== null) {
      seed = Number(seeded[1]);
      continue;
    }
    const { name, rest, on, when } = taken(part);
    const never = neverReason(when);
    if (never !== undefined) return err(`${name}: ${never}`);
    if (name === "refuse" && rest === "" && on === "answers") {
      refuse = when;
      continue;
    }
    const fault = readFault(name, rest, on, when);
    if (!fault.ok) return fault;
    faults.push(fault.value);
  }
  return ok({ seed, faults, ...(refuse === undefined ? {} : { refuse }) });
}

function readFault(name: string, rest: string, on: Direction, when: When): Result<PlannedFault, string> {
  const known = Object.hasOwn(FAULT_WORDS, name) ? FAULT_WORDS[name] : undefined;
  if (known === undefined) {
    const names = [...Object.keys(FAULT_WORDS), "refuse"];
    return err(`"${name}" is no fault${didYouMean(name, names) || `; there are ${names.join(", ")}`}`);
  }
  const fault = known.read(rest);
  if (fault === undefined) {
    const wanted = known.text === "" ? "nothing but when (2%, #3, #3-5, every 10)" : known.text;
    return err(`${name}: "${rest}" is not understood; it takes ${wanted}`);
  }
  if (on === "requests" && isContentFault(fault)) return err(`${name} is for answers only`);
  return ok({ fault, when, on });
}

interface Parts {
  readonly name: string;
  readonly rest: string;
  readonly on: Direction;
  readonly when: When;
}

function taken(part: string): Parts {
  const [, direction, name = "", text = ""] = /^(requests\s+)?([^=\s]*)[=\s]*(.*)$/s.exec(part) ?? [];
  const when = WHEN.exec(text)?.[1];
  const rest = text.replace(WHEN, "").trim();
  return { name, rest, on: direction === undefined ? "answers" : "requests", when: whenOf(when) };
}

/** Why there is no such time. */
function neverReason(when: When): string | undefined {
  if (when.kind === "chance" && when.percent > 100) return `${when.percent} % is more than always (100 %)`;
  if (when.kind === "every" && when.n < 1) return "every 0 is never: 1 or more";
  if (when.kind === "nth" && (when.from < 1 || when.to < when.from))
    return `#${when.from}-${when.to} is never: the first is 1, the last comes behind the first`;
  return undefined;
}

function whenOf(text: string | undefined): When {
  if (text === undefined) return { kind: "always" };
  if (text.endsWith("%")) return { kind: "chance", percent: Number.parseFloat(text) };
  if (text.startsWith("every ")) return { kind: "every", n: Number(text.slice(6)) };
  const [from = 1, to = from] = text.slice(1).split("-").map(Number);
  return { kind: "nth", from, to };
}
