import { isKeptFact, type KeptFact } from "../core/planning/learned";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { DataFolder } from "../store/dataFolder";

/** What has been learned of units, over restarts. An entry counts only for the definition under which it was learned. */
export interface LearnedBook {
  /** Reads what earlier runs have left. Memoised. */
  load(): Promise<void>;
  /** `fingerprint` is asked for only where there is something to recall: of most units nothing was ever learned. */
  recall(connection: string, unitId: number, fingerprint: () => string): readonly KeptFact[];
  /** Replaces what is kept of this unit. */
  remember(connection: string, unitId: number, fingerprint: string, facts: readonly KeptFact[]): void;
}

interface Entry {
  readonly fingerprint: string;
  readonly facts: readonly KeptFact[];
}

const DOCUMENT = "learned";
/** Units that are kept; the ones that have not changed for the longest time go first. */
const MOST_UNITS = 5000;

/** Kept as `learned.json` in the data folder. A part that can't be read is forgotten: it will be learned again. */
export function createLearnedBook(data: Pick<DataFolder, "read" | "write">): LearnedBook {
  const entries = new Map<string, Entry>();
  let loading: Promise<void> | undefined;

  async function read(): Promise<void> {
    const document = await data.read(DOCUMENT);
    const units = isJsonObject(document) ? document["units"] : undefined;
    if (!isJsonObject(units)) return;
    for (const [key, json] of Object.entries(units)) {
      const entry = entryOf(json);
      if (entry !== undefined && !entries.has(key)) entries.set(key, entry);
    }
  }

  return {
    load() {
      loading ??= read();
      return loading;
    },
    recall(connection, unitId, fingerprint) {
      const entry = entries.get(keyOf(connection, unitId));
      return entry !== undefined && entry.fingerprint === fingerprint() ? entry.facts : [];
    },
    remember(connection, unitId, fingerprint, facts) {
      const key = keyOf(connection, unitId);
      // What changed last stands last: the oldest go first.
      entries.delete(key);
      if (facts.length > 0) entries.set(key, { fingerprint, facts });
      for (const oldest of entries.keys()) {
        if (entries.size <= MOST_UNITS) break;
        entries.delete(oldest);
      }
      void data.write(DOCUMENT, documentOf(entries));
    },
  };
}

function keyOf(connection: string, unitId: number): string {
  return `${connection}/${unitId}`;
}

function entryOf(json: Json | undefined): Entry | undefined {
  if (!isJsonObject(json)) return undefined;
  const { fingerprint, facts } = json;
  if (typeof fingerprint !== "string" || !Array.isArray(facts)) return undefined;
  return { fingerprint, facts: facts.filter(isKeptFact) };
}

function documentOf(entries: ReadonlyMap<string, Entry>): JsonObject {
  const units = [...entries].map(([key, { fingerprint, facts }]): [string, Json] => [
    key,
    { fingerprint, facts: facts as unknown as Json },
  ]);
  return { units: Object.fromEntries(units) };
}
