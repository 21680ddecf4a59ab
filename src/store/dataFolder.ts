import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../kernel/json";
import type { Log } from "../kernel/log";

/** Small JSON documents that survive a restart: a file each, replaced whole and atomically. */
export interface DataFolder {
  /** The document, or `undefined` where there is none. An unreadable one is set aside as `NAME.json.bad`, and said. */
  read(name: string): Promise<Json | undefined>;
  /** Replaces the document. Writes of one name happen in order; a failing one is logged once, the module goes on. */
  write(name: string, document: Json): Promise<void>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** The folder at `path`, made when the first document is written. */
export function createDataFolder(path: string, log: Log): DataFolder {
  const tails = new Map<string, Promise<void>>();
  let complained = false;

  async function replace(name: string, document: Json): Promise<void> {
    const file = join(path, `${name}.json`);
    const text = JSON.stringify(document);
    try {
      await mkdir(path, { recursive: true });
      await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
      complained = false;
    } catch (error) {
      if (!complained) log.error(`the data folder ${path} can't be written; what it keeps will not survive a restart`, { error: String(error) });
      complained = true;
    }
  }

  return {
    async read(name) {
      const file = join(path, `${name}.json`);
      let text: string;
      try {
        text = await readFile(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") log.error(`${file} can't be read`, { error: String(error) });
        return undefined;
      }
      try {
        return JSON.parse(text) as Json;
      } catch (error) {
        log.error(`${file} is damaged; it is set aside as ${file}.bad`, { error: String(error) });
        await rename(file, `${file}.bad`).catch((reason: unknown) => log.warn(`${file} can't be set aside`, { error: String(reason) }));
        return undefined;
      }
    },
    write(name, document) {
      const tail = (tails.get(name) ?? Promise.resolve()).then(() => replace(name, document));
      tails.set(name, tail);
      return tail;
    },
    async close() {
      await Promise.all(tails.values());
    },
  };
}
