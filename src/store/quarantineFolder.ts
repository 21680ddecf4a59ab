import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../kernel/log";
import { makeFolder } from "./makeFolder";

/** The newest are kept; each is below 250 KB, usually a few hundred bytes. */
const MOST_FILES = 50;
const MAX_CHARACTERS = 1024 * 1024;

/** Messages that are not sent again, a file each, for people to look at. */
export interface QuarantineFolder {
  /** Writes `document` as JSON under `name`. A failing one is logged; never rejects. */
  keep(name: string, document: unknown): void;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** The folder at `path`, made when the first one is kept. */
export function createQuarantineFolder(path: string, log: Log): QuarantineFolder {
  let writing: Promise<void> = Promise.resolve();

  async function write(name: string, document: unknown): Promise<void> {
    try {
      await makeFolder(path);
      const text = JSON.stringify(document, undefined, 2).slice(0, MAX_CHARACTERS);
      await writeFile(join(path, `${fileName(name)}.json`), text, { mode: 0o600 });
      const names = (await readdir(path)).filter((one) => one.endsWith(".json")).sort();
      for (const old of names.slice(0, -MOST_FILES)) await rm(join(path, old));
    } catch (error) {
      log.error("a message that was put aside can't be kept", { name, error: String(error) });
    }
  }

  return {
    keep(name, document) {
      writing = writing.then(() => write(name, document));
    },
    close: () => writing,
  };
}

/** Message ids and times, without what means something to a file system. */
function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, "_").slice(0, 120);
}
