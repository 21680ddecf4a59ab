import { MAX_TWIN_BYTES, twinSize } from "../core/config/twinSize";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";

/** Left free for what is said about the cut itself, and for what the hub may count otherwise. */
const RESERVE = 256;
/** After a cut, more is shown again only when it leaves so much of the limit free: a size at the edge does not flap. */
const COMFORT = 0.9;
const MAX_PROBLEMS = 20;
const SHORT_REASON = 40;

/** Parts of the reported document that are no devices. */
const OWN = new Set(["configurationStatus", "module"]);

type Step = readonly [name: string, cut: (document: JsonObject) => JsonObject];

/**
 * What is left out when the document does not fit, one after the other (contract section 5). Acknowledgements stay:
 * the last steps are for sites far beyond what a twin is made for, and take what nobody has asked for.
 */
const STEPS: readonly Step[] = [
  ["problems", (document) => cutProblems(document, MAX_PROBLEMS)],
  ["reasons", eachState((state) => withText(state, "reason", SHORT_REASON))],
  ["since", eachState(({ since: _since, ...state }) => state)],
  ["onlineStates", eachState((state) => (state["state"] === "online" ? undefined : state))],
  ["ad", eachProperty((value) => (isAcknowledgement(value) ? withoutAd(value) : value))],
  ["bad", eachState(({ bad: _bad, ...state }) => state)],
  ["values", eachProperty((value) => (isAcknowledgement(value) ? value : undefined))],
  ["allProblems", (document) => cutProblems(document, 0)],
  ["allStates", eachState(() => undefined)],
  ["unasked", eachProperty((value) => (isAcknowledgement(value) && value["av"] === 0 ? undefined : value))],
];

/** Cuts what is to be reported to what a twin holds, and says in `module.trimmed` how far it went. */
export interface TwinFit {
  fit(document: JsonObject): JsonObject;
}

export function createTwinFit(limit = MAX_TWIN_BYTES): TwinFit {
  /** Steps taken the last time. */
  let level = 0;
  return {
    fit(document) {
      const most = limit - RESERVE;
      let cut = document;
      for (let at = 0; at <= STEPS.length; at++) {
        const [name, step] = STEPS[at - 1] ?? [];
        if (step !== undefined) cut = step(cut);
        if (twinSize(cut) > (at < level ? most * COMFORT : most)) continue;
        level = at;
        return name === undefined ? cut : saying(cut, name);
      }
      level = STEPS.length;
      return saying(withoutLast(cut, most), "devices");
    },
  };
}

function saying(document: JsonObject, trimmed: string): JsonObject {
  const module = isJsonObject(document["module"]) ? document["module"] : {};
  return { ...document, module: { ...module, trimmed } };
}

/** The devices as far as they fit: better than a document that the hub refuses whole. */
function withoutLast(document: JsonObject, most: number): JsonObject {
  let left = most;
  return Object.fromEntries(
    Object.entries(document).filter(([name, part]) => {
      const size = twinSize({ [name]: part });
      if (size > left) return false;
      left -= size;
      return true;
    }),
  );
}

function eachState(change: (state: JsonObject) => JsonObject | undefined): (document: JsonObject) => JsonObject {
  return eachComponent((component) => {
    const { modbus, ...rest } = component;
    if (!isJsonObject(modbus)) return component;
    const state = change(modbus);
    return state === undefined ? rest : { ...component, modbus: state };
  });
}

function eachProperty(change: (value: Json) => Json | undefined): (document: JsonObject) => JsonObject {
  return eachComponent((component) =>
    Object.fromEntries(
      Object.entries(component).flatMap(([name, value]): [string, Json][] => {
        const next = name === "__t" || name === "modbus" ? value : change(value);
        return next === undefined ? [] : [[name, next]];
      }),
    ),
  );
}

/** A component of which nothing is left is left out. */
function eachComponent(change: (component: JsonObject) => JsonObject): (document: JsonObject) => JsonObject {
  return (document) =>
    Object.fromEntries(
      Object.entries(document).flatMap(([name, part]): [string, Json][] => {
        if (OWN.has(name) || !isJsonObject(part)) return [[name, part]];
        const component = change(part);
        return Object.keys(component).some((key) => key !== "__t") ? [[name, component]] : [];
      }),
    );
}

function isAcknowledgement(value: Json): value is JsonObject {
  return isJsonObject(value) && typeof value["ac"] === "number" && typeof value["av"] === "number";
}

function withoutAd({ ad: _ad, ...acknowledgement }: JsonObject): JsonObject {
  return acknowledgement;
}

function withText(object: JsonObject, key: string, most: number): JsonObject {
  const text = object[key];
  return typeof text === "string" ? { ...object, [key]: shortened(text, most) } : object;
}

function cutProblems(document: JsonObject, most: number): JsonObject {
  const status = document["configurationStatus"];
  if (!isJsonObject(status)) return document;
  const { problems, warnings } = status;
  const cut = { ...status, problems: firstOf(problems, most), warnings: firstOf(warnings, most) };
  return { ...document, configurationStatus: cut };
}

function firstOf(problems: Json | undefined, most: number): JsonObject {
  return isJsonObject(problems) ? firstProblems(Object.entries(problems), most) : {};
}

/** The first problems; behind them, under `more`, how many there are. `total`: where some were left out before. */
export function firstProblems(entries: readonly (readonly [string, Json])[], most: number): JsonObject {
  const shown = entries.filter(([name]) => name !== "more");
  const said = Number.parseInt(String(entries.find(([name]) => name === "more")?.[1] ?? ""), 10);
  const total = Number.isNaN(said) ? shown.length : said;
  if (total <= most) return Object.fromEntries(entries);
  const text = most === 0 ? `${total} in all` : `${total} in all; the first ${most} are shown`;
  return Object.fromEntries([...shown.slice(0, most), ["more", text]]);
}

/** At most so many characters, and no half of one. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
