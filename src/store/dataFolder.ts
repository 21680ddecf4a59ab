import { constants } from "node:fs";
import { access, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "../kernel/json";
import type { Log } from "../kernel/log";
import { diskTrouble } from "./diskTrouble";
import { makeFolder } from "./makeFolder";

/** Small JSON documents that survive a restart: a file each, replaced whole and atomically. */
export interface DataFolder {
  /** The document, or `undefined` where there is none. An unreadable one is set aside as `NAME.json.bad`, and said. */
  read(name: string): Promise<Json | undefined>;
  /**
   * Replaces the document. Writes of one name happen in order, the newest last; a failing one is logged
   * once, the module goes on. Resolves when this document, or a newer one, is on the disk or could not be written.
   */
  write(name: string, document: Json): Promise<void>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** The folder at `path`, made when it is first used: where it can't be written that is said then, not when it is needed. */
export function createDataFolder(path: string, log: Log): DataFolder {
  return new JsonFolder(path, log);
}

/** A document on its way to the disk, and the newest that came meanwhile. */
interface Writing {
  readonly done: Promise<void>;
  next: Json | undefined;
}

class JsonFolder implements DataFolder {
  private readonly writing = new Map<string, Writing>();
  private complained = false;
  private probed: Promise<void> | undefined;

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  async read(name: string): Promise<Json | undefined> {
    const file = this.fileOf(name);
    this.probed ??= this.probe();
    await this.probed;
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOTDIR") this.complain(error);
      else if (code !== "ENOENT") this.log.error(`${file} can't be read`, { error: String(error) });
      return undefined;
    }
    try {
      return JSON.parse(text) as Json;
    } catch (error) {
      this.log.error(`${file} is damaged; it is set aside as ${file}.bad`, { error: String(error) });
      await this.setAside(file);
      return undefined;
    }
  }

  write(name: string, document: Json): Promise<void> {
    const writing = this.writing.get(name);
    if (writing === undefined) {
      const started: Writing = { done: this.writeAll(name, document), next: undefined };
      this.writing.set(name, started);
      return started.done;
    }
    // Flash wears out: of several documents that wait only the newest is written.
    writing.next = document;
    return writing.done;
  }

  async close(): Promise<void> {
    await Promise.all([...this.writing.values()].map(({ done }) => done));
  }

  private async probe(): Promise<void> {
    try {
      await makeFolder(this.path);
      await access(this.path, constants.W_OK);
    } catch (error) {
      this.complain(error);
    }
  }

  private fileOf(name: string): string {
    return join(this.path, `${name}.json`);
  }

  private async setAside(file: string): Promise<void> {
    try {
      await rename(file, `${file}.bad`);
    } catch (error) {
      this.log.warn(`${file} can't be set aside`, { error: String(error) });
    }
  }

  private async writeAll(name: string, first: Json): Promise<void> {
    let document: Json | undefined = first;
    while (document !== undefined) {
      await this.replace(this.fileOf(name), JSON.stringify(document));
      const writing = this.writing.get(name);
      document = writing?.next;
      if (writing !== undefined) writing.next = undefined;
    }
    this.writing.delete(name);
  }

  /** Written beside the file, flushed, then moved over it: whoever reads finds the old one or the new one, whole. */
  private async replace(file: string, text: string): Promise<void> {
    try {
      await makeFolder(this.path);
      await writeFile(`${file}.new`, text, { mode: 0o600, flush: true });
      await rename(`${file}.new`, file);
      this.complained = false;
    } catch (error) {
      this.complain(error);
    }
  }

  /** Once until a write succeeds: what is wrong with the folder is wrong with every document in it. */
  private complain(error: unknown): void {
    if (this.complained) return;
    this.complained = true;
    const reason = diskTrouble(String(error)) ?? String(error);
    const text = `the data folder ${this.path} can't be written: ${reason}; what is kept there will not survive a restart`;
    this.log.error(`${text}. MODBUS_EDGE_DATA names the folder (in a container: a volume at /data)`);
  }
}
