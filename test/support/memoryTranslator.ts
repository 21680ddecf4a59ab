import { createTranslator, type Translator, type TranslatorPorts } from "../../src/app";
import { builtInProfiles } from "../../src/core/config/profiles";
import type { Json } from "../../src/kernel/json";
import { silentLog } from "../../src/kernel/log";
import type { ProcessLog } from "../../src/runtime/log";
import type { DataFolder } from "../../src/store/dataFolder";

/** A log that nobody reads. */
export const quietLog: ProcessLog = { ...silentLog, setLevel: () => undefined };

/** A data folder in memory; hand the same one to the next translator to play a restart. */
export function createMemoryFolder(): DataFolder & { readonly documents: Map<string, Json> } {
  const documents = new Map<string, Json>();
  return {
    documents,
    read: async (name) => documents.get(name),
    async write(name, document) {
      documents.set(name, structuredClone(document));
    },
    close: async () => undefined,
  };
}

/** The whole product on stand-ins for the world. */
export function createMemoryTranslator(
  ports: Pick<TranslatorPorts, "clock" | "hub" | "openerFor"> & Partial<TranslatorPorts>,
): Translator {
  return createTranslator({
    log: quietLog,
    logLevel: "info",
    data: createMemoryFolder(),
    profiles: async () => builtInProfiles,
    writes: "declared",
    version: "0.0.0-test",
    bootId: "test",
    ...ports,
  });
}
