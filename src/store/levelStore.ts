import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClassicLevel } from "classic-level";
import type { Log } from "../kernel/log";
import type { OrderedStore, StoredRecord } from "../kernel/orderedStore";
import { err, ok, type Result } from "../kernel/result";
import { copyBack, isBeheaded, setAside } from "./damagedFolder";
import { diskTrouble, isNoSpace } from "./diskTrouble";
import { makeFolder } from "./makeFolder";
import { keepReserve, spendReserve, tryRoom } from "./spoolRoom";

/** Small: a gateway has little memory, and what is written is read once, in order. */
const OPTIONS = { cacheSize: 512 * 1024, writeBufferSize: 1024 * 1024, blockSize: 16 * 1024, maxOpenFiles: 64 };
const KEYS_AT_ONCE = 1000;

/**
 * An `OrderedStore` in the folder `path`, by LevelDB: it appends, which flash memory bears, and survives the end of the
 * process and of the power at any moment. The native part is loaded when it is opened first.
 */
export function createLevelStore(path: string, log: Log): OrderedStore {
  return new LevelStore(path, log);
}

class LevelStore implements OrderedStore {
  private db: ClassicLevel | undefined;
  /** A read has met damage: the next opening mends. */
  private isDamaged = false;
  private reserving: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  async exists(): Promise<boolean> {
    return existsSync(this.path);
  }

  async open(visit: (key: string) => void): Promise<Result<void, string>> {
    if (this.db !== undefined && !this.isDamaged) {
      const room = await tryRoom(this.path);
      if (!room.ok) return this.failure(room.error);
      await this.close();
    }
    const opened = await this.attempt(visit);
    // Not waited for: what is to be written now has its second, and a slow disk takes as long for this.
    if (opened.ok) this.reserving = keepReserve(this.path);
    else if (isNoSpace(opened.error) && (await spendReserve(this.path))) return this.attempt(visit);
    return opened;
  }

  private async attempt(visit: (key: string) => void): Promise<Result<void, string>> {
    try {
      if (this.isDamaged || (await isBeheaded(this.path))) await this.mend("its files are damaged");
      await this.openOrMend();
      await this.visitKeys(visit);
      this.isDamaged = false;
      return ok(undefined);
    } catch (error) {
      await this.close();
      return this.failure(error);
    }
  }

  async write(puts: readonly StoredRecord[], removals: readonly string[]): Promise<Result<void, string>> {
    if (this.db === undefined) return err("it is closed");
    try {
      // Not an array of operations: that takes twice the time.
      const batch = this.db.batch();
      for (const [key, value] of puts) batch.put(key, value);
      for (const key of removals) batch.del(key);
      // What is removed may come back after a power cut, as a repeat: that is not worth an access to the disk.
      await batch.write({ sync: puts.length > 0 });
      return ok(undefined);
    } catch (error) {
      return this.failure(error);
    }
  }

  async read(
    from: string,
    below: string,
    limit: number,
    maxBytes: number,
  ): Promise<Result<readonly StoredRecord[], string>> {
    const records: StoredRecord[] = [];
    if (this.db === undefined) return err("it is closed");
    const iterator = this.db.iterator({ gte: from, lt: below, limit, fillCache: false });
    try {
      for (let bytes = 0; bytes < maxBytes && records.length < limit; ) {
        const next = await iterator.next();
        if (next === undefined) break;
        records.push(next);
        bytes += next[0].length + next[1].length;
      }
      return ok(records);
    } catch (error) {
      return this.failure(error);
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    const { db } = this;
    this.db = undefined;
    await this.reserving;
    try {
      await db?.close();
    } catch (error) {
      this.log.warn(`${this.path} did not close in good order`, { error: reasonOf(error) });
    }
  }

  async clear(): Promise<void> {
    await this.close();
    try {
      await rm(this.path, { recursive: true, force: true });
    } catch (error) {
      this.log.warn(`${this.path} is empty and can't be removed`, { error: reasonOf(error) });
    }
  }

  private async openOrMend(): Promise<void> {
    try {
      await this.openFolder();
    } catch (error) {
      if (codeOf(error) !== "LEVEL_CORRUPTION") throw error;
      await this.mend(reasonOf(error));
      await this.openFolder();
    }
    const lines = (await this.complaints()).slice(0, 5);
    if (lines.length > 0) this.log.error(`a part of ${this.path} was damaged; messages in it are lost`, { lines });
  }

  private async openFolder(): Promise<void> {
    const { ClassicLevel } = await import("classic-level");
    await makeFolder(dirname(this.path));
    const db = new ClassicLevel(this.path, OPTIONS);
    await db.open();
    this.db = db;
  }

  /** LevelDB passes over damaged parts of its log, and says so only in its file LOG, which begins anew with each opening. */
  private async complaints(): Promise<readonly string[]> {
    const text = await readFile(join(this.path, "LOG"), "utf8").catch(() => "");
    return text.split("\n").filter((line) => /corrupt|dropping|ignoring error/i.test(line));
  }

  private async visitKeys(visit: (key: string) => void): Promise<void> {
    const iterator = this.db?.keys({ fillCache: false });
    try {
      for (;;) {
        const keys = (await iterator?.nextv(KEYS_AT_ONCE)) ?? [];
        if (keys.length === 0) return;
        for (const key of keys) visit(key);
      }
    } finally {
      await iterator?.close();
    }
  }

  /** The damaged folder is kept under another name; a mended copy takes its place, or nothing. */
  private async mend(reason: string): Promise<void> {
    await this.close();
    const aside = await setAside(this.path, this.log);
    this.log.error(`${this.path} is damaged; it is set aside as ${aside}`, { reason });
    this.isDamaged = false;
    if (!(await copyBack(aside, this.path))) return;
    const { ClassicLevel } = await import("classic-level");
    try {
      await ClassicLevel.repair(this.path);
    } catch (error) {
      this.log.error("nothing in it can be read; the spool begins anew", { reason: reasonOf(error) });
      await rm(this.path, { recursive: true, force: true });
    }
  }

  private failure(error: unknown): { readonly ok: false; readonly error: string } {
    if (codeOf(error) === "LEVEL_CORRUPTION") this.isDamaged = true;
    return err(reasonOf(error));
  }
}

interface LevelError {
  readonly code?: string;
  readonly cause?: unknown;
}

/** The code of the innermost error. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as LevelError;
  return cause === undefined ? code : codeOf(cause);
}

/** In words: those of the innermost error, with what it means where it is known. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as LevelError;
  if (cause !== undefined) return reasonOf(cause);
  const text = error instanceof Error ? error.message : String(error);
  const meaning = diskTrouble(text);
  return meaning === undefined ? text : `${meaning} (${text})`;
}
